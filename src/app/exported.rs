//! What an export of tags wrote and what it passed over, in the words of the language on screen.

use super::words::say;
use crate::export::labels::{Fault, Note, Reason, Written};

/// What there is now.
pub fn written_words(written: &Written) -> String {
    let num_photos = |photos: usize| say!("num-photos", count = photos);
    match written {
        Written::Lines { lines, photos } => say!("wrote-lines", count = *lines, photos = num_photos(*photos)),
        Written::Sidecars { written, as_they_were } => say!("wrote-sidecars", count = *written, others = *as_they_were),
        Written::Folders { files, photos, folders } => {
            say!("wrote-folders", count = *files, photos = num_photos(*photos), folders = *folders)
        }
        Written::ImageFolder(photos) => say!("wrote-image-folder", photos = num_photos(*photos)),
        Written::Shards { photos, shards } => say!("wrote-shards", count = *shards, photos = num_photos(*photos)),
        Written::Labels(labels) => say!("wrote-labels", count = *labels),
        Written::Merged { found, products, changed } => {
            say!("wrote-merged", found = *found, count = *products, changed = *changed)
        }
        Written::Products(products) => say!("wrote-products", count = *products),
    }
}

/// What whoever reads the files should know.
pub fn note_words(note: &Note) -> String {
    match note {
        Note::Category { column, group } => say!("note-category", column = *column, group = group),
        Note::NoCategoryGroup { column } => say!("note-no-category-group", column = *column),
        Note::NoCategoryColumn { column } => say!("note-no-category-column", column = *column),
        Note::Encoding(encoding) => say!("note-encoding", encoding = *encoding),
        Note::Rewritten { shop, tags } => {
            let tags: Vec<String> =
                tags.iter().map(|(tag, entry)| say!("note-rewritten-tag", tag = tag, entry = entry)).collect();
            say!("note-rewritten", shop = *shop, tags = tags.join(say!("list-separator")))
        }
        Note::Levels { shop, tags } => {
            let tags: Vec<String> = tags.iter().map(|tag| format!("“{tag}”")).collect();
            say!("note-levels", shop = *shop, tags = tags.join(say!("list-separator")))
        }
    }
}

/// What was passed over, and why.
pub fn passed_over_words(fault: &Fault) -> String {
    match fault {
        Fault::One { what, reason } => format!("{what}: {}", reason_words(reason)),
        Fault::Gone(photos) => say!("passed-over-gone", count = *photos),
    }
}

fn reason_words(reason: &Reason) -> String {
    match reason {
        Reason::Unreadable(detail) => say!("fault-unreadable", detail = detail),
        Reason::Changed => say!("passed-over-changed").to_owned(),
        Reason::Outside => say!("passed-over-outside").to_owned(),
        Reason::NotUtf8 => say!("passed-over-not-utf8").to_owned(),
        Reason::NotXml(detail) => say!("passed-over-not-xml", detail = detail),
        Reason::CutShort => say!("passed-over-cut-short").to_owned(),
        Reason::NotXmp => say!("passed-over-not-xmp").to_owned(),
        Reason::NoDescription => say!("passed-over-no-description").to_owned(),
        Reason::StrangeKeywords => say!("passed-over-strange-keywords").to_owned(),
        Reason::NoProduct => say!("passed-over-no-product").to_owned(),
        Reason::SeveralProducts(names) => {
            say!("passed-over-several-products", names = names.join(say!("list-separator")))
        }
        Reason::Conflict(group) => say!("passed-over-conflict", group = group),
    }
}
