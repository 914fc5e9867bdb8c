//! The graph as ONNX nodes and tensors, in f32, f16 or int8.
//!
//! Int8 is written as the runtimes' own tools write it: each edge of the body goes through `QuantizeLinear` and
//! `DequantizeLinear`, the weights are int8 with a scale for each output channel, the biases int32. What lies between
//! the two a runtime computes in whole numbers.

use super::Input;
use super::schema::{AttributeProto, NodeProto, TensorProto, data_type};
use crate::export::Numbers;
use crate::export::graph::{EdgeId, Graph, Node, Op, SHORTEST};
use crate::export::model::{Model, scale_and_shift};
use crate::export::ranges::Steps;
use crate::export::weights::{Number, Order, Weights, scales};
use crate::vision::FoldedConv;

/// Weights of 7 bits: on processors without VNNI two products of 8 bits do not fit the 16 bits in which they are added.
const LARGEST_WEIGHT: f32 = 63.0;

pub(super) struct Body<'a> {
    pub nodes: Vec<NodeProto>,
    /// Each with the numbers that follow it, if it does not hold them itself.
    pub tensors: Vec<(TensorProto, Option<Weights<'a>>)>,
    numbers: &'a Numbers,
    /// What an edge is called where it is used.
    names: Vec<String>,
    /// In int8, the steps in which an edge is counted.
    steps: Vec<Option<Steps>>,
}

impl<'a> Body<'a> {
    pub fn of(model: &Model, graph: &'a Graph<'_>, numbers: &'a Numbers, input: Input) -> Self {
        let names = graph.edges.iter().map(|edge| edge.name.clone()).collect();
        let steps = vec![None; graph.edges.len()];
        let mut all = Self { nodes: Vec::new(), tensors: Vec::new(), numbers, names, steps };
        if input == Input::Bytes {
            all.normalise_bytes(model, graph.input);
        }
        match numbers {
            Numbers::F32 => {}
            Numbers::F16 => all.cast(graph.input, "half", data_type::FLOAT16),
            Numbers::I8(ranges) => all.quantise(graph.input, ranges.steps(graph.input, 0, 255)),
        }
        for node in &graph.nodes {
            all.node(graph, node);
        }
        all
    }

    fn node(&mut self, graph: &'a Graph<'_>, node: &'a Node<'_>) {
        let name = graph.edge(node.output).name.as_str();
        let inputs: Vec<String> = node.inputs.iter().map(|input| self.names[input.0].clone()).collect();
        match node.op {
            Op::Conv { conv, is_rectified } => {
                let [weight, bias] = self.conv_weights(conv, node.inputs[0]);
                let sum = if is_rectified { format!("{name}.sum") } else { name.to_owned() };
                let (side, padding) = (conv.side as i64, (conv.side / 2) as i64);
                let attributes = vec![
                    ints("kernel_shape", &[side; 2]),
                    ints("strides", &[conv.stride as i64; 2]),
                    ints("pads", &[padding; 4]),
                ];
                self.push("Conv", vec![inputs[0].clone(), weight, bias], &sum, attributes);
                if is_rectified {
                    self.push("Relu", vec![sum], name, vec![]);
                }
            }
            Op::AddRelu => {
                let sum = format!("{name}.sum");
                self.push("Add", inputs, &sum, vec![]);
                self.push("Relu", vec![sum], name, vec![]);
            }
            Op::MaxPool => {
                let attributes = vec![ints("kernel_shape", &[3; 2]), ints("strides", &[2; 2]), ints("pads", &[1; 4])];
                self.push("MaxPool", inputs, name, attributes);
            }
            Op::AveragePool => {
                let picture = if matches!(self.numbers, Numbers::F16) {
                    let single = format!("{name}.single");
                    self.push("Cast", inputs, &single, vec![int("to", data_type::FLOAT.into())]);
                    vec![single]
                } else {
                    inputs
                };
                let mean = format!("{name}.mean");
                self.push("GlobalAveragePool", picture, &mean, vec![]);
                self.push("Flatten", vec![mean], name, vec![int("axis", 1)]);
            }
            Op::Normalise => {
                let [length, at_least] = ["length", "at_least"].map(|part| format!("{name}.{part}"));
                self.push("ReduceL2", inputs.clone(), &length, vec![ints("axes", &[1]), int("keepdims", 1)]);
                let shortest = self.floats(&format!("{name}.shortest"), &[1], vec![SHORTEST]);
                self.push("Max", vec![length, shortest], &at_least, vec![]);
                self.push("Div", vec![inputs[0].clone(), at_least], name, vec![]);
            }
            Op::Concat => self.push("Concat", inputs, name, vec![int("axis", 1)]),
            Op::Linear(head) => {
                let [out, input] = [head.tags.len(), head.weight.len() / head.tags.len().max(1)];
                let weight = Weights::new(&head.weight, out, input, Order::AsTheyAre, Number::F32);
                let weight = self.weights(&format!("{name}.weight"), &[out, input], data_type::FLOAT, weight);
                let bias = self.floats(&format!("{name}.bias"), &[out], head.bias.clone());
                self.push("Gemm", vec![inputs[0].clone(), weight, bias], name, vec![int("transB", 1)]);
            }
            Op::Softmax => self.push("Softmax", inputs, name, vec![int("axis", 1)]),
            Op::Sigmoid => self.push("Sigmoid", inputs, name, vec![]),
        }
        if let Numbers::I8(ranges) = self.numbers
            && node.op.is_body()
        {
            // The largest of some numbers is one of them, and needs no steps of its own.
            let same = if matches!(node.op, Op::MaxPool) { self.steps[node.inputs[0].0] } else { None };
            self.quantise(node.output, same.unwrap_or_else(|| ranges.steps(node.output, 0, 255)));
        }
    }

