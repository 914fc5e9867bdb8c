//! The graph as operations of a Core ML program (MIL, the set of iOS 15 and macOS 12), one picture at a time.

use std::collections::BTreeMap;

use super::blob::{Blob, Kind};
use super::schema::{
    Argument, Binding, BindingMessage, BlobFileValue, Content, ImmediateValue, ListType, ListValue, NamedValueType,
    Operation, Type, Value, ValueType, boolean, data_type as t, dimension, floats, int, ints, tensor_type, text,
};
use crate::export::Numbers;
use crate::export::graph::{Graph, Node, Op, SHORTEST};
use crate::export::model::{LabelsFile, Model, scale_and_shift};
use crate::export::weights::{Number, Order, Weights};

pub const IMAGE: &str = "image";
pub const PROBABILITIES: &str = "probabilities";
pub const LABEL: &str = "classLabel";
pub const LABEL_PROBABILITIES: &str = "classLabel_probs";

const WEIGHTS: &str = "@model_path/weights/weight.bin";

pub(super) struct Body<'a> {
    pub operations: Vec<Operation>,
    pub blob: Blob<'a>,
    /// The kind of number that pictures are of.
    kind: i32,
    names: Vec<String>,
}

impl<'a> Body<'a> {
    pub fn of(model: &Model, graph: &'a Graph<'_>, numbers: &Numbers) -> Self {
        let kind = if matches!(numbers, Numbers::F16) { t::FLOAT16 } else { t::FLOAT32 };
        // A name of a program is an identifier.
        let names = graph.edges.iter().map(|edge| edge.name.replace('.', "_")).collect();
        let mut all = Self { operations: Vec::new(), blob: Blob::new(), kind, names };
        all.input(model, graph);
        for node in &graph.nodes {
            all.node(graph, node);
        }
        all
    }

