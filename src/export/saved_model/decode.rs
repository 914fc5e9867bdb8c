//! One encoded photo to the prescribed input, as a TensorFlow function: decode, resize as Pillow does, cut out.
//!
//! TensorFlow reads no EXIF, so that the photo must lie upright; and it has no white to lay transparent parts over.

use std::collections::BTreeMap;

use super::schema::{
    ArgDef, FunctionDef, NodeDef, OpDef, Value, attr, constant, data_type as t, i32_bytes, kind, node, text,
};
use crate::vision::spec::{Interpolation, Preprocess};

/// What the function is called in the graph's library.
pub const DECODE: &str = "hangtag_decode";

/// From a string to RGB bytes `[side, side, 3]`.
pub fn decode(preprocess: &Preprocess) -> FunctionDef {
    let crop = preprocess.crop as i32;
    let filter = match preprocess.interpolation {
        Interpolation::Bilinear => "triangle",
        Interpolation::Bicubic => "keyscubic",
    };
    let int = |name: &str, value: i32| constant(name, t::INT32, &[], i32_bytes(&[value]));
    let pair = |name: &str, values: [i32; 2]| constant(name, t::INT32, &[2], i32_bytes(&values));
    let double = |name: &str, value: f64| constant(name, t::DOUBLE, &[], value.to_le_bytes().to_vec());
    let float = |name: &str, value: f32| constant(name, t::FLOAT, &[], value.to_le_bytes().to_vec());
    let cast = |name: &str, from: &str, source: i32, target: i32| {
        node(name, "Cast", vec![from.to_owned()], [kind("SrcT", source), kind("DstT", target)])
    };
    let two = |name: &str, op: &str, a: &str, b: &str, of: i32| {
        node(name, op, vec![a.to_owned(), b.to_owned()], [kind("T", of)])
    };
    let nodes: Vec<NodeDef> = vec![
        // Despite its name it takes PNG as well.
        node(
            "decoded",
            "DecodeJpeg",
            vec!["bytes".to_owned()],
            [
                attr("channels", Value::I(3)),
                text("dct_method", "INTEGER_ACCURATE"),
                attr("fancy_upscaling", Value::B(true)),
            ],
        ),
        // Height and width after resizing: each times resize / shorter, rounded, at least the crop.
        node("shape", "Shape", vec!["decoded:image:0".to_owned()], [kind("T", t::UINT8), kind("out_type", t::INT32)]),
        constant("zero", t::INT32, &[1], i32_bytes(&[0])),
        constant("two", t::INT32, &[1], i32_bytes(&[2])),
        node(
            "size",
            "Slice",
            vec!["shape:output:0".to_owned(), "zero:output:0".to_owned(), "two:output:0".to_owned()],
            [kind("T", t::INT32), kind("Index", t::INT32)],
        ),
        cast("size_exact", "size:output:0", t::INT32, t::DOUBLE),
        node(
            "shorter",
            "Min",
            vec!["size_exact:y:0".to_owned(), "zero:output:0".to_owned()],
            [kind("T", t::DOUBLE), kind("Tidx", t::INT32), attr("keep_dims", Value::B(false))],
        ),
        double("resize", f64::from(preprocess.resize)),
        two("factor", "RealDiv", "resize:output:0", "shorter:output:0", t::DOUBLE),
        two("scaled_exact", "Mul", "size_exact:y:0", "factor:z:0", t::DOUBLE),
        node("rounded", "Round", vec!["scaled_exact:z:0".to_owned()], [kind("T", t::DOUBLE)]),
        cast("rounded_int", "rounded:y:0", t::DOUBLE, t::INT32),
        int("crop", crop),
        two("scaled", "Maximum", "rounded_int:y:0", "crop:output:0", t::INT32),
        // The middle is cut out by moving it to the corner.
        two("beyond", "Sub", "scaled:z:0", "crop:output:0", t::INT32),
        int("half", 2),
        two("start", "FloorDiv", "beyond:z:0", "half:output:0", t::INT32),
        cast("start_float", "start:z:0", t::INT32, t::FLOAT),
        node("move", "Neg", vec!["start_float:y:0".to_owned()], [kind("T", t::FLOAT)]),
        cast("scaled_float", "scaled:z:0", t::INT32, t::FLOAT),
        cast("size_float", "size:output:0", t::INT32, t::FLOAT),
        two("scale", "RealDiv", "scaled_float:y:0", "size_float:y:0", t::FLOAT),
        int("first", 0),
        node(
            "batch",
            "ExpandDims",
            vec!["decoded:image:0".to_owned(), "first:output:0".to_owned()],
            [kind("T", t::UINT8), kind("Tdim", t::INT32)],
        ),
        pair("square", [crop, crop]),
        node(
            "resized",
            "ScaleAndTranslate",
            ["batch:output:0", "square:output:0", "scale:z:0", "move:y:0"].map(str::to_owned).to_vec(),
            [kind("T", t::UINT8), text("kernel_type", filter), attr("antialias", Value::B(true))],
        ),
        node("near", "Round", vec!["resized:resized_images:0".to_owned()], [kind("T", t::FLOAT)]),
        float("black", 0.0),
        float("white", 255.0),
        node(
            "clipped",
            "ClipByValue",
            ["near:y:0", "black:output:0", "white:output:0"].map(str::to_owned).to_vec(),
            [kind("T", t::FLOAT)],
        ),
        cast("as_bytes", "clipped:output:0", t::FLOAT, t::UINT8),
        constant("shape_of_one", t::INT32, &[3], i32_bytes(&[crop, crop, 3])),
        node(
            "one",
            "Reshape",
            vec!["as_bytes:y:0".to_owned(), "shape_of_one:output:0".to_owned()],
            [kind("T", t::UINT8), kind("Tshape", t::INT32)],
        ),
    ];
    let argument = |name: &str, kind: i32| ArgDef { name: name.to_owned(), r#type: kind };
    FunctionDef {
        signature: Some(OpDef {
            name: DECODE.to_owned(),
            input_arg: vec![argument("bytes", t::STRING)],
            output_arg: vec![argument("image", t::UINT8)],
        }),
        node_def: nodes,
        ret: BTreeMap::from([("image".to_owned(), "one:output:0".to_owned())]),
    }
}
