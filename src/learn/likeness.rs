//! How alike photos are, and which of them are of one article.

use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

/// Rows that are compared with others together.
const BLOCK_ROWS: usize = 128;

/// Photos more alike than this show one article: another crop, light or turn lies above, hardly ever another article.
const OF_ONE_ARTICLE: f32 = 0.9;

/// The article of each row of features, by the number of its first row: rows that are more alike than those of different
/// articles are of one, also by way of a third.
#[must_use]
pub fn articles(rows: &[&[f16]]) -> Vec<usize> {
    let dim = rows.first().map_or(0, |row| row.len());
    Rows::centred(rows, dim).clusters(OF_ONE_ARTICLE)
}

/// Rows with their mean taken away, each of unit length: the product of two is their likeness, from −1 to 1.
pub(super) struct Rows(Array2<f32>);

impl Rows {
    pub fn centred(rows: &[&[f16]], dim: usize) -> Self {
        let mut wide = Array2::zeros((rows.len(), dim));
        for (row, mut out) in rows.iter().zip(wide.rows_mut()) {
            if let Some(out) = out.as_slice_mut() {
                row.convert_to_f32_slice(out);
            }
        }
        if let Some(mean) = wide.mean_axis(Axis(0)) {
            wide -= &mean;
        }
        for mut row in wide.rows_mut() {
            let length: f32 = row.dot(&row).sqrt();
            row /= length.max(f32::MIN_POSITIVE);
        }
        Self(wide)
    }

    /// The cluster of each row: two rows that are more alike than `at_least` are in the same.
    pub fn clusters(&self, at_least: f32) -> Vec<usize> {
        let neighbours = self.neighbours(at_least);
        let mut first: Vec<usize> = (0..neighbours.len()).collect();
        for (row, neighbours) in neighbours.iter().enumerate() {
            for &other in neighbours {
                let (a, b) = (root(&mut first, row), root(&mut first, other));
                first[a.max(b)] = a.min(b);
            }
        }
        (0..first.len()).map(|row| root(&mut first, row)).collect()
    }

    /// For each row the rows before it that are more alike to it than `at_least`.
    fn neighbours(&self, at_least: f32) -> Vec<Vec<usize>> {
        let starts: Vec<usize> = (0..self.0.nrows()).step_by(BLOCK_ROWS).collect();
        let of_block = |start: usize| {
            let end = (start + BLOCK_ROWS).min(self.0.nrows());
            // Rows that come after the block are compared with it in theirs.
            let likenesses = self.0.slice(s![start..end, ..]).dot(&self.0.slice(s![..end, ..]).t());
            let of_row = |offset: usize| {
                (0..start + offset).filter(|&other| likenesses[[offset, other]] > at_least).collect::<Vec<usize>>()
            };
            (0..likenesses.nrows()).map(of_row).collect::<Vec<_>>()
        };
        let blocks: Vec<Vec<Vec<usize>>> = starts.into_par_iter().map(of_block).collect();
        blocks.into_iter().flatten().collect()
    }
}

/// The representative of a row's cluster, with the way to it shortened.
fn root(first: &mut [usize], mut row: usize) -> usize {
    while first[row] != row {
        first[row] = first[first[row]];
        row = first[row];
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::SplitMix;

    #[test]
    fn what_is_alike_is_one_cluster_even_by_way_of_a_third() {
        // Directions around a circle, in degrees; the mean of all is near its middle.
        let degrees = [0.0f32, 20.0, 40.0, 120.0, 140.0, 240.0];
        let rows: Vec<[f16; 2]> =
            degrees.iter().map(|d| [d.to_radians().cos(), d.to_radians().sin()].map(f16::from_f32)).collect();
        let rows: Vec<&[f16]> = rows.iter().map(<[f16; 2]>::as_slice).collect();
        let rows = Rows::centred(&rows, 2);
        assert_eq!(rows.clusters(0.8), [0, 0, 0, 3, 3, 5]);
        assert_eq!(rows.clusters(0.9999), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn shots_are_of_one_article_however_far_apart_they_come() {
        let mut random = SplitMix(1);
        let mut number = |_| f16::from_f32(random.unit() - 0.5);
        let shots: Vec<[f16; 32]> = (0..150).map(|_| std::array::from_fn(&mut number)).collect();
        let rows: Vec<&[f16]> = shots.iter().chain(&shots).map(<[f16; 32]>::as_slice).collect();
        assert_eq!(articles(&rows), (0..300).map(|row| row % 150).collect::<Vec<usize>>());
    }
}