    /// Makes of the probabilities of a single `one of` group the label and a dictionary.
    pub fn classify(&mut self, labels: &LabelsFile) {
        let names = labels.names();
        let texts = names.iter().map(|name| text(name)).collect();
        let length = Some(dimension(names.len()));
        let of_text = tensor_type(t::STRING, &[]);
        let classes = Value {
            r#type: Some(ValueType {
                r#type: Some(Type::List(Box::new(ListType { r#type: Some(of_text.clone()), length }))),
            }),
            content: Some(Content::Immediate(ImmediateValue { tensor: None, list: Some(ListValue { values: texts }) })),
        };
        let dictionary = super::schema::DictionaryType {
            key_type: Some(of_text.clone()),
            value_type: Some(tensor_type(t::FLOAT64, &[])),
        };
        let dictionary = ValueType { r#type: Some(Type::Dictionary(Box::new(dictionary))) };
        self.operations.push(Operation {
            r#type: "classify".to_owned(),
            inputs: BTreeMap::from([
                ("probabilities".to_owned(), by_name(&[PROBABILITIES])),
                ("classes".to_owned(), by_value(classes)),
            ]),
            outputs: vec![
                NamedValueType { name: LABEL.to_owned(), r#type: Some(of_text) },
                NamedValueType { name: LABEL_PROBABILITIES.to_owned(), r#type: Some(dictionary) },
            ],
            attributes: BTreeMap::from([("name".to_owned(), text("classify"))]),
        });
    }

    fn input(&mut self, model: &Model, graph: &Graph<'_>) {
        let shape = with_batch(&graph.edge(graph.input).shape);
        let (scale, shift) = scale_and_shift(&model.spec.preprocess);
        let [scale, shift] = [("normalise_scale", scale), ("normalise_shift", shift)]
            .map(|(name, values)| self.constant(name, floats(&[1, 3, 1, 1], values.to_vec())));
        self.push("mul", "scaled", t::FLOAT32, &shape, &[("x", IMAGE), ("y", &scale)]);
        self.push("add", "normalised", t::FLOAT32, &shape, &[("x", "scaled"), ("y", &shift)]);
        let mut name = "normalised".to_owned();
        if self.kind == t::FLOAT16 {
            name = self.cast("normalised", "fp16", t::FLOAT16, &shape);
        }
        self.names[graph.input.0] = name;
    }

    fn node(&mut self, graph: &'a Graph<'_>, node: &'a Node<'_>) {
        let name = self.names[node.output.0].clone();
        let name = name.as_str();
        let inputs: Vec<String> = node.inputs.iter().map(|input| self.names[input.0].clone()).collect();
        let x = ("x", inputs[0].as_str());
        let shape = with_batch(&graph.edge(node.output).shape);
        let in_shape = with_batch(&graph.edge(node.inputs[0]).shape);
        let (single, body) = (t::FLOAT32, self.kind);
        match node.op {
            Op::Conv { conv, is_rectified } => {
                let (number, kind) =
                    if body == t::FLOAT16 { (Number::F16, Kind::F16) } else { (Number::F32, Kind::F32) };
                let sizes = [conv.out, conv.input, conv.side, conv.side];
                let whole = |values: &'a [f32]| {
                    Weights::new(values, conv.out, values.len() / conv.out, Order::AsTheyAre, number.clone())
                };
                let weight = self.weights(&format!("{name}_weight"), kind, &sizes, whole(&conv.weight));
                let bias = self.weights(&format!("{name}_bias"), kind, &sizes[..1], whole(&conv.bias));
                let (stride, padding) = (conv.stride as i32, (conv.side / 2) as i32);
                let all = [
                    ("strides", ints(&[stride; 2])),
                    ("pad_type", text("custom")),
                    ("pad", ints(&[padding; 4])),
                    ("dilations", ints(&[1; 2])),
                    ("groups", int(1)),
                ]
                .map(|(part, value)| (part, self.constant(&format!("{name}_{part}"), value)));
                let sum = if is_rectified { format!("{name}_sum") } else { name.to_owned() };
                let arguments: Vec<(&str, &str)> = [x, ("weight", weight.as_str()), ("bias", bias.as_str())]
                    .into_iter()
                    .chain(all.iter().map(|(part, name)| (*part, name.as_str())))
                    .collect();
                self.push("conv", &sum, body, &shape, &arguments);
                if is_rectified {
                    self.push("relu", name, body, &shape, &[("x", &sum)]);
                }
            }
            Op::AddRelu => {
                let sum = format!("{name}_sum");
                self.push("add", &sum, body, &shape, &[x, ("y", &inputs[1])]);
                self.push("relu", name, body, &shape, &[("x", &sum)]);
            }
            Op::MaxPool => {
                let all = [
                    ("kernel_sizes", ints(&[3; 2])),
                    ("strides", ints(&[2; 2])),
                    ("pad_type", text("custom")),
                    ("pad", ints(&[1; 4])),
                    ("ceil_mode", boolean(false)),
                ]
                .map(|(part, value)| (part, self.constant(&format!("{name}_{part}"), value)));
                let arguments: Vec<(&str, &str)> =
                    std::iter::once(x).chain(all.iter().map(|(part, name)| (*part, name.as_str()))).collect();
                self.push("max_pool", name, body, &shape, &arguments);
            }
            Op::AveragePool => {
                let picture = if body == t::FLOAT16 {
                    self.cast(&inputs[0], "fp32", single, &in_shape)
                } else {
                    inputs[0].clone()
                };
                self.reduce("reduce_mean", name, &picture, &[2, 3], false, &shape);
            }
            Op::Normalise => {
                let [length, at_least] = ["length", "at_least"].map(|part| format!("{name}_{part}"));
                self.reduce("reduce_l2_norm", &length, x.1, &[1], true, &[1, 1]);
                let shortest = self.constant(&format!("{name}_shortest"), floats(&[], vec![SHORTEST]));
                self.push("maximum", &at_least, single, &[1, 1], &[("x", &length), ("y", &shortest)]);
                self.push("real_div", name, single, &shape, &[x, ("y", &at_least)]);
            }
            Op::Concat => {
                let axis = self.constant(&format!("{name}_axis"), int(1));
                let interleave = self.constant(&format!("{name}_interleave"), boolean(false));
                self.push("concat", name, single, &shape, &[("axis", &axis), ("interleave", &interleave)]);
                let parts: Vec<&str> = inputs.iter().map(String::as_str).collect();
                if let Some(operation) = self.operations.last_mut() {
                    operation.inputs.insert("values".to_owned(), by_name(&parts));
                }
            }
            Op::Linear(head) => {
                let sizes = [head.tags.len(), in_shape[1]];
                let weight = Weights::plain(head.weight.as_slice());
                let weight = self.weights(&format!("{name}_weight"), Kind::F32, &sizes, weight);
                let bias =
                    self.weights(&format!("{name}_bias"), Kind::F32, &sizes[..1], Weights::plain(head.bias.as_slice()));
                self.push("linear", name, single, &shape, &[x, ("weight", &weight), ("bias", &bias)]);
            }
            Op::Softmax => {
                let axis = self.constant(&format!("{name}_axis"), int(1));
                self.push("softmax", name, single, &shape, &[x, ("axis", &axis)]);
            }
            Op::Sigmoid => self.push("sigmoid", name, single, &shape, &[x]),
        }
    }

    fn reduce(&mut self, op: &str, name: &str, x: &str, axes: &[i32], keeps: bool, shape: &[usize]) {
        let axes = self.constant(&format!("{name}_axes"), ints(axes));
        let keeps = self.constant(&format!("{name}_keep_dims"), boolean(keeps));
        self.push(op, name, t::FLOAT32, shape, &[("x", x), ("axes", &axes), ("keep_dims", &keeps)]);
    }

    fn cast(&mut self, x: &str, to: &str, kind: i32, shape: &[usize]) -> String {
        let name = format!("{x}_{to}");
        // One edge may be cast for several readers.
        if self.operations.iter().all(|operation| operation.outputs[0].name != name) {
            let to = self.constant(&format!("{name}_dtype"), text(to));
            self.push("cast", &name, kind, shape, &[("x", x), ("dtype", &to)]);
        }
        name
    }

    fn push(&mut self, op: &str, name: &str, kind: i32, shape: &[usize], inputs: &[(&str, &str)]) {
        self.operations.push(Operation {
            r#type: op.to_owned(),
            inputs: inputs.iter().map(|(part, name)| ((*part).to_owned(), by_name(&[*name]))).collect(),
            outputs: vec![NamedValueType { name: name.to_owned(), r#type: Some(tensor_type(kind, shape)) }],
            attributes: BTreeMap::from([("name".to_owned(), text(name))]),
        });
    }

    fn constant(&mut self, name: &str, value: Value) -> String {
        self.operations.push(Operation {
            r#type: "const".to_owned(),
            inputs: BTreeMap::new(),
            outputs: vec![NamedValueType { name: name.to_owned(), r#type: value.r#type.clone() }],
            attributes: BTreeMap::from([("name".to_owned(), text(name)), ("val".to_owned(), value)]),
        });
        name.to_owned()
    }

    fn weights(&mut self, name: &str, kind: Kind, sizes: &[usize], weights: Weights<'a>) -> String {
        let offset = self.blob.add(kind, weights);
        let number = if kind == Kind::F16 { t::FLOAT16 } else { t::FLOAT32 };
        self.constant(
            name,
            Value {
                r#type: Some(tensor_type(number, sizes)),
                content: Some(Content::Blob(BlobFileValue { file_name: WEIGHTS.to_owned(), offset })),
            },
        )
    }
}

fn with_batch(shape: &[usize]) -> Vec<usize> {
    std::iter::once(1).chain(shape.iter().copied()).collect()
}

fn by_name(names: &[&str]) -> Argument {
    let binding = |name: &&str| BindingMessage { binding: Some(Binding::Name((*name).to_owned())) };
    Argument { arguments: names.iter().map(binding).collect() }
}

fn by_value(value: Value) -> Argument {
    Argument { arguments: vec![BindingMessage { binding: Some(Binding::Value(value)) }] }
}
