//! A Parquet table (<https://parquet.apache.org>), a row a label, written a row group at a time.

use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::data_set::DataSet;
use super::{LabelExportError, Report, Result, Written};
use crate::export::place::NewFile;
use crate::progress::Progress;

/// Rows held in memory at once.
const ROWS_A_GROUP: usize = 100_000;

const SCHEMA: &str = "
message label {
    required binary path (STRING);
    optional binary hash (STRING);
    required int32 width;
    required int32 height;
    required binary product (STRING);
    required binary group (STRING);
    required binary tag (STRING);
    required boolean value;
    required binary source (STRING);
    required int64 time (TIMESTAMP(MILLIS, true));
    optional float probability;
    optional int64 version;
}";

/// The rows of a row group, column by column, in the schema's order.
#[derive(Default)]
struct Rows {
    path: Vec<ByteArray>,
    hash: Vec<Option<ByteArray>>,
    width: Vec<i32>,
    height: Vec<i32>,
    product: Vec<ByteArray>,
    group: Vec<ByteArray>,
    tag: Vec<ByteArray>,
    value: Vec<bool>,
    source: Vec<ByteArray>,
    time: Vec<i64>,
    probability: Vec<Option<f32>>,
    version: Vec<Option<i64>>,
}

pub(super) fn export(data: &DataSet, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    let failed = |error: ParquetError| LabelExportError::Write { path: out.to_owned(), source: why(error) };
    let file = NewFile::create(out)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("hangtag {}", env!("CARGO_PKG_VERSION")))
        .build();
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(failed)?;
    progress.set_total(data.products.len() as u64);
    let (mut rows, mut num_rows) = (Rows::default(), 0);
    for product in &data.products {
        if progress.is_cancelled() {
            return Ok(None);
        }
        for &photo in &product.photos {
            num_rows += rows.push(data, &product.name, photo);
        }
        if rows.path.len() >= ROWS_A_GROUP {
            rows.write(&mut writer).map_err(failed)?;
            rows = Rows::default();
        }
        progress.add(1);
    }
    if !rows.path.is_empty() {
        rows.write(&mut writer).map_err(failed)?;
    }
    writer.into_inner().map_err(failed)?.keep()?;
    Ok(Some(Report::new(Written::Labels(num_rows), Vec::new())))
}

impl Rows {
    /// Adds the labels of a photo; gives their number.
    fn push(&mut self, data: &DataSet, product: &str, photo: usize) -> usize {
        let image = &data.listing.images[photo];
        let answers = data.answers(image);
        // Every row of a photo shares these bytes.
        let path = ByteArray::from(data.path_of(image).into_bytes());
        let hash = image.hash.map(|hash| ByteArray::from(hash.to_string().into_bytes()));
        let product = ByteArray::from(product.as_bytes().to_vec());
        for (group, tag, label) in &answers {
            self.path.push(path.clone());
            self.hash.push(hash.clone());
            self.width.push(image.width as i32);
            self.height.push(image.height as i32);
            self.product.push(product.clone());
            self.group.push(ByteArray::from(group.name.as_bytes().to_vec()));
            self.tag.push(ByteArray::from(tag.name.as_bytes().to_vec()));
            self.value.push(label.is_yes);
            self.source.push(ByteArray::from(label.source.as_str().as_bytes().to_vec()));
            self.time.push(label.at.0);
            self.probability.push(label.probability);
            self.version.push(label.version);
        }
        answers.len()
    }

    fn write(self, writer: &mut SerializedFileWriter<NewFile>) -> std::result::Result<(), ParquetError> {
        let mut group = writer.next_row_group()?;
        let to = &mut group;
        required::<ByteArrayType>(to, &self.path)?;
        optional::<ByteArrayType>(to, self.hash)?;
        required::<Int32Type>(to, &self.width)?;
        required::<Int32Type>(to, &self.height)?;
        required::<ByteArrayType>(to, &self.product)?;
        required::<ByteArrayType>(to, &self.group)?;
        required::<ByteArrayType>(to, &self.tag)?;
        required::<BoolType>(to, &self.value)?;
        required::<ByteArrayType>(to, &self.source)?;
        required::<Int64Type>(to, &self.time)?;
        optional::<FloatType>(to, self.probability)?;
        optional::<Int64Type>(to, self.version)?;
        group.close()?;
        Ok(())
    }
}

/// Writes the next column, which has a value in every row.
fn required<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, NewFile>,
    values: &[T::T],
) -> std::result::Result<(), ParquetError> {
    write_column::<T>(group, values, None)
}

/// Writes the next column, which has no value in some rows.
fn optional<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, NewFile>,
    values: Vec<Option<T::T>>,
) -> std::result::Result<(), ParquetError> {
    let definition: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    write_column::<T>(group, &values, Some(&definition))
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, NewFile>,
    values: &[T::T],
    definition: Option<&[i16]>,
) -> std::result::Result<(), ParquetError> {
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| ParquetError::General("the schema has fewer columns".into()))?;
    column.typed::<T>().write_batch(values, definition, None)?;
    column.close()
}

/// The error of the disk within, where there is one.
fn why(error: ParquetError) -> std::io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(error) => *error,
            Err(other) => std::io::Error::other(other),
        },
        other => std::io::Error::other(other),
    }
}
