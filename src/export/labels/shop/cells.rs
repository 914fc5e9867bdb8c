//! The shops: what their columns are called, and how a list stands in a cell.

use std::collections::HashMap;

use csv::StringRecord;

use super::find::Handles;
use crate::catalogue::{Group, GroupId, Tag};
use crate::export::labels::Note;
use crate::export::labels::data_set::{DataSet, Known};
use crate::export::labels::keywords::Keywords;
use crate::failure::ShopFault;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Id,
    Handle,
    Sku,
    Name,
    /// Addresses of pictures.
    Images,
    /// Of a variation, the SKU or `id:` of its product.
    Parent,
    Category,
    Tags,
}

/// A shop's form of product CSV.
pub(in crate::export::labels) struct Shop {
    name: &'static str,
    /// What the columns are called, in any case.
    columns: &'static [(Column, &'static [&'static str])],
    /// Without these it is no product export.
    required: &'static [Column],
    /// The header of a file of new products.
    new_header: [&'static str; 4],
    /// Whether `\,` is a comma within an entry and `'` keeps a spreadsheet from taking a cell for a formula, as in
    /// `WC_CSV_Exporter`; else an entry cannot hold a comma.
    has_escapes: bool,
    /// Whether a product has one category, or a list of them with levels parted by `>`.
    has_one_category: bool,
}

/// Where a file has its columns.
pub(super) struct Columns(HashMap<Column, Vec<usize>>);

/// Shopify's export, with the names of before and after 2024.
pub(in crate::export::labels) const SHOPIFY: Shop = Shop {
    name: "Shopify",
    columns: &[
        (Column::Handle, &["handle", "url handle"]),
        (Column::Sku, &["variant sku", "sku"]),
        (Column::Name, &["title"]),
        (Column::Images, &["image src", "variant image", "product image url", "variant image url"]),
        (Column::Category, &["type"]),
        (Column::Tags, &["tags"]),
    ],
    required: &[Column::Handle, Column::Tags],
    new_header: ["Handle", "Title", "Type", "Tags"],
    has_escapes: false,
    has_one_category: true,
};

/// `WooCommerce`'s export.
pub(in crate::export::labels) const WOOCOMMERCE: Shop = Shop {
    name: "WooCommerce",
    columns: &[
        (Column::Id, &["id"]),
        (Column::Sku, &["sku"]),
        (Column::Name, &["name"]),
        (Column::Images, &["images"]),
        (Column::Parent, &["parent"]),
        (Column::Category, &["categories"]),
        (Column::Tags, &["tags"]),
    ],
    required: &[Column::Sku, Column::Tags],
    new_header: ["SKU", "Name", "Categories", "Tags"],
    has_escapes: true,
    has_one_category: false,
};

impl Columns {
    /// The column, or one past all of them where the file has none of the kind.
    pub fn at(&self, column: Column) -> usize {
        self.all(column).first().copied().unwrap_or(usize::MAX)
    }

    pub fn all(&self, column: Column) -> &[usize] {
        self.0.get(&column).map_or(&[], Vec::as_slice)
    }
}

impl Shop {
    /// Where a header has the columns.
    ///
    /// # Errors
    /// [`ShopFault::OtherColumns`] where it is no product export of this shop.
    pub(super) fn columns(&self, header: &StringRecord) -> Result<Columns, ShopFault> {
        let places = |names: &[&str]| {
            let is_one = |title: &str| names.iter().any(|name| title.trim().to_lowercase() == *name);
            header.iter().enumerate().filter(|(_, title)| is_one(title)).map(|(place, _)| place).collect::<Vec<_>>()
        };
        let columns = Columns(self.columns.iter().map(|(column, names)| (*column, places(names))).collect());
        let missing: Vec<String> = self
            .required
            .iter()
            .filter(|column| columns.all(**column).is_empty())
            .map(|column| format!("{column:?}"))
            .collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        Err(ShopFault::OtherColumns { shop: self.name, columns: missing })
    }

    /// What the column for the category is called.
    pub(super) fn category_column(&self) -> &'static str {
        self.new_header[2]
    }

    pub(super) fn new_header(&self) -> [&'static str; 4] {
        self.new_header
    }

    /// A row of [`Shop::new_header`].
    pub(super) fn new_row(
        &self,
        product: &str,
        handles: &mut Handles,
        known: &Known<'_>,
        category: Option<GroupId>,
    ) -> [String; 4] {
        let mut row = [product.to_owned(), product.to_owned(), String::new(), String::new()];
        if self.columns.iter().any(|(column, _)| *column == Column::Handle) {
            row[0] = handles.give(product);
        } else {
            row[0] = self.kept_from_formulas(&row[0]);
        }
        row[1] = self.kept_from_formulas(&row[1]);
        for (column, cell) in self.filled(known, category, |_| "") {
            row[if column == Column::Category { 2 } else { 3 }] = cell;
        }
        row
    }

    /// The cells that become others, from what they hold now.
    pub(super) fn filled<'a>(
        &self,
        known: &Known<'_>,
        category: Option<GroupId>,
        cell: impl Fn(Column) -> &'a str,
    ) -> Vec<(Column, String)> {
        let (mut categories, mut tags) = (Keywords::default(), Keywords::default());
        let is_category = |group: &Group| Some(group.id) == category;
        let entry = |tag: &Tag| self.entry(&tag.name);
        for (group, tag) in &known.yes {
            if is_category(group) { categories.add(entry(tag)) } else { tags.add(entry(tag)) }
        }
        for (group, tag) in &known.no {
            if is_category(group) { categories.drop.push(entry(tag)) } else { tags.drop.push(entry(tag)) }
        }
        let category_after = if self.has_one_category {
            let kept = categories.merge(&[cell(Column::Category).to_owned()], str::trim);
            categories.add.first().or(kept.first()).cloned().unwrap_or_default()
        } else {
            self.merged(cell(Column::Category), &categories, last_level)
        };
        let tags_after = self.merged(cell(Column::Tags), &tags, str::trim);
        [(Column::Category, category_after), (Column::Tags, tags_after)]
            .into_iter()
            .filter(|(column, after)| after != cell(*column))
            .collect()
    }