    /// The names of a convolution's weights and biases, as it can use them.
    fn conv_weights(&mut self, conv: &'a FoldedConv, input: EdgeId) -> [String; 2] {
        let shape = [conv.out, conv.input, conv.side, conv.side];
        let [weight, bias] = ["weight", "bias"].map(|part| format!("{}.{part}", conv.name));
        let as_they_are = |values: &'a [f32], number| {
            Weights::new(values, conv.out, values.len() / conv.out, Order::AsTheyAre, number)
        };
        let (kind, number) = match self.numbers {
            Numbers::F32 => (data_type::FLOAT, Number::F32),
            Numbers::F16 => (data_type::FLOAT16, Number::F16),
            Numbers::I8(_) => return self.conv_weights_i8(conv, input, weight, bias),
        };
        [
            self.weights(&weight, &shape, kind, as_they_are(&conv.weight, number.clone())),
            self.weights(&bias, &[conv.out], kind, as_they_are(&conv.bias, number)),
        ]
    }

    fn conv_weights_i8(&mut self, conv: &'a FoldedConv, input: EdgeId, weight: String, bias: String) -> [String; 2] {
        let shape = [conv.out, conv.input, conv.side, conv.side];
        let scales = scales(&conv.weight, conv.out, LARGEST_WEIGHT);
        let step = self.steps[input.0].map_or(1.0, |steps| steps.step);
        let bias_scales: Vec<f32> = scales.iter().map(|scale| scale * step).collect();
        let biases: Vec<u8> = (conv.bias.iter().zip(&bias_scales))
            .flat_map(|(bias, scale)| ((f64::from(*bias) / f64::from(*scale)).round() as i32).to_le_bytes())
            .collect();
        let number = Number::I8(scales.clone());
        let values = Weights::new(&conv.weight, conv.out, conv.weight.len() / conv.out, Order::AsTheyAre, number);
        let parts = [
            self.weights(&format!("{weight}.int8"), &shape, data_type::INT8, values),
            self.floats(&format!("{weight}.scale"), &[conv.out], scales),
            self.bytes(&format!("{weight}.zero"), &[conv.out], data_type::INT8, vec![0; conv.out]),
        ];
        self.push("DequantizeLinear", parts.to_vec(), &weight, vec![int("axis", 0)]);
        let parts = [
            self.bytes(&format!("{bias}.int32"), &[conv.out], data_type::INT32, biases),
            self.floats(&format!("{bias}.scale"), &[conv.out], bias_scales),
        ];
        self.push("DequantizeLinear", parts.to_vec(), &bias, vec![int("axis", 0)]);
        [weight, bias]
    }

    fn quantise(&mut self, edge: EdgeId, steps: Steps) {
        let name = self.names[edge.0].clone();
        let scale = self.floats(&format!("{name}.scale"), &[], vec![steps.step]);
        let zero = self.bytes(&format!("{name}.zero"), &[], data_type::UINT8, vec![steps.zero as u8]);
        let [counted, back] = ["counted", "back"].map(|part| format!("{name}.{part}"));
        self.push("QuantizeLinear", vec![name, scale.clone(), zero.clone()], &counted, vec![]);
        self.push("DequantizeLinear", vec![counted, scale, zero], &back, vec![]);
        self.names[edge.0] = back;
        self.steps[edge.0] = Some(steps);
    }

    fn cast(&mut self, edge: EdgeId, part: &str, to: i32) {
        let cast = format!("{}.{part}", self.names[edge.0]);
        self.push("Cast", vec![self.names[edge.0].clone()], &cast, vec![int("to", to.into())]);
        self.names[edge.0] = cast;
    }

    fn normalise_bytes(&mut self, model: &Model, edge: EdgeId) {
        let (scale, shift) = scale_and_shift(&model.spec.preprocess);
        self.cast(edge, "float", data_type::FLOAT);
        let scale = self.floats("normalise.scale", &[3], scale.to_vec());
        let shift = self.floats("normalise.shift", &[3], shift.to_vec());
        self.push("Mul", vec![self.names[edge.0].clone(), scale], "normalise.scaled", vec![]);
        self.push("Add", vec!["normalise.scaled".to_owned(), shift], "normalise.shifted", vec![]);
        let perm = ints("perm", &[0, 3, 1, 2]);
        self.push("Transpose", vec!["normalise.shifted".to_owned()], "normalised", vec![perm]);
        "normalised".clone_into(&mut self.names[edge.0]);
    }

    fn push(&mut self, op: &str, input: Vec<String>, output: &str, attribute: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input,
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: op.to_owned(),
            attribute,
        });
    }

    fn weights(&mut self, name: &str, shape: &[usize], kind: i32, weights: Weights<'a>) -> String {
        self.tensors.push((tensor(name, shape, kind), Some(weights)));
        name.to_owned()
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: Vec<f32>) -> String {
        self.weights(name, shape, data_type::FLOAT, Weights::plain(values))
    }

    fn bytes(&mut self, name: &str, shape: &[usize], kind: i32, bytes: Vec<u8>) -> String {
        self.tensors.push((TensorProto { raw_data: Some(bytes), ..tensor(name, shape, kind) }, None));
        name.to_owned()
    }
}

fn tensor(name: &str, shape: &[usize], data_type: i32) -> TensorProto {
    let dims = shape.iter().map(|&length| length as i64).collect();
    TensorProto { dims, data_type, name: name.to_owned(), raw_data: None }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: Some(value), ints: vec![], r#type: 2 }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: None, ints: values.to_vec(), r#type: 7 }
}
