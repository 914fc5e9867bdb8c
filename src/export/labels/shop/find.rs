//! Which product of a shop's file a catalogue's product is: by SKU, by handle, or by the name of a picture.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::cells::{Column, Columns};
use super::table::Table;
use crate::catalogue::{article_name, file_stem, is_shot_number};
use crate::export::labels::data_set::{DataSet, Product};

/// A product of the shop.
struct Item {
    /// The row that holds its tags.
    row: usize,
    /// As a person knows it.
    name: String,
}

/// The products of a shop's file, by all that they can be known by.
pub(super) struct Items {
    all: Vec<Item>,
    skus: Index,
    handles: Index,
    names: Index,
    images: Index,
}

/// Positions of products by a text that names them.
type Index = HashMap<String, BTreeSet<usize>>;

/// An index, the form in which it has texts, and the texts to look up.
type Way<'a> = (&'a Index, fn(&str) -> String, &'a [&'a str]);

/// What was found.
pub(super) enum Found {
    One(usize),
    None,
    /// With their names.
    Several(Vec<String>),
}

/// Handles of a file of new products, each given once.
#[derive(Default)]
pub(super) struct Handles(HashSet<String>);

impl Items {
    /// The products of a table. Rows of one handle are one product, whose first row holds the tags; a variation belongs
    /// to its parent.
    pub fn of(table: &Table, columns: &Columns) -> Self {
        let mut items = Self {
            all: Vec::new(),
            skus: HashMap::new(),
            handles: HashMap::new(),
            names: HashMap::new(),
            images: HashMap::new(),
        };
        let mut by_reference: HashMap<String, usize> = HashMap::new();
        let mut variations = Vec::new();
        for row in 0..table.num_rows() {
            let cell = |column| table.cell(row, columns.at(column)).trim();
            if !cell(Column::Parent).is_empty() {
                variations.push(row);
                continue;
            }
            let (id, handle, sku) = (cell(Column::Id), cell(Column::Handle), cell(Column::Sku));
            let references = [id_reference(id), format!("handle:{handle}"), format!("sku:{}", key(sku))];
            let known = if handle.is_empty() { None } else { by_reference.get(&references[1]).copied() };
            let item = known.unwrap_or_else(|| {
                let name = [sku, handle, cell(Column::Name), id].into_iter().find(|name| !name.is_empty());
                items.all.push(Item { row, name: name.unwrap_or_default().to_owned() });
                items.all.len() - 1
            });
            for reference in references {
                by_reference.entry(reference).or_insert(item);
            }
            items.note(table, columns, row, item);
        }
        for row in variations {
            let parent = table.cell(row, columns.at(Column::Parent)).trim();
            let reference = match parent.strip_prefix("id:") {
                Some(id) => id_reference(id),
                None => format!("sku:{}", key(parent)),
            };
            if let Some(&item) = by_reference.get(&reference) {
                items.note(table, columns, row, item);
            }
        }
        items
    }

    /// Takes down what a row says of its product.
    fn note(&mut self, table: &Table, columns: &Columns, row: usize, item: usize) {
        let cell = |column| table.cell(row, columns.at(column)).trim();
        let put = |into: &mut Index, key: String| {
            if !key.is_empty() {
                into.entry(key).or_default().insert(item);
            }
        };
        put(&mut self.skus, key(cell(Column::Sku)));
        put(&mut self.handles, slug(cell(Column::Handle)));
        put(&mut self.names, slug(cell(Column::Name)));
        for &column in columns.all(Column::Images) {
            for address in table.cell(row, column).split(',') {
                put(&mut self.images, slug(&image_name(address)));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The row that holds an item's tags.
    pub fn row(&self, item: usize) -> usize {
        self.all[item].row
    }

    pub fn name(&self, item: usize) -> &str {
        &self.all[item].name
    }

    /// The shop's product that this one is: the surest way by which there is any decides.
    pub fn find(&self, data: &DataSet, product: &Product) -> Found {
        let (mut stems, mut articles, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        let is_tag = |name: &str| data.vocabulary.tags.iter().any(|tag| tag.name == name);
        for file in product.photos.iter().flat_map(|&photo| &data.listing.images[photo].files) {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            if !is_shot_number(name) {
                stems.push(file_stem(name));
                articles.push(article_name(name));
            }
            // A folder that sorts by tag says nothing of the article.
            folders.extend(folder.rsplit('/').next().filter(|folder| !is_tag(folder)));
        }
        let own: Vec<&str> = Some(product.name.as_str()).filter(|name| !is_shot_number(name)).into_iter().collect();
        let ways: [Way<'_>; 11] = [
            (&self.skus, key, &own),
            (&self.skus, key, &stems),
            (&self.skus, key, &articles),
            (&self.handles, slug, &own),
            (&self.handles, slug, &stems),
            (&self.handles, slug, &articles),
            (&self.images, slug, &stems),
            (&self.names, slug, &own),
            (&self.names, slug, &articles),
            (&self.skus, key, &folders),
            (&self.handles, slug, &folders),
        ];
        for (index, key, texts) in ways {
            let hits: BTreeSet<usize> =
                texts.iter().filter_map(|text| index.get(&key(text))).flatten().copied().collect();
            let mut hits = hits.into_iter();
            match (hits.next(), hits.next()) {
                (None, _) => {}
                (Some(only), None) => return Found::One(only),
                (Some(first), Some(second)) => {
                    let names = [first, second].into_iter().chain(hits).map(|item| self.name(item).to_owned());
                    return Found::Several(names.collect());
                }
            }
        }
        Found::None
    }
}

impl Handles {
    pub fn give(&mut self, product: &str) -> String {
        let slug = slug(product);
        let slug = if slug.is_empty() { "product".to_owned() } else { slug };
        let (mut handle, mut number) = (slug.clone(), 2);
        while !self.0.insert(handle.clone()) {
            handle = format!("{slug}-{number}");
            number += 1;
        }
        handle
    }
}

fn id_reference(id: &str) -> String {
    format!("id:{}", id.trim())
}

/// SKUs are the same whatever their case.
fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// As shops make addresses of names: lower case, and whatever is no letter or digit a hyphen.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The name of the picture at an address, without its ending and without what shops put behind it: a version, a UUID,
/// `-scaled`.
fn image_name(address: &str) -> String {
    let path = address.trim().split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    let stem = file_stem(&name);
    let stem = stem.strip_suffix("-scaled").unwrap_or(stem);
    let is_uuid = |text: &str| {
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        parts == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
    };
    match stem.rsplit_once('_') {
        Some((stem, last)) if is_uuid(last) => stem.to_owned(),
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_file_name() {
        for (address, expected) in [
            ("https://cdn.shopify.com/s/files/1/0001/products/red-dress_1.jpg?v=1571438400", "red-dress_1"),
            ("https://cdn.shopify.com/s/files/dress_5f2b6c1e-0f2a-4c1d-9c55-0a1b2c3d4e5f.jpg", "dress"),
            ("https://shop.example/wp-content/uploads/2024/05/%E8%A3%99%E5%AD%90-scaled.jpg", "裙子"),
            ("dress.jpg", "dress"),
            ("", ""),
        ] {
            assert_eq!(image_name(address), expected, "{address}");
        }
    }

    #[test]
    fn handles_are_given_once() {
        let mut handles = Handles::default();
        let given = ["Red Dress", "red_dress", "red dress 2", "红色 连衣裙", "!"].map(|name| handles.give(name));
        assert_eq!(given, ["red-dress", "red-dress-2", "red-dress-2-2", "红色-连衣裙", "product"]);
    }
}
