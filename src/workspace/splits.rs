//! The sides of the split: drawn once for each product, evenly by tag, and kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{ProductRule, Workspace};
use crate::catalogue::{ImageId, ImageState, LabelSource, SplitSide, TagId};
use crate::failure::Failure;
use crate::learn::{articles, split};
use crate::vision::Feature;

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

/// A labelled photo.
struct Photo {
    /// Its position in the listing.
    index: usize,
    key: [u8; 32],
    /// The tags that fit it.
    tags: Vec<TagId>,
    known: Option<SplitSide>,
}

impl Workspace {
    /// The side of each labelled photo. Those that have none yet are drawn one, which is kept; the others stay where they
    /// are, however many photos come later. All photos of a product are on one side: if they were drawn as different
    /// products before, and one of them was learnt from, all are. Where no rule tells products, photos that are alike go to
    /// one side; they move none that was drawn before.
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
        let photos = self.labelled_photos(sides);
        let products = self.products_of(&photos);
        let mut side_of: HashMap<usize, SplitSide> = HashMap::new();
        for (product, photo) in products.iter().zip(&photos) {
            if let Some(side) = photo.known {
                let known = side_of.entry(*product).or_insert(side);
                if *known != side {
                    *known = SplitSide::Train;
                }
            }
        }
        let mut drawn: HashMap<(usize, Option<SplitSide>), Drawn> = HashMap::new();
        for (product, photo) in products.into_iter().zip(photos) {
            // Unlike a person's rule, likeness can be mistaken.
            let stays = photo.known.filter(|_| self.product_rule == ProductRule::Single);
            let known = stays.or(side_of.get(&product).copied());
            let drawn = drawn.entry((product, known)).or_insert_with(|| Drawn {
                images: Vec::new(),
                key: [u8::MAX; 32],
                tags: Vec::new(),
                known,
            });
            drawn.images.push(self.listing.images[photo.index].id);
            drawn.key = drawn.key.min(photo.key);
            drawn.tags.extend(photo.tags);
        }
        let mut drawn: Vec<Drawn> = drawn.into_values().collect();
        drawn.sort_by_key(|product| product.key);
        drawn
    }

    fn labelled_photos(&self, sides: &HashMap<ImageId, SplitSide>) -> Vec<Photo> {
        let mut photos = Vec::new();
        for (index, image) in self.listing.images.iter().enumerate() {
            let Some(hash) = image.hash.filter(|_| image.state == ImageState::Ok) else { continue };
            // What a rule set teaches nothing, so that there is nothing to hold out of it.
            let labels = self.labels.of(image.id).iter().filter(|(_, label)| label.source != LabelSource::Rule);
            let said: Vec<_> = labels.collect();
            let known = sides.get(&image.id).copied();
            // Nobody can tell yet what a photo is like that was not looked at, and it is in no training.
            let is_early = || known.is_none() && self.model.is_some() && self.feature_of(image.id).is_none();
            if said.is_empty() || is_early() {
                continue;
            }
            photos.push(Photo {
                index,
                key: *blake3::hash(&hash.0).as_bytes(),
                tags: said.iter().filter(|(_, label)| label.is_yes).map(|(tag, _)| *tag).collect(),
                known,
            });
        }
        photos
    }

    /// The product of each photo, as a number: what the rule says; where each photo is an article by it, those that are alike
    /// are of one all the same.
    fn products_of(&self, photos: &[Photo]) -> Vec<usize> {
        let by_rule = |photo: &Photo| self.products.product_of(photo.index).map(|product| product as usize);
        photos.iter().map(by_rule).collect::<Option<Vec<usize>>>().unwrap_or_else(|| self.articles_of(photos))
    }

    /// The article of each photo by what it is like, as a number. A photo of which that is not known is one of its own.
    fn articles_of(&self, photos: &[Photo]) -> Vec<usize> {
        let mut article_of: Vec<usize> = (0..photos.len()).collect();
        if photos.iter().all(|photo| photo.known.is_some()) {
            // To compare all of many takes a while, and there is none to draw.
            return article_of;
        }
        // Those that were drawn before are compared with each other too: shots of one article count as one product where
        // others are dealt, and what is like one of them is like all.
        let feature = |photo: &Photo| self.feature_of(self.listing.images[photo.index].id);
        let (places, features): (Vec<usize>, Vec<Arc<Feature>>) =
            photos.iter().enumerate().filter_map(|(place, photo)| Some((place, feature(photo)?))).unzip();
        let rows: Vec<&[half::f16]> = features.iter().map(|feature| feature.values()).collect();
        for (place, first) in places.iter().zip(articles(&rows)) {
            article_of[*place] = places[first];
        }
        article_of
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
