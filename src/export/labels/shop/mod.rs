//! Product CSVs for shops: tags and categories merged into the shop's own export, or a new file for new products.
//!
//! Only the cells for tags and for the category are touched, and only in rows of products that were found; every other
//! row stays to the byte. In a cell, tags that are known to fit are added, tags that are known not to fit go, and what
//! Hangtag knows nothing of stays.

mod cells;
mod find;
mod table;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::data_set::{DataSet, Known};
use super::{Fault, LabelExportError, Note, Reason, Report, Result, Written, writing};
use crate::catalogue::{GroupId, GroupKind};
use crate::export::place::NewFile;
use crate::failure::ShopFault;
use crate::progress::Progress;

pub(super) use cells::{SHOPIFY, Shop, WOOCOMMERCE};

use cells::Column;
use find::{Found, Items};
use table::{Change, Table};

/// What the group that fills a shop's type or category is called, in any case.
const CATEGORY_GROUPS: [&str; 10] =
    ["category", "type", "product type", "product category", "kind", "类别", "类型", "分类", "品类", "商品类型"];

pub(super) fn export(
    data: &DataSet,
    shop: &Shop,
    into: Option<&Path>,
    out: &Path,
    progress: &Progress,
) -> Result<Option<Report>> {
    progress.set_total(data.labelled_products().count() as u64);
    let category = data.vocabulary.groups.iter().find(|group| {
        group.kind == GroupKind::OneOf && CATEGORY_GROUPS.iter().any(|name| group.name.to_lowercase() == *name)
    });
    let column = shop.category_column();
    let note = match category {
        Some(group) => Note::Category { column, group: group.name.clone() },
        None => Note::NoCategoryGroup { column },
    };
    let category = category.map(|group| group.id);
    match into {
        Some(into) => merge(data, shop, category, into, out, progress, note),
        None => write_new(data, shop, category, out, progress, note),
    }
}

/// Merges into the shop's file.
fn merge(
    data: &DataSet,
    shop: &Shop,
    category: Option<GroupId>,
    into: &Path,
    out: &Path,
    progress: &Progress,
    note: Note,
) -> Result<Option<Report>> {
    let unusable = |fault: ShopFault| LabelExportError::Shop { path: into.to_owned(), fault };
    if dunce::canonicalize(into).ok().is_some_and(|into| dunce::canonicalize(out).ok() == Some(into)) {
        return Err(unusable(ShopFault::WrittenOver));
    }
    let bytes = std::fs::read(into).map_err(|error| unusable(ShopFault::Unreadable(error.to_string())))?;
    let table = Table::read(&bytes).map_err(unusable)?;
    let columns = shop.columns(&table.header).map_err(unusable)?;
    let has_category = !columns.all(Column::Category).is_empty();
    let mut notes = vec![if has_category { note } else { Note::NoCategoryColumn { column: shop.category_column() } }];
    let mut faults = Vec::new();
    let items = Items::of(&table, &columns);
    let mut photos_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for product in data.labelled_products() {
        if progress.is_cancelled() {
            return Ok(None);
        }
        let fault = |reason| Fault::One { what: product.name.clone(), reason };
        match items.find(data, product) {
            Found::One(item) => photos_of.entry(item).or_default().extend(&product.photos),
            Found::None => faults.push(fault(Reason::NoProduct)),
            Found::Several(names) => faults.push(fault(Reason::SeveralProducts(names))),
        }
        progress.add(1);
    }
    if photos_of.is_empty() {
        return Err(unusable(ShopFault::NoProducts));
    }
    let mut changes = Vec::new();
    let num_found = photos_of.len();
    for (item, mut photos) in photos_of {
        photos.sort_unstable();
        let known = data.known(&photos);
        let row = items.row(item);
        faults.extend(conflicts(items.name(item), &known));
        for (column, after) in shop.filled(&known, category, |column| table.cell(row, columns.at(column))) {
            if !columns.all(column).is_empty() {
                changes.push(Change { row, column: columns.at(column), after });
            }
        }
    }
    let text = table.with(&changes);
    let bytes = table.encoded(&text, &changes).map_err(unusable)?;
    write_whole(out, &bytes)?;
    let num_changed = changes.iter().map(|change| change.row).collect::<std::collections::BTreeSet<_>>().len();
    notes.extend(table.note());
    notes.extend(shop.notes(data, category.filter(|_| has_category)));
    let written = Written::Merged { found: num_found, products: items.len(), changed: num_changed };
    Ok(Some(Report { written, notes, faults }))
}

/// Writes a file for products that the shop does not have yet.
fn write_new(
    data: &DataSet,
    shop: &Shop,
    category: Option<GroupId>,
    out: &Path,
    progress: &Progress,
    note: Note,
) -> Result<Option<Report>> {
    let failed = |error: csv::Error| writing(out)(std::io::Error::other(error));
    let mut writer = csv::Writer::from_writer(NewFile::create(out)?);
    writer.write_record(shop.new_header()).map_err(failed)?;
    let (mut num_products, mut faults) = (0, Vec::new());
    let mut handles = find::Handles::default();
    for product in data.labelled_products() {
        if progress.is_cancelled() {
            return Ok(None);
        }
        let known = data.known(&product.photos);
        faults.extend(conflicts(&product.name, &known));
        writer.write_record(shop.new_row(&product.name, &mut handles, &known, category)).map_err(failed)?;
        num_products += 1;
        progress.add(1);
    }
    let file = writer.into_inner().map_err(|error| writing(out)(error.into_error()))?;
    file.keep()?;
    let notes = std::iter::once(note).chain(shop.notes(data, category)).collect();
    Ok(Some(Report { written: Written::Products(num_products), notes, faults }))
}

/// The groups in which a product's photos say different things.
fn conflicts(product: &str, known: &Known<'_>) -> impl Iterator<Item = Fault> {
    let reasons = known.conflicts.iter().map(|group| Reason::Conflict(group.name.clone()));
    reasons.map(move |reason| Fault::One { what: product.to_owned(), reason })
}

fn write_whole(out: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = NewFile::create(out)?;
    file.write_all(bytes).map_err(writing(out))?;
    Ok(file.keep()?)
}
