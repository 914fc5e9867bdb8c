//! Products: photos of one article, seen and labelled as one.

use std::collections::HashMap;

use super::Workspace;
use crate::catalogue::{GroupId, ImageId, ImageRow, Listing, TagId, Vocabulary, article_name, file_stem};
use crate::export::labels::Product;
use crate::failure::Failure;

/// How photos of one article are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProductRule {
    /// Each photo is an article.
    #[default]
    Single,
    /// All photos of a folder, unless the folder has the name of a tag: it then sorts, and is no article.
    Folder,
    /// Photos of a folder whose names differ only by a number at the end: `SKU_1.jpg`, `SKU-2.jpg`, `SKU (3).jpg`.
    Stem,
}

/// What a rule makes of a catalogue, before it is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductPreview {
    pub products: usize,
    /// Products of more than one photo.
    pub stacks: usize,
    /// Photos of the largest.
    pub largest: usize,
}

/// The photos of a listing by article.
#[derive(Clone, Debug, Default)]
pub struct Products {
    /// Of each photo of the listing, its product.
    product_of: Vec<u32>,
    /// Of each product, the positions of its photos in the listing.
    members: Vec<Vec<usize>>,
}

impl ProductRule {
    pub const ALL: [Self; 3] = [Self::Single, Self::Stem, Self::Folder];

    fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Folder => "folder",
            Self::Stem => "stem",
        }
    }

    pub(super) fn of_setting(text: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|rule| Some(rule.as_str()) == text).unwrap_or_default()
    }
}

impl Products {
    /// Sorts the photos of a listing by a rule. Nothing is kept for single photos, which need no sorting.
    #[must_use]
    pub fn sort(listing: &Listing, vocabulary: &Vocabulary, rule: ProductRule) -> Self {
        let mut products = Self::default();
        if rule == ProductRule::Single {
            return products;
        }
        let mut by_key: HashMap<(usize, &str, &str), u32> = HashMap::new();
        for (index, image) in listing.images.iter().enumerate() {
            let product = match key(image, vocabulary, rule) {
                Some(key) => *by_key.entry(key).or_insert(products.members.len() as u32),
                None => products.members.len() as u32,
            };
            if product as usize == products.members.len() {
                products.members.push(Vec::new());
            }
            products.members[product as usize].push(index);
            products.product_of.push(product);
        }
        products
    }

    /// The photos of the product that the photo at `index` shows, itself included, in order of path.
    #[must_use]
    pub fn shots(&self, index: usize) -> &[usize] {
        let product = self.product_of.get(index).and_then(|&product| self.members.get(product as usize));
        product.map_or(&[], Vec::as_slice)
    }

    /// The product of the photo at `index`; none where each photo is an article.
    #[must_use]
    pub fn product_of(&self, index: usize) -> Option<u32> {
        self.product_of.get(index).copied()
    }

    /// The photos by product, each product with its name: by the rule what its photos share, else the photo's own.
    pub(super) fn named(&self, listing: &Listing, vocabulary: &Vocabulary, rule: ProductRule) -> Vec<Product> {
        let name = |photo: usize| {
            let image = &listing.images[photo];
            let own = file_stem(image.name());
            let shared = key(image, vocabulary, rule).map(|(_, folder, stem)| match rule {
                ProductRule::Folder => folder.rsplit('/').next().unwrap_or(folder),
                ProductRule::Single | ProductRule::Stem => stem,
            });
            shared.filter(|name| !name.is_empty()).unwrap_or(own).to_owned()
        };
        if self.members.is_empty() {
            return (0..listing.images.len()).map(|photo| Product { name: name(photo), photos: vec![photo] }).collect();
        }
        let product = |photos: &Vec<usize>| Some(Product { name: name(*photos.first()?), photos: photos.clone() });
        self.members.iter().filter_map(product).collect()
    }

