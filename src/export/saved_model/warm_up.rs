//! Requests that TensorFlow Serving sends to itself when it has loaded the model, so that the first customer does not
//! wait: `assets.extra/tf_serving_warmup_requests`, a `TFRecord` file of `PredictionLog`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use image::RgbImage;
use prost::Message;

use super::nodes::{FLOATS, IMAGES, PHOTOS};
use super::schema::{
    ModelSpec, PredictLog, PredictRequest, PredictionLog, TensorProto, data_type as t, f32_bytes, shape,
};
use crate::imaging::thumbnail_jpeg;
use crate::tfrecord::write_record;

/// One request for each signature, on a black picture of that side. What is on it makes no request longer, and with a
/// photo the file would be another one whenever the model is checked with others.
///
/// # Errors
/// Where `to` cannot be written.
pub fn warm_up(side: u32, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let picture = RgbImage::new(side, side);
    let pictures = shape(&[1, i64::from(side), i64::from(side), 3]);
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
        string_val: vec![thumbnail_jpeg(&picture)],
    };
    let floats = vec![0.0; picture.as_raw().len()];
    [
        ("serving_default", IMAGES, tensor(t::UINT8, pictures.clone(), picture.into_raw())),
        ("float", FLOATS, tensor(t::FLOAT, pictures, f32_bytes(&floats))),
        ("bytes", PHOTOS, photo),
    ]
    .into_iter()
    .try_for_each(|(signature, input, tensor)| {
        let model_spec = Some(ModelSpec { name: "hangtag".to_owned(), signature_name: signature.to_owned() });
        let request = PredictRequest { model_spec, inputs: BTreeMap::from([(input.to_owned(), tensor)]) };
        let log = PredictionLog { predict_log: Some(PredictLog { request: Some(request) }) };
        write_record(to, &log.encode_to_vec())
    })
}
