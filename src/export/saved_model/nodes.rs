//! The graph as TensorFlow nodes, pictures channels-last.
//!
//! Each signature has a plain placeholder and operations of its own: `OpenVINO` and tf2onnx refuse a placeholder whose
//! default is computed. What signatures have in common, the weights above all, stands in the file once.

use std::collections::HashSet;
use std::iter;

use super::decode::DECODE;
use super::schema::{
    AttrKey, Func, ListValue, NodeDef, TensorProto, Value, attr, constant, data_type as t, f32_bytes, i32_bytes, ints,
    kind, node, shape, text,
};
use crate::export::graph::{Graph, Node, Op, SHORTEST};
use crate::export::model::{Model, scale_and_shift};
use crate::export::protobuf::Stream;
use crate::export::weights::{Number, Order, Weights};

/// The names of what can be fed, and of what comes out.
pub const PHOTOS: &str = "photos";
pub const IMAGES: &str = "images";
pub const FLOATS: &str = "floats";
pub const PROBABILITIES: &str = "probabilities";
pub const LABELS: &str = "labels";

const DECODED: &str = "decoded";
const NORMALISED: &str = "normalised";

/// What an operation is called in the signature that takes `input`.
pub fn named(operation: &str, input: &str) -> String {
    format!("{operation}.{input}")
}

/// All nodes, in an order in which each comes after what it needs.
pub fn nodes<'a>(model: &Model, graph: &'a Graph<'_>) -> Vec<Stream<'a>> {
    let side = i64::from(model.spec.preprocess.crop);
    let names = graph.edges.iter().map(|edge| edge.name.clone()).collect();
    let mut all = Nodes { streams: Vec::new(), names, shared: HashSet::new(), input: IMAGES };
    all.inputs(side);
    all.normalise(model, IMAGES);
    all.network(graph, NORMALISED);
    all.input = FLOATS;
    all.network(graph, FLOATS);
    all.input = PHOTOS;
    all.decode(side);
    all.normalise(model, DECODED);
    all.network(graph, NORMALISED);
    all.streams
}

struct Nodes<'a> {
    streams: Vec<Stream<'a>>,
    /// Of the graph's edges.
    names: Vec<String>,
    /// The names of the placeholders and constants so far, which are the same in every signature.
    shared: HashSet<String>,
    /// What the signature takes whose operations are being written.
    input: &'static str,
}

impl<'a> Nodes<'a> {
    fn inputs(&mut self, side: i64) {
        let labels = TensorProto {
            dtype: t::STRING,
            tensor_shape: Some(shape(&[])),
            tensor_content: None,
            string_val: vec![b"labels.json".to_vec()],
        };
        self.share(&node(LABELS, "Const", vec![], [kind("dtype", t::STRING), attr("value", Value::Tensor(labels))]));
        let pictures = [-1, side, side, 3];
        self.placeholder(IMAGES, t::UINT8, &pictures);
        self.placeholder(FLOATS, t::FLOAT, &pictures);
        self.placeholder(PHOTOS, t::STRING, &[-1]);
    }

    fn placeholder(&mut self, name: &str, dtype: i32, lengths: &[i64]) {
        let attributes = [kind("dtype", dtype), attr("shape", Value::Shape(shape(lengths)))];
        self.share(&node(name, "Placeholder", vec![], attributes));
    }

