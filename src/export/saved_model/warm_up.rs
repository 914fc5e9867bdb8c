//! Requests that TensorFlow Serving sends to itself when it has loaded the model, so that the first customer does not
//! wait: `assets.extra/tf_serving_warmup_requests`, a `TFRecord` file of `PredictionLog`.

use std::collections::BTreeMap;

use prost::Message;

use super::nodes::{FLOATS, IMAGES, PHOTOS};
use super::schema::{
    ModelSpec, PredictLog, PredictRequest, PredictionLog, TensorProto, data_type as t, f32_bytes, shape,
};
use crate::imaging::thumbnail_jpeg;
use crate::vision::Crop;

/// One request for each signature, on one photo.
pub fn warm_up(crop: &Crop) -> Vec<u8> {
    let side = i64::from(crop.0.width());
    let pictures = shape(&[1, side, side, 3]);
    let tensor = |dtype, tensor_shape, bytes| TensorProto {
        dtype,
        tensor_shape: Some(tensor_shape),
        tensor_content: Some(bytes),
        string_val: Vec::new(),
    };
    let photo = TensorProto {
        dtype: t::STRING,
        tensor_shape: Some(shape(&[1])),
        tensor_content: None,
        string_val: vec![thumbnail_jpeg(&crop.0)],
    };
    let floats = vec![0.0; crop.0.as_raw().len()];
    [
        ("serving_default", IMAGES, tensor(t::UINT8, pictures.clone(), crop.0.as_raw().clone())),
        ("float", FLOATS, tensor(t::FLOAT, pictures, f32_bytes(&floats))),
        ("bytes", PHOTOS, photo),
    ]
    .into_iter()
    .flat_map(|(signature, input, tensor)| {
        let model_spec = Some(ModelSpec { name: "hangtag".to_owned(), signature_name: signature.to_owned() });
        let request = PredictRequest { model_spec, inputs: BTreeMap::from([(input.to_owned(), tensor)]) };
        record(&PredictionLog { predict_log: Some(PredictLog { request: Some(request) }) }.encode_to_vec())
    })
    .collect()
}

/// A `TFRecord`: length, its checksum, the bytes, their checksum.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length).to_le_bytes(), bytes, &masked_crc(bytes).to_le_bytes()].concat()
}

/// CRC-32C, turned and shifted as `TFRecord` has it, so that a checksum of checksums is not special.
fn masked_crc(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82F6_3B78;
    let crc = !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg()))
    });
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_tensorflow_s() {
        // CRC-32C of "123456789" is 0xE3069283 (RFC 3720).
        let expected = 0xE306_9283u32.rotate_right(15).wrapping_add(0xA282_EAD8);
        assert_eq!(masked_crc(b"123456789"), expected);
    }
}
