//! Heads as one safetensors byte string, and back.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

use super::head::Head;

/// The weights `[classes, features]` and biases of heads as f32, each under its name: `NAME.weight`, `NAME.bias`.
///
/// # Errors
/// A sentence, where two heads have the same name.
pub fn pack(heads: &[(String, &Head)]) -> Result<Vec<u8>, String> {
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, head) in heads {
        let (classes, dim) = (head.num_classes(), head.dim());
        tensors.push((format!("{name}.weight"), vec![classes, dim], bytes(&head.weights())));
        tensors.push((format!("{name}.bias"), vec![classes], bytes(head.biases())));
    }
    let views: Result<Vec<(&str, TensorView<'_>)>, _> = tensors
        .iter()
        .map(|(name, shape, data)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data)?)))
        .collect();
    views.and_then(|views| serialize(views, None)).map_err(|error| error.to_string())
}

/// The head of that name, with its calibration, which is kept elsewhere.
///
/// # Errors
/// A sentence that says what is wrong with the bytes.
pub fn unpack(packed: &[u8], name: &str, is_one_of: bool, temperature: f32) -> Result<Head, String> {
    let tensors = SafeTensors::deserialize(packed).map_err(|error| error.to_string())?;
    let values = |name: String, rank: usize| -> Result<Vec<f32>, String> {
        let view = tensors.tensor(&name).map_err(|_| format!("there is no `{name}`"))?;
        if view.dtype() != Dtype::F32 || view.shape().len() != rank {
            return Err(format!("`{name}` is of another type or shape"));
        }
        Ok(view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    };
    let (weights, biases) = (values(format!("{name}.weight"), 2)?, values(format!("{name}.bias"), 1)?);
    Head::from_parts(&weights, &biases, is_one_of, temperature)
        .ok_or_else(|| format!("the tensors of `{name}` do not fit together"))
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn heads_come_back_as_they_were(values in proptest::collection::vec(-9f32..9.0, 24), is_one_of: bool) {
            let head = Head::from_parts(&values[..20], &values[20..], is_one_of, 0.7).expect("they fit together");
            let other = Head::from_parts(&values[..6], &values[6..8], !is_one_of, 1.0).expect("they fit together");
            let packed = pack(&[("group 1".into(), &head), ("group 2".into(), &other)]).expect("the names differ");
            prop_assert_eq!(unpack(&packed, "group 1", is_one_of, 0.7), Ok(head));
            prop_assert_eq!(unpack(&packed, "group 2", !is_one_of, 1.0), Ok(other));
            prop_assert!(unpack(&packed, "group 3", is_one_of, 1.0).is_err());
        }

        #[test]
        fn damaged_bytes_are_told(mut cut in 0usize..200, byte: u8) {
            let head = Head::from_parts(&[1.0; 20], &[0.0; 4], true, 1.0).expect("they fit together");
            let mut packed = pack(&[("g".into(), &head)]).expect("one name");
            cut = cut.min(packed.len() - 1);
            prop_assert!(unpack(&packed[..cut], "g", true, 1.0).is_err());
            // Another byte somewhere is told, or gives a head of other numbers; it must not panic.
            packed[cut] = byte;
            let _ = unpack(&packed, "g", true, 1.0);
        }
    }
}