    /// What whoever imports the file should know of the tags in it, the group `category` filling the column for it.
    pub(super) fn notes(&self, data: &DataSet, category: Option<GroupId>) -> impl Iterator<Item = Note> {
        let (shop, tags) = (self.name, &data.vocabulary.tags);
        let entries = tags.iter().map(|tag| (tag.name.clone(), self.entry(&tag.name)));
        let rewritten: Vec<_> = entries.filter(|(tag, entry)| tag != entry).collect();
        // `WC_Product_CSV_Importer::parse_categories_field` cuts at every `>`, and has no escape for one.
        let categories = tags.iter().filter(|tag| !self.has_one_category && Some(tag.group) == category);
        let levels: Vec<_> = categories.map(|tag| tag.name.clone()).filter(|tag| tag.contains('>')).collect();
        let rewritten = (!rewritten.is_empty()).then_some(Note::Rewritten { shop, tags: rewritten });
        let levels = (!levels.is_empty()).then_some(Note::Levels { shop, tags: levels });
        [rewritten, levels].into_iter().flatten()
    }

    /// A list cell brought up to date; as it was where it says all that already.
    fn merged(&self, before: &str, keywords: &Keywords, name: fn(&str) -> &str) -> String {
        let entries = self.entries(before);
        let after = keywords.merge(&entries, name);
        if after == entries { before.to_owned() } else { self.joined(&after) }
    }

    /// A tag as an entry of a list.
    fn entry(&self, tag: &str) -> String {
        let tag: String = tag.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if self.has_escapes {
            // At its end it would keep the comma behind it from parting two tags.
            tag.trim_end_matches(['\\', ' ']).to_owned()
        } else {
            tag.split(',').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        }
    }

