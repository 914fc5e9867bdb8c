"""Fits scikit-learn's logistic regression on saved features and prints its accuracy, which ours must match.

    python live_head.py [--threads 1] FOLDER

Needs requirements.txt. FOLDER holds, all little-endian and row by row:

    shape.json            {"dim": d}
    train_features.f32    n x d
    train_labels.i64      n
    val_features.f32      m x d
    val_labels.i64        m

It prints one line of JSON, keyed by C, the inverse of the weight of scikit-learn's L2 penalty:

    {"best_accuracy", "best_c", "accuracies": {"10": ..}, "eces": {"10": ..}, "seconds": {"10": ..}, "iterations": {"10": ..}}

`eces` is the expected calibration error over 15 bins of equal width: how far the probability of the chosen tag is from the share
that is right. `best_c` is the smallest C of the best accuracy. `seconds` depend on `--threads` and on what else the machine does: quote
them only from an idle machine, and take the better of one thread and all of them.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

STRENGTHS = (10, 30, 100, 300)
NUM_BINS = 15


def read(folder: Path, part: str, dim: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.fromfile(folder / f"{part}_labels.i64", dtype="<i8")
    features = np.fromfile(folder / f"{part}_features.f32", dtype="<f4")
    if features.size != labels.size * dim:
        raise SystemExit(f"{folder}: {part} has {features.size} numbers for {labels.size} labels of {dim} features each")
    return features.reshape(-1, dim), labels


def calibration_error(chosen: np.ndarray, right: np.ndarray) -> float:
    """`chosen` is the probability of the chosen tag, `right` whether it is the true one."""
    bins = np.minimum((chosen * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = [abs(chosen[bins == b].sum() - right[bins == b].sum()) for b in range(NUM_BINS)]
    return sum(gaps) / len(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    # One by default: beside a build or other tests OpenBLAS's threads wait for each other, and two were 20 times slower than one.
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.folder

    dim = json.loads((folder / "shape.json").read_text(encoding="utf-8"))["dim"]
    train_features, train_labels = read(folder, "train", dim)
    val_features, val_labels = read(folder, "val", dim)

    accuracies, eces, seconds, iterations = {}, {}, {}, {}
    for c in STRENGTHS:
        # L2 is the default of every release; naming it warns from 1.8 on.
        model = LogisticRegression(C=c, solver="lbfgs", max_iter=2000)
        started = time.perf_counter()
        with threadpool_limits(arguments.threads):
            model.fit(train_features, train_labels)
        seconds[str(c)] = round(time.perf_counter() - started, 3)
        probabilities = model.predict_proba(val_features)
        right = model.classes_[probabilities.argmax(axis=1)] == val_labels
        accuracies[str(c)] = round(float(right.mean()), 6)
        eces[str(c)] = round(float(calibration_error(probabilities.max(axis=1), right)), 6)
        iterations[str(c)] = int(model.n_iter_[0])

    # `max` keeps the first of equals.
    best = max(STRENGTHS, key=lambda c: accuracies[str(c)])
    print(json.dumps({
        "best_accuracy": accuracies[str(best)],
        "best_c": best,
        "accuracies": accuracies,
        "eces": eces,
        "seconds": seconds,
        "iterations": iterations,
    }))


if __name__ == "__main__":
    main()
