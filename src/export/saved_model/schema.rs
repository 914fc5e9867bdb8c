//! The messages of TensorFlow that are written, with the field numbers of its `.proto` files.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

/// Kinds of numbers, `types.proto`.
pub mod data_type {
    pub const FLOAT: i32 = 1;
    pub const DOUBLE: i32 = 2;
    pub const INT32: i32 = 3;
    pub const UINT8: i32 = 4;
    pub const STRING: i32 = 7;
}

/// `SavedModel`; the meta graph follows as field 2.
#[derive(Clone, PartialEq, Message)]
pub struct SavedModel {
    #[prost(int64, tag = "1")]
    pub saved_model_schema_version: i64,
}

/// `MetaGraphDef`; the graph follows as field 2.
#[derive(Clone, PartialEq, Message)]
#[expect(clippy::struct_field_names, reason = "they are called so in meta_graph.proto")]
pub struct MetaGraphDef {
    #[prost(message, optional, tag = "1")]
    pub meta_info_def: Option<MetaInfoDef>,
    #[prost(btree_map = "string, message", tag = "5")]
    pub signature_def: BTreeMap<String, SignatureDef>,
    #[prost(message, repeated, tag = "6")]
    pub asset_file_def: Vec<AssetFileDef>,
}

#[derive(Clone, PartialEq, Message)]
pub struct MetaInfoDef {
    #[prost(string, repeated, tag = "4")]
    pub tags: Vec<String>,
    #[prost(string, tag = "5")]
    pub tensorflow_version: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct SignatureDef {
    #[prost(btree_map = "string, message", tag = "1")]
    pub inputs: BTreeMap<String, TensorInfo>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub outputs: BTreeMap<String, TensorInfo>,
    #[prost(string, tag = "3")]
    pub method_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "2")]
    pub dtype: i32,
    #[prost(message, optional, tag = "3")]
    pub tensor_shape: Option<TensorShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AssetFileDef {
    #[prost(message, optional, tag = "1")]
    pub tensor_info: Option<TensorInfo>,
    #[prost(string, tag = "2")]
    pub filename: String,
}

/// `GraphDef`; the nodes follow as field 1.
#[derive(Clone, PartialEq, Message)]
pub struct GraphDef {
    #[prost(message, optional, tag = "2")]
    pub library: Option<FunctionDefLibrary>,
    #[prost(message, optional, tag = "4")]
    pub versions: Option<VersionDef>,
}

#[derive(Clone, PartialEq, Message)]
pub struct VersionDef {
    #[prost(int32, tag = "1")]
    pub producer: i32,
    #[prost(int32, tag = "2")]
    pub min_consumer: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct FunctionDefLibrary {
    #[prost(message, repeated, tag = "1")]
    pub function: Vec<FunctionDef>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FunctionDef {
    #[prost(message, optional, tag = "1")]
    pub signature: Option<OpDef>,
    #[prost(message, repeated, tag = "3")]
    pub node_def: Vec<NodeDef>,
    #[prost(btree_map = "string, string", tag = "4")]
    pub ret: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct OpDef {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub input_arg: Vec<ArgDef>,
    #[prost(message, repeated, tag = "3")]
    pub output_arg: Vec<ArgDef>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ArgDef {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "3")]
    pub r#type: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct NodeDef {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub op: String,
    #[prost(string, repeated, tag = "3")]
    pub input: Vec<String>,
    #[prost(btree_map = "string, message", tag = "5")]
    pub attr: BTreeMap<String, AttrValue>,
}

/// The key of an attribute whose value, a tensor of weights, follows as field 2.
#[derive(Clone, PartialEq, Message)]
pub struct AttrKey {
    #[prost(string, tag = "1")]
    pub key: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct AttrValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 5, 6, 7, 8, 10")]
    pub value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Value {
    #[prost(message, tag = "1")]
    List(ListValue),
    #[prost(bytes = "vec", tag = "2")]
    S(Vec<u8>),
    #[prost(int64, tag = "3")]
    I(i64),
    #[prost(bool, tag = "5")]
    B(bool),
    #[prost(int32, tag = "6")]
    Type(i32),
    #[prost(message, tag = "7")]
    Shape(TensorShapeProto),
    #[prost(message, tag = "8")]
    Tensor(TensorProto),
    #[prost(message, tag = "10")]
    Func(Func),
}

#[derive(Clone, PartialEq, Message)]
pub struct ListValue {
    #[prost(int64, repeated, tag = "3")]
    pub i: Vec<i64>,
    #[prost(int32, repeated, tag = "6")]
    pub r#type: Vec<i32>,
    #[prost(message, repeated, tag = "7")]
    pub shape: Vec<TensorShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Func {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub tensor_shape: Option<TensorShapeProto>,
    /// Left out where weights follow as field 4.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub tensor_content: Option<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub string_val: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<Dim>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Dim {
    /// −1 where it is free.
    #[prost(int64, tag = "1")]
    pub size: i64,
}

/// A request that TensorFlow Serving sends to itself when it has loaded the model, `prediction_log.proto`.
#[derive(Clone, PartialEq, Message)]
pub struct PredictionLog {
    #[prost(message, optional, tag = "6")]
    pub predict_log: Option<PredictLog>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PredictLog {
    #[prost(message, optional, tag = "1")]
    pub request: Option<PredictRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PredictRequest {
    #[prost(message, optional, tag = "1")]
    pub model_spec: Option<ModelSpec>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub inputs: BTreeMap<String, TensorProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ModelSpec {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "3")]
    pub signature_name: String,
}

/// A shape whose first `-1` is the batch.
pub fn shape(lengths: &[i64]) -> TensorShapeProto {
    TensorShapeProto { dim: lengths.iter().map(|&size| Dim { size }).collect() }
}

pub fn attr(name: &str, value: Value) -> (String, AttrValue) {
    (name.to_owned(), AttrValue { value: Some(value) })
}

/// `name` is the attribute's.
pub fn ints(name: &str, values: &[i64]) -> (String, AttrValue) {
    attr(name, Value::List(ListValue { i: values.to_vec(), ..ListValue::default() }))
}

pub fn text(name: &str, value: &str) -> (String, AttrValue) {
    attr(name, Value::S(value.as_bytes().to_vec()))
}

pub fn kind(name: &str, value: i32) -> (String, AttrValue) {
    attr(name, Value::Type(value))
}

pub fn node<const N: usize>(name: &str, op: &str, input: Vec<String>, attr: [(String, AttrValue); N]) -> NodeDef {
    NodeDef { name: name.to_owned(), op: op.to_owned(), input, attr: attr.into_iter().collect() }
}

/// A small constant.
pub fn constant(name: &str, dtype: i32, lengths: &[i64], bytes: Vec<u8>) -> NodeDef {
    let tensor =
        TensorProto { dtype, tensor_shape: Some(shape(lengths)), tensor_content: Some(bytes), string_val: Vec::new() };
    node(name, "Const", vec![], [kind("dtype", dtype), attr("value", Value::Tensor(tensor))])
}

pub fn i32_bytes(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