    fn entries(&self, cell: &str) -> Vec<String> {
        let cell = match cell.strip_prefix('\'') {
            Some(rest) if self.has_escapes && rest.starts_with(FORMULA) => rest,
            _ => cell,
        };
        let mut entries = vec![String::new()];
        let mut chars = cell.chars().peekable();
        while let Some(c) = chars.next() {
            let is_escaped = self.has_escapes && c == '\\' && chars.peek() == Some(&',');
            match entries.last_mut() {
                Some(last) if is_escaped => last.extend(chars.next()),
                Some(last) if c != ',' => last.push(c),
                _ => entries.push(String::new()),
            }
        }
        entries.into_iter().map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
    }

    fn joined(&self, entries: &[String]) -> String {
        if !self.has_escapes {
            return entries.join(", ");
        }
        let escaped = |entry: &String| {
            // A space, which goes when the list is read, keeps a last `\` from the comma behind it.
            entry.replace(',', "\\,") + if entry.ends_with('\\') { " " } else { "" }
        };
        let escaped: Vec<String> = entries.iter().map(escaped).collect();
        self.kept_from_formulas(&escaped.join(", "))
    }

    /// A cell that no spreadsheet takes for a formula, where the shop takes the sign off again.
    fn kept_from_formulas(&self, cell: &str) -> String {
        if self.has_escapes && cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
    }
}

/// What a formula begins with (`WC_CSV_Exporter::escape_data`).
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// The lowest level of a category such as `Clothing > Dresses`.
fn last_level(category: &str) -> &str {
    category.rsplit('>').next().unwrap_or(category).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{GroupKind, TagId};

    #[test]
    fn lists_stand_in_cells_as_each_shop_has_them() {
        let entries = |shop: &Shop, cell: &str| shop.entries(cell);
        assert_eq!(entries(&SHOPIFY, "red, new ,,sale"), ["red", "new", "sale"]);
        assert_eq!(entries(&WOOCOMMERCE, r"red\, dark, new"), ["red, dark", "new"]);
        assert_eq!(entries(&WOOCOMMERCE, "'=1+1, new"), ["=1+1", "new"]);
        for cell in [r"red\, dark, new", "'=1+1, new", "", "one", r"S\M\ , new"] {
            assert_eq!(WOOCOMMERCE.joined(&WOOCOMMERCE.entries(cell)), cell);
        }
        assert_eq!(SHOPIFY.entry("mug, large"), "mug large");
        assert_eq!(WOOCOMMERCE.entry("mug, large"), "mug, large");
        let names = [r"a\b, c", r"ends \", "last"].map(|tag| WOOCOMMERCE.entry(tag));
        assert_eq!(names, [r"a\b, c", "ends", "last"]);
        assert_eq!(entries(&WOOCOMMERCE, &WOOCOMMERCE.joined(&names)), [r"a\b, c", "ends", "last"]);
    }

    #[test]
    fn a_type_that_does_not_fit_is_emptied() {
        let group = Group { id: GroupId(1), name: "category".into(), kind: GroupKind::OneOf, position: 0 };
        let [hat, dress] = ["hat", "dress"].map(|name| Tag::new(TagId(1), group.id, name.into(), 0));
        let after = |yes: &[&Tag], before: &'static str| {
            let yes = yes.iter().map(|tag| (&group, *tag)).collect();
            let known = Known { yes, no: vec![(&group, &hat)], conflicts: Vec::new() };
            SHOPIFY.filled(&known, Some(group.id), |column| if column == Column::Category { before } else { "" })
        };
        assert_eq!(after(&[], " Hat"), [(Column::Category, String::new())]);
        assert_eq!(after(&[], "Scarf "), []);
        assert_eq!(after(&[], ""), []);
        assert_eq!(after(&[&dress], "Hat"), [(Column::Category, "dress".to_owned())]);
    }

    #[test]
    fn a_level_is_known_by_its_last_name() {
        let mut keywords = Keywords { drop: vec!["hats".into()], ..Keywords::default() };
        keywords.add("dresses".into());
        let merged = |cell| WOOCOMMERCE.merged(cell, &keywords, last_level);
        assert_eq!(merged("Clothing, Clothing > Dresses"), "Clothing, Clothing > Dresses");
        assert_eq!(merged("Clothing > Hats, Sale"), "Sale, dresses");
        assert_eq!(merged(""), "dresses");
    }
}
