//! Pictures of what a run reached: the confusion matrix, and the features of photos for the Embedding Projector.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Cursor};
use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};

/// How often which tag was said of photos of which: `[true][said]`.
pub struct Confusion {
    pub num_tags: usize,
    pub counts: Vec<usize>,
}

/// Features of photos, with their tags and small pictures.
pub struct Projection {
    pub features: Vec<Vec<f32>>,
    pub tags: Vec<String>,
    /// Squares of [`Projection::SIDE`] pixels.
    pub thumbnails: Vec<RgbImage>,
}

/// Pixels that the matrix is high and wide, about.
const MATRIX_PIXELS: usize = 512;

/// Pairs that are listed.
const MAX_PAIRS: usize = 50;

/// What nothing looks like, and what everything does.
const PALE: [f32; 3] = [247.0, 248.0, 250.0];
const FULL: [f32; 3] = [23.0, 78.0, 166.0];

impl Confusion {
    /// Counts pairs of what is true and what was said.
    pub fn count(num_tags: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut counts = vec![0; num_tags * num_tags];
        pairs.for_each(|(truth, said)| counts[truth * num_tags + said] += 1);
        Self { num_tags, counts }
    }

    /// A square a pair, darker the larger its share of the photos of the row's tag; as PNG with its width and height.
    pub fn picture(&self) -> io::Result<((u32, u32), Vec<u8>)> {
        let cell = (MATRIX_PIXELS / self.num_tags.max(1)).max(1);
        let side = (cell * self.num_tags).max(1) as u32;
        let share = |truth: usize, said: usize| {
            let row = &self.counts[truth * self.num_tags..(truth + 1) * self.num_tags];
            row[said] as f32 / row.iter().sum::<usize>().max(1) as f32
        };
        let picture = RgbImage::from_fn(side, side, |x, y| {
            let (said, truth) = (x as usize / cell, y as usize / cell);
            // A root, so that the few mistakes show.
            let strength = if self.num_tags == 0 { 0.0 } else { share(truth, said).sqrt() };
            let mix = |channel: usize| (PALE[channel] + strength * (FULL[channel] - PALE[channel])) as u8;
            Rgb([mix(0), mix(1), mix(2)])
        });
        Ok(((side, side), png(&picture)?))
    }

    /// What the picture's rows and columns are, and what was mistaken most often; as Markdown.
    pub fn legend(&self, names: &[String]) -> String {
        let count = |truth: usize, said: usize| self.counts[truth * self.num_tags + said];
        // A bar would end the cell.
        let name = |tag: usize| names[tag].replace('|', "\\|");
        let mut text = "Rows are what photos are, columns what was said, both in this order.\n\n".to_owned();
        text.push_str("| | tag | photos | recognised |\n| --- | --- | --- | --- |\n");
        for tag in 0..self.num_tags {
            let photos: usize = (0..self.num_tags).map(|said| count(tag, said)).sum();
            let _ = writeln!(text, "| {} | {} | {photos} | {} |", tag + 1, name(tag), count(tag, tag));
        }
        let pairs = (0..self.num_tags).flat_map(|truth| (0..self.num_tags).map(move |said| (truth, said)));
        let mut mistaken: Vec<(usize, usize)> =
            pairs.filter(|&(truth, said)| truth != said && count(truth, said) > 0).collect();
        mistaken.sort_by_key(|&(truth, said)| std::cmp::Reverse(count(truth, said)));
        if !mistaken.is_empty() {
            text.push_str("\n| photos of | taken for | times |\n| --- | --- | --- |\n");
        }
        for (truth, said) in mistaken.into_iter().take(MAX_PAIRS) {
            let _ = writeln!(text, "| {} | {} | {} |", name(truth), name(said), count(truth, said));
        }
        text
    }
}

impl Projection {
    /// Pixels of a small picture.
    pub const SIDE: u32 = 48;

    /// Photos that are enough for a picture of them all.
    pub const MAX_PHOTOS: usize = 2000;

    /// Writes what the projector reads into a run's folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let mut vectors = String::new();
        for feature in &self.features {
            let numbers: Vec<String> = feature.iter().map(|value| format!("{value:.5}")).collect();
            vectors.push_str(&numbers.join("\t"));
            vectors.push('\n');
        }
        fs::write(folder.join("features.tsv"), vectors)?;
        let mut labels = String::new();
        for tag in &self.tags {
            // A tab or a line's end would be another column or row.
            let tag: String = tag.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            // An empty row is skipped, and the labels after it would be those of other photos.
            let tag = if tag.trim().is_empty() { "–" } else { &tag };
            // Writing into a string never fails.
            let _ = writeln!(labels, "{tag}");
        }
        fs::write(folder.join("labels.tsv"), labels)?;
        let columns = (self.thumbnails.len() as f64).sqrt().ceil().max(1.0) as u32;
        // The projector asks for a square.
        let mut sprite = RgbImage::new(columns * Self::SIDE, columns * Self::SIDE);
        for (index, thumbnail) in self.thumbnails.iter().enumerate() {
            let (x, y) = (index as u32 % columns * Self::SIDE, index as u32 / columns * Self::SIDE);
            image::imageops::replace(&mut sprite, thumbnail, i64::from(x), i64::from(y));
        }
        fs::write(folder.join("sprite.png"), png(&sprite)?)?;
        let side = Self::SIDE;
        let config = format!(
            "embeddings {{\n  tensor_name: \"features\"\n  tensor_path: \"features.tsv\"\n  metadata_path: \"labels.tsv\"\n  \
             sprite {{\n    image_path: \"sprite.png\"\n    single_image_dim: {side}\n    single_image_dim: {side}\n  \
             }}\n}}\n"
        );
        fs::write(folder.join("projector_config.pbtxt"), config)
    }
}

fn png(picture: &RgbImage) -> io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}