    fn preview(&self, num_images: usize) -> ProductPreview {
        if self.members.is_empty() {
            return ProductPreview { products: num_images, stacks: 0, largest: usize::from(num_images > 0) };
        }
        ProductPreview {
            products: self.members.len(),
            stacks: self.members.iter().filter(|members| members.len() > 1).count(),
            largest: self.members.iter().map(Vec::len).max().unwrap_or(0),
        }
    }
}

/// What the photos of one product have in common, or none for a photo that stands alone.
fn key<'a>(image: &'a ImageRow, vocabulary: &Vocabulary, rule: ProductRule) -> Option<(usize, &'a str, &'a str)> {
    let file = image.files.first()?;
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    match rule {
        ProductRule::Single => None,
        ProductRule::Stem => Some((file.root, folder, article_name(name))),
        ProductRule::Folder => {
            let last = folder.rsplit('/').next().unwrap_or(folder);
            let sorts = last.is_empty() || vocabulary.tags.iter().any(|tag| tag.name == last);
            (!sorts).then_some((file.root, folder, ""))
        }
    }
}

impl Workspace {
    /// How products are told.
    #[must_use]
    pub fn product_rule(&self) -> ProductRule {
        self.product_rule
    }

    /// The photos by product.
    #[must_use]
    pub fn products(&self) -> &Products {
        &self.products
    }

    /// What each rule would make of the photos.
    #[must_use]
    pub fn preview_products(&self, rule: ProductRule) -> ProductPreview {
        Products::sort(&self.listing, &self.vocabulary, rule).preview(self.listing.images.len())
    }

    /// Chooses how products are told, for this catalogue.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn set_product_rule(&mut self, rule: ProductRule) -> Result<(), Failure> {
        self.catalogue
            .set_setting("products", rule.as_str())
            .map_err(|error| Failure::new("remembering how products are told", &error))?;
        self.product_rule = rule;
        self.sort_products();
        Ok(())
    }

    pub(super) fn sort_products(&mut self) {
        self.products = Products::sort(&self.listing, &self.vocabulary, self.product_rule);
        self.revision += 1;
    }

    /// The photos of the products that these photos show.
    #[must_use]
    pub fn with_other_shots(&self, images: &[ImageId]) -> Vec<ImageId> {
        if self.product_rule == ProductRule::Single {
            return images.to_vec();
        }
        let mut all: Vec<ImageId> = Vec::with_capacity(images.len());
        let mut seen = std::collections::HashSet::new();
        for &image in images {
            let shots = self.index_of(image).map_or(&[][..], |index| self.products.shots(index));
            let shots = shots.iter().map(|&index| self.listing.images[index].id).chain([image]);
            all.extend(shots.filter(|shot| seen.insert(*shot)));
        }
        all
    }

    /// What the heads make of all shots of a product together, likeliest first: the mean of the logarithms of their
    /// probabilities, scaled to sum to one over the tags of the group.
    #[must_use]
    pub fn pooled(&self, shots: &[ImageId], group: GroupId) -> Vec<(TagId, f32)> {
        let mut sums: Vec<(TagId, f32)> = Vec::new();
        for &shot in shots {
            for (position, (tag, p)) in self.proposals.of(shot, group).enumerate() {
                let log = p.max(f32::MIN_POSITIVE).ln();
                match sums.get_mut(position) {
                    Some((_, sum)) => *sum += log,
                    None => sums.push((tag, log)),
                }
            }
        }
        let num_shots = shots.iter().filter(|shot| self.proposals.of(**shot, group).next().is_some()).count();
        sums.iter_mut().for_each(|(_, sum)| *sum = (*sum / num_shots.max(1) as f32).exp());
        let total: f32 = sums.iter().map(|(_, p)| p).sum();
        sums.iter_mut().for_each(|(_, p)| *p /= total.max(f32::MIN_POSITIVE));
        sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        sums
    }

    /// Whether the shots of a product do not have the same likeliest tag.
    #[must_use]
    pub fn disagrees(&self, shots: &[ImageId], group: GroupId) -> bool {
        let mut best = shots.iter().filter_map(|shot| self.proposals.best(*shot, group)).map(|(tag, _)| tag);
        best.next().is_some_and(|first| best.any(|other| other != first))
    }
}
