"""Reads an export with the library it is for, and prints what that library sees as JSON."""

import glob
import json
import os
import sys


def read_jsonl(path):
    import pandas

    frame = pandas.read_json(path, lines=True)
    return {"columns": list(frame.columns), "rows": json.loads(frame.to_json(orient="records"))}


def read_parquet(path):
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    table = file.read()
    table.validate(full=True)
    rows = table.to_pylist()
    for row in rows:
        row["time"] = row["time"].strftime("%Y-%m-%dT%H:%M:%S.") + f"{row['time'].microsecond // 1000:03}Z"
        row["value"] = "yes" if row["value"] else "no"
    types = {field.name: str(field.type) for field in table.schema}
    return {"created_by": file.metadata.created_by, "types": types, "rows": rows}


def read_row_groups(path):
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    groups = [file.read_row_group(number, ["path", "tag", "value"]).to_pylist() for number in range(file.num_row_groups)]
    yes = {row["path"]: row["tag"] for rows in groups for row in rows if row["value"]}
    return {"rows": [len(rows) for rows in groups], "yes": yes}


def read_folders(path):
    import keras

    read = {}
    for group in sorted(entry.name for entry in os.scandir(path) if entry.is_dir()):
        folder = os.path.join(path, group)
        photos = keras.utils.image_dataset_from_directory(
            folder, label_mode="int", batch_size=None, image_size=(320, 320), shuffle=False, verbose=False
        )
        names = [os.path.basename(name) for name in photos.file_paths]
        read[group] = [[photos.class_names[int(label)], name, *photo.shape[:2]] for (photo, label), name in zip(photos, names)]
    return read


def read_imagefolder(dataset):
    rows = []
    for split in dataset.values():
        for row in split:
            row["size"] = list(row.pop("image").size)
            rows.append(row)
    return {"splits": {name: len(split) for name, split in dataset.items()}, "rows": rows}


def read_csv(path):
    import pandas

    return pandas.read_csv(path, encoding="utf-8-sig", keep_default_na=False).to_dict(orient="records")


def read_woocommerce(path):
    """Lists as `WC_Product_CSV_Importer::explode_values` takes them apart."""
    rows = read_csv(path)
    for row in rows:
        for column in ("Categories", "Tags"):
            parts = row[column].replace("\\,", "::separator::").split(",")
            row[column] = [part.replace("::separator::", ",").strip() for part in parts]
    return rows


def read_tfrecord(folder):
    import tensorflow as tf

    with open(os.path.join(folder, "labels.json"), encoding="utf-8") as file:
        groups = json.load(file)["groups"]
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ["image/encoded", "image/format", "image/path", "image/hash"]}
    features |= {name: tf.io.FixedLenFeature([], tf.int64) for name in ["image/width", "image/height", "image/orientation"]}
    for group in groups:
        shape = [] if group["kind"] == "one of" else [len(group["tags"])]
        features["tags/" + group["name"]] = tf.io.FixedLenFeature(shape, tf.int64)
    for name, kind in [("group", tf.string), ("tag", tf.string), ("source", tf.string), ("value", tf.int64),
                       ("time", tf.int64), ("version", tf.int64), ("probability", tf.float32)]:
        features["labels/" + name] = tf.io.RaggedFeature(kind)
    files = sorted(glob.glob(os.path.join(folder, "*.tfrecord")))
    rows = []
    for example in tf.data.TFRecordDataset(files).map(lambda record: tf.io.parse_single_example(record, features)):
        encoded = example.pop("image/encoded")
        row = {"num_bytes": len(encoded.numpy()), "decoded": list(tf.io.decode_image(encoded).shape)}
        for name, value in example.items():
            value = value.numpy()
            value = value.tolist() if hasattr(value, "tolist") else value
            values = value if isinstance(value, list) else [value]
            values = [item.decode() if isinstance(item, bytes) else item for item in values]
            values = [None if item != item else item for item in values]
            row[name] = values if isinstance(value, list) else values[0]
        rows.append(row)
    by_index = 0
    for file in files:
        for line in open(file.removesuffix(".tfrecord") + ".index", encoding="utf-8"):
            at, length = map(int, line.split())
            with open(file, "rb") as records:
                records.seek(at)
                tf.train.Example.FromString(records.read(length)[12:-4])
            by_index += 1
    return {"files": [os.path.basename(file) for file in files], "rows": rows, "by_index": by_index}


def main():
    reader, path = sys.argv[1:]
    if reader.startswith("imagefolder"):
        import datasets

        if reader == "imagefolder":
            result = read_imagefolder(datasets.load_dataset("imagefolder", data_dir=path, cache_dir=path + "-cache"))
        else:
            result = read_imagefolder(datasets.load_dataset(path, cache_dir=path + "-cache"))
    else:
        readers = {"jsonl": read_jsonl, "parquet": read_parquet, "row-groups": read_row_groups, "folders": read_folders,
                   "csv": read_csv, "woocommerce": read_woocommerce, "tfrecord": read_tfrecord}
        result = readers[reader](path)
    json.dump(result, sys.stdout, ensure_ascii=False, default=str)


main()