    fn decode(&mut self, side: i64) {
        let types = |kinds: &[i32]| Value::List(ListValue { r#type: kinds.to_vec(), ..ListValue::default() });
        let shapes = Value::List(ListValue { shape: vec![shape(&[side, side, 3])], ..ListValue::default() });
        self.push(node(
            DECODED,
            "MapDefun",
            vec![PHOTOS.to_owned()],
            [
                attr("Targuments", types(&[t::STRING])),
                attr("Tcaptured", types(&[])),
                attr("output_types", types(&[t::UINT8])),
                attr("output_shapes", shapes),
                attr("f", Value::Func(Func { name: DECODE.to_owned() })),
            ],
        ));
    }

    fn normalise(&mut self, model: &Model, bytes: &str) {
        let (scale, shift) = scale_and_shift(&model.spec.preprocess);
        self.push(node("cast", "Cast", vec![bytes.to_owned()], [kind("SrcT", t::UINT8), kind("DstT", t::FLOAT)]));
        self.share(&constant("normalise.scale", t::FLOAT, &[3], f32_bytes(&scale)));
        self.share(&constant("normalise.shift", t::FLOAT, &[3], f32_bytes(&shift)));
        self.plain("scaled", "Mul", &["cast", "normalise.scale"]);
        self.plain(NORMALISED, "AddV2", &["scaled", "normalise.shift"]);
    }

    /// The operations from normalised pictures to probabilities.
    fn network(&mut self, graph: &'a Graph<'_>, pictures: &str) {
        pictures.clone_into(&mut self.names[graph.input.0]);
        for node in &graph.nodes {
            self.node(graph, node);
        }
    }

    fn node(&mut self, graph: &'a Graph<'_>, node_of: &'a Node<'_>) {
        let name = self.names[node_of.output.0].clone();
        let name = name.as_str();
        let inputs: Vec<String> = node_of.inputs.iter().map(|input| self.names[input.0].clone()).collect();
        let x = inputs[0].as_str();
        match node_of.op {
            Op::Conv { conv, is_rectified } => {
                let [weight, bias] = ["weight", "bias"].map(|part| format!("{name}.{part}"));
                let sizes = [conv.side, conv.side, conv.input, conv.out];
                self.weights(
                    &weight,
                    &sizes,
                    Weights::new(&conv.weight, conv.out, conv.input, Order::OutLast, Number::F32),
                );
                self.weights(&bias, &[conv.out], Weights::plain(conv.bias.as_slice()));
                let (stride, padding) = (conv.stride as i64, (conv.side / 2) as i64);
                let (sum, biased) = (format!("{name}.product"), format!("{name}.sum"));
                let mut product = node(
                    &sum,
                    "Conv2D",
                    vec![x.to_owned(), weight],
                    [
                        kind("T", t::FLOAT),
                        ints("strides", &[1, stride, stride, 1]),
                        text("padding", if padding > 0 { "EXPLICIT" } else { "VALID" }),
                        text("data_format", "NHWC"),
                    ],
                );
                if padding > 0 {
                    product.attr.extend([ints("explicit_paddings", &[0, 0, padding, padding, padding, padding, 0, 0])]);
                }
                self.push(product);
                let biased = if is_rectified { biased.as_str() } else { name };
                self.plain(biased, "BiasAdd", &[&sum, &bias]);
                if is_rectified {
                    self.plain(name, "Relu", &[biased]);
                }
            }
            Op::AddRelu => {
                let sum = format!("{name}.sum");
                self.plain(&sum, "AddV2", &[x, &inputs[1]]);
                self.plain(name, "Relu", &[&sum]);
            }
            Op::MaxPool => {
                let [padding, padded] = ["padding", "padded"].map(|part| format!("{name}.{part}"));
                self.share(&constant(&padding, t::INT32, &[4, 2], i32_bytes(&[0, 0, 1, 1, 1, 1, 0, 0])));
                let attributes = [kind("T", t::FLOAT), kind("Tpaddings", t::INT32)];
                self.push(node(&padded, "Pad", vec![x.to_owned(), padding], attributes));
                let attributes = [
                    kind("T", t::FLOAT),
                    ints("ksize", &[1, 3, 3, 1]),
                    ints("strides", &[1, 2, 2, 1]),
                    text("padding", "VALID"),
                ];
                self.push(node(name, "MaxPool", vec![padded], attributes));
            }
            Op::AveragePool => self.reduce(name, "Mean", x, &[1, 2], false),
            Op::Normalise => {
                let [square, sum, length, shortest, at_least] =
                    ["square", "sum", "length", "shortest", "at_least"].map(|part| format!("{name}.{part}"));
                self.plain(&square, "Square", &[x]);
                self.reduce(&sum, "Sum", &square, &[1], true);
                self.plain(&length, "Sqrt", &[&sum]);
                self.share(&constant(&shortest, t::FLOAT, &[], f32_bytes(&[SHORTEST])));
                self.plain(&at_least, "Maximum", &[&length, &shortest]);
                self.plain(name, "RealDiv", &[x, &at_least]);
            }
            Op::Concat => {
                let axis = format!("{name}.axis");
                self.share(&constant(&axis, t::INT32, &[], i32_bytes(&[1])));
                let count = inputs.len() as i64;
                let all = inputs.into_iter().chain([axis]).collect();
                let attributes = [kind("T", t::FLOAT), kind("Tidx", t::INT32), attr("N", Value::I(count))];
                self.push(node(name, "ConcatV2", all, attributes));
            }
            Op::Linear(head) => {
                let [weight, bias, product] = ["weight", "bias", "product"].map(|part| format!("{name}.{part}"));
                let [out, input] = [head.tags.len(), graph.edge(node_of.inputs[0]).shape[0]];
                self.weights(&weight, &[out, input], Weights::plain(head.weight.as_slice()));
                self.share(&constant(&bias, t::FLOAT, &[out as i64], f32_bytes(&head.bias)));
                let attributes = [kind("T", t::FLOAT), attr("transpose_b", Value::B(true))];
                self.push(node(&product, "MatMul", vec![x.to_owned(), weight], attributes));
                self.plain(name, "BiasAdd", &[&product, &bias]);
            }
            Op::Softmax => self.plain(name, "Softmax", &[x]),
            Op::Sigmoid => self.plain(name, "Sigmoid", &[x]),
        }
    }

    fn reduce(&mut self, name: &str, op: &str, x: &str, axes: &[i32], keeps: bool) {
        let axis = format!("{name}.axis");
        self.share(&constant(&axis, t::INT32, &[axes.len() as i64], i32_bytes(axes)));
        let attributes = [kind("T", t::FLOAT), kind("Tidx", t::INT32), attr("keep_dims", Value::B(keeps))];
        self.push(node(name, op, vec![x.to_owned(), axis], attributes));
    }

    /// A node with floats alone.
    fn plain(&mut self, name: &str, op: &str, inputs: &[&str]) {
        self.push(node(name, op, inputs.iter().map(|&input| input.to_owned()).collect(), [kind("T", t::FLOAT)]));
    }

    /// An operation, under names that no other signature has for it and what it takes.
    fn push(&mut self, mut node: NodeDef) {
        for name in iter::once(&mut node.name).chain(&mut node.input) {
            if !self.shared.contains(name.as_str()) {
                *name = named(name, self.input);
            }
        }
        self.streams.push(Stream::default().fields(&node));
    }

    /// A placeholder or constant, written for the first signature that has it.
    fn share(&mut self, node: &NodeDef) {
        if self.shared.insert(node.name.clone()) {
            self.streams.push(Stream::default().fields(node));
        }
    }

    fn weights(&mut self, name: &str, lengths: &[usize], weights: Weights<'a>) {
        if !self.shared.insert(name.to_owned()) {
            return;
        }
        let lengths: Vec<i64> = lengths.iter().map(|&length| length as i64).collect();
        let head = TensorProto {
            dtype: t::FLOAT,
            tensor_shape: Some(shape(&lengths)),
            tensor_content: None,
            string_val: Vec::new(),
        };
        let tensor = Stream::default().fields(&head).weights(4, weights);
        let value = Stream::default()
            .fields(&AttrKey { key: "value".to_owned() })
            .message(2, Stream::default().message(8, tensor));
        let constant = node(name, "Const", vec![], [kind("dtype", t::FLOAT)]);
        self.streams.push(Stream::default().fields(&constant).message(5, value));
    }
}
