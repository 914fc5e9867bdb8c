//! How a network's activations are rounded to codes: measured on a person's own photos, kept as one small file.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::backbone::short_hash;
use super::cpu::{Range, Ranges};
use super::weights::WeightsError;

/// The tensor that holds how large a normalised pixel can be.
const INPUT: &str = "input";

/// What a network in whole numbers needs to know of its activations.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub(super) ranges: Ranges,
}

impl Calibration {
    /// As the bytes of a safetensors file: of each map the number that the largest code stands for, followed by the
    /// mean of each channel.
    ///
    /// # Panics
    /// Never: the tensors are made from the numbers they describe.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let of_map = |(name, range): (&String, &Range)| {
            (name.clone(), std::iter::once(range.most).chain(range.means.iter().copied()).collect::<Vec<f32>>())
        };
        let maps: BTreeMap<String, Vec<f32>> =
            self.ranges.maps.iter().map(of_map).chain([(INPUT.to_owned(), vec![self.ranges.input])]).collect();
        let tensors = maps.iter().map(|(name, numbers)| {
            let view = TensorView::new(Dtype::F32, vec![numbers.len()], bytemuck::cast_slice(numbers));
            (name, view.expect("the shape counts the numbers"))
        });
        safetensors::serialize(tensors, None::<HashMap<String, String>>).expect("names and numbers always fit")
    }

    /// From what [`Calibration::to_bytes`] gave.
    ///
    /// # Errors
    /// [`WeightsError`] where the bytes are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Header(error.to_string()))?;
        let mut maps: BTreeMap<String, Vec<f32>> = BTreeMap::new();
        for (name, view) in tensors.tensors() {
            let numbers: Vec<f32> = view.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
            let is_whole = view.dtype() == Dtype::F32 && !numbers.is_empty() && numbers.iter().all(|n| n.is_finite());
            if !is_whole {
                return Err(WeightsError::NotFinite(name));
            }
            maps.insert(name, numbers);
        }
        let input = maps.remove(INPUT).ok_or_else(|| WeightsError::Missing(INPUT.to_owned()))?[0];
        let maps = maps.into_iter().map(|(name, mut numbers)| {
            let means = numbers.split_off(1);
            (name, Range { most: numbers[0], means })
        });
        Ok(Self { ranges: Ranges { input, maps: maps.collect() } })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        Self::from_bytes(&bytes).map_err(|error| error.to_string())
    }

    /// Which calibration this is.
    #[must_use]
    pub fn hash(&self) -> String {
        short_hash(&self.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_comes_back_as_it_was_and_a_damaged_one_is_refused() {
        let range = |most: f32| Range { most, means: vec![0.5, 0.25] };
        let maps = [("maxpool".to_owned(), range(2.0)), ("layer1.0.conv1".to_owned(), range(0.125))];
        let calibration = Calibration { ranges: Ranges { input: 2.5, maps: maps.into() } };
        let bytes = calibration.to_bytes();
        assert_eq!(Calibration::from_bytes(&bytes).unwrap(), calibration);
        for cut in [0, 7, 8, bytes.len() / 2, bytes.len() - 1] {
            assert!(Calibration::from_bytes(&bytes[..cut]).is_err());
        }
    }
}
