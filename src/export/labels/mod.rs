//! Tags and data sets: what a person said of photos, as files that shops and other tools read. A file a format.
//!
//! Labels are exported, never proposals. What is unknown stays unknown: no format turns a missing label into *no*.
//! Whatever holds pixels is checked against the content hash first, so that no label ends up with another picture.

mod data_set;
mod example;
mod folders;
mod image_folder;
mod jsonl;
mod keywords;
mod mark;
mod names;
mod parquet;
mod photos;
mod report;
mod shop;
mod tfrecord;
mod xmp;

pub use data_set::{DataSet, LabelRow, Product};
pub use folders::Link;
pub use report::{Fault, Note, Reason, Report, Written};

use std::path::{Path, PathBuf};

use crate::failure::{Cause, ShopFault};
use crate::progress::Progress;

use super::place::PlaceError;

/// Where to, and in which form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelFormat {
    /// JSON Lines, one a product.
    Jsonl,
    /// Sidecars beside the photos, or below another folder in the same order.
    Xmp,
    /// A folder a tag.
    Folders(Link),
    /// Hugging Face's `imagefolder` with a `metadata.jsonl`.
    ImageFolder(Link),
    /// Shards of `tf.train.Example`.
    TfRecord,
    /// A table of labels.
    Parquet,
    /// A Shopify product CSV, merged into the shop's own export if there is one.
    Shopify(Option<PathBuf>),
    /// A `WooCommerce` product CSV, merged into the shop's own export if there is one.
    WooCommerce(Option<PathBuf>),
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum LabelExportError {
    #[error("no photo has a label yet; tag some photos first, in the window or with `hangtag label`")]
    NoLabels,
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("{path} cannot be written: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} cannot be used: {fault}")]
    Shop { path: PathBuf, fault: ShopFault },
}

/// What this room's calls return.
type Result<T> = std::result::Result<T, LabelExportError>;

impl LabelExportError {
    /// The same for whoever has words of their own for it.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::NoLabels => Cause::NoLabels,
            Self::Place(error) => error.cause(),
            Self::Write { source, .. } => Cause::of_writing(source),
            Self::Shop { fault, .. } => Cause::ShopFile(fault.clone()),
        }
    }
}

/// Writes a data set to `out`, whole or not at all; XMP sidecars each by itself. `None` where it was cancelled.
///
/// # Errors
/// [`LabelExportError`], with `out` as it was. Single photos that cannot be used are reported instead.
pub fn export(data: &DataSet, format: &LabelFormat, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    if data.labels.is_empty() {
        return Err(LabelExportError::NoLabels);
    }
    match format {
        LabelFormat::Jsonl => jsonl::export(data, out, progress),
        LabelFormat::Xmp => xmp::export(data, out, progress),
        LabelFormat::Folders(link) => folders::export(data, *link, out, progress),
        LabelFormat::ImageFolder(link) => image_folder::export(data, *link, out, progress),
        LabelFormat::TfRecord => tfrecord::export(data, out, progress),
        LabelFormat::Parquet => parquet::export(data, out, progress),
        LabelFormat::Shopify(into) => shop::export(data, &shop::SHOPIFY, into.as_deref(), out, progress),
        LabelFormat::WooCommerce(into) => shop::export(data, &shop::WOOCOMMERCE, into.as_deref(), out, progress),
    }
}

/// Makes an error of writing below `out` a typed one.
fn writing(out: &Path) -> impl Fn(std::io::Error) -> LabelExportError + '_ {
    move |source| LabelExportError::Write { path: out.to_owned(), source }
}
