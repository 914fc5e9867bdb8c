//! The sides of the split: drawn once for each product, evenly by tag, and kept.

use std::collections::{BTreeMap, HashMap};

use super::Workspace;
use crate::catalogue::{ImageId, ImageState, LabelSource, SplitSide, TagId};
use crate::failure::Failure;
use crate::learn::split;

/// What each of [`SplitSide::ALL`] gets of the labelled products.
const SHARES: [f64; 3] = [0.7, 0.15, 0.15];

/// The photos of one product.
struct Drawn {
    images: Vec<ImageId>,
    /// By which products are put in order: not by name or date, which go with what they show.
    key: [u8; 32],
    tags: Vec<TagId>,
    known: Option<SplitSide>,
}

impl Workspace {
    /// The side of each labelled photo. Those that have none yet are drawn one, which is kept; the others stay where they
    /// are, however many photos come later. All photos of a product are on one side: if they were drawn as different
    /// products before, and one of them was learnt from, all are.
    ///
    /// # Errors
    /// Where the catalogue cannot be read or written.
    pub fn draw_splits(&mut self) -> Result<HashMap<ImageId, SplitSide>, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new("drawing the split", error);
        let mut sides = self.catalogue.splits().map_err(|error| failed(&error))?;
        let products = self.labelled_products(&sides);
        let strata = strata(&products);
        let place = |side: SplitSide| SplitSide::ALL.iter().position(|known| *known == side);
        let known: Vec<Option<usize>> = products.iter().map(|product| product.known.and_then(place)).collect();
        let drawn = split(&strata, &known, &SHARES);
        let mut new = Vec::new();
        for (product, side) in products.iter().zip(drawn) {
            let side = SplitSide::ALL[side];
            new.extend(
                product.images.iter().filter(|image| sides.get(image) != Some(&side)).map(|image| (*image, side)),
            );
        }
        if !new.is_empty() {
            self.catalogue.keep_splits(&new).map_err(|error| failed(&error))?;
        }
        sides.extend(new);
        Ok(sides)
    }

    /// In an order that says nothing of what they show and is the same every time.
    fn labelled_products(&self, sides: &HashMap<ImageId, SplitSide>) -> Vec<Drawn> {
        let mut products: BTreeMap<(bool, usize), Drawn> = BTreeMap::new();
        for (index, image) in self.listing.images.iter().enumerate() {
            let Some(hash) = image.hash.filter(|_| image.state == ImageState::Ok) else { continue };
            // What a rule set teaches nothing, so that there is nothing to hold out of it.
            let labels = self.labels.of(image.id).iter().filter(|(_, label)| label.source != LabelSource::Rule);
            let known: Vec<_> = labels.collect();
            if known.is_empty() {
                continue;
            }
            let product = match self.products.product_of(index) {
                Some(product) => (true, product as usize),
                None => (false, index),
            };
            let drawn = products.entry(product).or_insert_with(|| Drawn {
                images: Vec::new(),
                key: [u8::MAX; 32],
                tags: Vec::new(),
                known: None,
            });
            drawn.tags.extend(known.iter().filter(|(_, label)| label.is_yes).map(|(tag, _)| *tag));
            drawn.images.push(image.id);
            drawn.key = drawn.key.min(*blake3::hash(&hash.0).as_bytes());
            drawn.known = match (drawn.known, sides.get(&image.id).copied()) {
                (Some(a), Some(b)) if a != b => Some(SplitSide::Train),
                (a, b) => a.or(b),
            };
        }
        let mut products: Vec<Drawn> = products.into_values().collect();
        products.sort_by_key(|product| product.key);
        products
    }
}

/// The stratum of each product: the rarest tag that fits it, as every side needs some of each (Sechidis et al., *On the
/// Stratification of Multi-Label Data*, 2011); one of their own for those that nothing fits.
fn strata(products: &[Drawn]) -> Vec<usize> {
    let mut counts: BTreeMap<TagId, usize> = BTreeMap::new();
    products.iter().flat_map(|product| &product.tags).for_each(|tag| *counts.entry(*tag).or_default() += 1);
    let number: HashMap<TagId, usize> = counts.keys().enumerate().map(|(index, tag)| (*tag, index + 1)).collect();
    let rarest = |product: &Drawn| product.tags.iter().min_by_key(|tag| (counts[tag], **tag)).map(|tag| number[tag]);
    products.iter().map(|product| rarest(product).unwrap_or(0)).collect()
}
