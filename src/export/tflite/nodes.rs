//! The graph as TensorFlow Lite tensors and operators, pictures channels-last.
//!
//! Bytes are normalised inside. In int8 the body is counted in int8 with a scale for each output channel of the
//! weights; the pooled features, where a step of 1/128 of their length would lose what tells them apart, and the heads
//! are f32.

use super::flatbuffer::{Field, Flatbuffer, Id};
use super::schema::{Builtin, Kind, options};
use crate::export::Numbers;
use crate::export::graph::{EdgeId, Graph, Node, Op};
use crate::export::model::{Head, Model, scale_and_shift};
use crate::export::ranges::Steps;
use crate::export::weights::{Number, Order, Weights, scales};
use crate::vision::FoldedConv;

const LARGEST_WEIGHT: f32 = 127.0;

/// `Padding`.
const SAME: u8 = 0;
const VALID: u8 = 1;

/// How a tensor's counts become numbers.
#[derive(Clone, Default)]
struct Quantisation {
    scales: Vec<f32>,
    zeros: Vec<i64>,
    dimension: i32,
}

pub(super) struct Nodes<'a> {
    pub buffer: Flatbuffer<'a>,
    pub tensors: Vec<Id>,
    pub operators: Vec<Id>,
    /// The content of each tensor that has one; the first is the empty one of all others.
    pub buffers: Vec<Id>,
    pub codes: Vec<(Builtin, i32)>,
    numbers: &'a Numbers,
    /// The tensor of each edge.
    at: Vec<i32>,
    steps: Vec<Option<Steps>>,
}

impl<'a> Nodes<'a> {
    /// The whole graph; tensor 0 is the input.
    pub fn of(model: &Model, graph: &'a Graph<'_>, numbers: &'a Numbers) -> Self {
        let mut buffer = Flatbuffer::default();
        let empty = buffer.table(vec![]);
        let mut all = Self {
            buffer,
            tensors: Vec::new(),
            operators: Vec::new(),
            buffers: vec![empty],
            codes: Vec::new(),
            numbers,
            at: vec![0; graph.edges.len()],
            steps: vec![None; graph.edges.len()],
        };
        all.input(model, graph);
        for node in &graph.nodes {
            all.node(graph, node);
        }
        all
    }

    /// The tensor of an edge.
    pub fn tensor_of(&self, edge: EdgeId) -> i32 {
        self.at[edge.0]
    }

    fn input(&mut self, model: &Model, graph: &Graph<'_>) {
        let shape = pictures(&graph.edge(graph.input).shape);
        let bytes = self.activation("images", &shape, Kind::U8, None);
        let (scale, shift) = scale_and_shift(&model.spec.preprocess);
        let [scale, shift] = [("normalise.scale", scale), ("normalise.shift", shift)]
            .map(|(name, values)| self.f32s(name, &[3], values.to_vec()));
        let cast = self.activation("images.float", &shape, Kind::F32, None);
        let kinds = vec![(0, Field::U8(Kind::U8 as u8)), (1, Field::U8(Kind::F32 as u8))];
        self.operator(Builtin::Cast, Kind::U8, &[bytes], cast, options::CAST, kinds);
        let scaled = self.activation("images.scaled", &shape, Kind::F32, None);
        self.operator(Builtin::Mul, Kind::F32, &[cast, scale], scaled, options::MUL, vec![]);
        let normalised = self.activation("images.normalised", &shape, Kind::F32, None);
        self.operator(Builtin::Add, Kind::F32, &[scaled, shift], normalised, options::ADD, vec![]);
        self.at[graph.input.0] = normalised;
        if let Numbers::I8(ranges) = self.numbers {
            let steps = ranges.steps(graph.input, -128, 127);
            let counted = self.activation("images.counted", &shape, Kind::I8, Some(steps));
            self.operator(Builtin::Quantize, Kind::F32, &[normalised], counted, options::QUANTIZE, vec![]);
            (self.at[graph.input.0], self.steps[graph.input.0]) = (counted, Some(steps));
        }
    }

    fn node(&mut self, graph: &'a Graph<'_>, node: &'a Node<'_>) {
        let edge = graph.edge(node.output);
        let name = edge.name.as_str();
        let inputs: Vec<i32> = node.inputs.iter().map(|input| self.at[input.0]).collect();
        let in_steps = self.steps[node.inputs[0].0];
        let in_shape = &graph.edge(node.inputs[0]).shape;
        let kind = if in_steps.is_some() { Kind::I8 } else { Kind::F32 };
        let out_steps = match (self.numbers, node.op) {
            // The largest of some numbers is one of them.
            (Numbers::I8(_), Op::MaxPool) => in_steps,
            (Numbers::I8(ranges), op) if op.is_body() => Some(ranges.steps(node.output, -128, 127)),
            _ => None,
        };
        let shape = if edge.shape.len() == 3 { pictures(&edge.shape) } else { vec![1, edge.shape[0] as i32] };
        let out_kind = if out_steps.is_some() { Kind::I8 } else { Kind::F32 };
        // What is needed on the way comes first: a tensor may be used only after it was made.
        let (builtin, all, option, fields) = match node.op {
            Op::Conv { conv, is_rectified } => {
                let (x, padding) = if conv.side > 1 && conv.stride > 1 {
                    (self.pad(name, inputs[0], in_shape, conv.side / 2, kind, in_steps), VALID)
                } else {
                    (inputs[0], if conv.side > 1 { SAME } else { VALID })
                };
                let [weight, bias] = self.conv_weights(conv, in_steps);
                let stride = Field::I32(conv.stride as i32);
                let fields =
                    vec![(0, Field::U8(padding)), (1, stride), (2, stride), (3, Field::U8(u8::from(is_rectified)))];
                (Builtin::Conv2d, vec![x, weight, bias], options::CONV_2D, fields)
            }
            Op::AddRelu => (Builtin::Add, inputs, options::ADD, vec![(0, Field::U8(1))]),
            Op::MaxPool => {
                let x = self.pad(name, inputs[0], in_shape, 1, kind, in_steps);
                let [stride, side] = [Field::I32(2), Field::I32(3)];
                let fields = vec![(0, Field::U8(VALID)), (1, stride), (2, stride), (3, side), (4, side)];
                (Builtin::MaxPool2d, vec![x], options::POOL_2D, fields)
            }
            Op::AveragePool => {
                let x = if in_steps.is_some() {
                    let single = self.activation(&format!("{name}.single"), &pictures(in_shape), Kind::F32, None);
                    self.operator(Builtin::Dequantize, Kind::I8, &inputs, single, options::DEQUANTIZE, vec![]);
                    single
                } else {
                    inputs[0]
                };
                let axes = self.i32s(&format!("{name}.axes"), &[2], &[1, 2]);
                (Builtin::Mean, vec![x, axes], options::REDUCER, vec![])
            }
            Op::Normalise => (Builtin::L2Normalization, inputs, options::L2_NORM, vec![]),
            Op::Concat => (Builtin::Concatenation, inputs, options::CONCATENATION, vec![(0, Field::I32(1))]),
            Op::Linear(head) => {
                let [weight, bias] = self.head_weights(name, head, in_shape[0]);
                (Builtin::FullyConnected, vec![inputs[0], weight, bias], options::FULLY_CONNECTED, vec![])
            }
            Op::Softmax => (Builtin::Softmax, inputs, options::SOFTMAX, vec![(0, Field::F32(1.0))]),
            Op::Sigmoid => (Builtin::Logistic, inputs, 0, vec![]),
        };
        let kind = if matches!(node.op, Op::AveragePool) { Kind::F32 } else { kind };
        let output = self.activation(name, &shape, out_kind, out_steps);
        self.operator(builtin, kind, &all, output, option, fields);
        (self.at[node.output.0], self.steps[node.output.0]) = (output, out_steps);
    }

    fn pad(&mut self, name: &str, x: i32, shape: &[usize], by: usize, kind: Kind, steps: Option<Steps>) -> i32 {
        let by = by as i32;
        let widths = self.i32s(&format!("{name}.padding"), &[4, 2], &[0, 0, by, by, by, by, 0, 0]);
        let mut padded = pictures(shape);
        padded[1..3].iter_mut().for_each(|length| *length += 2 * by);
        let output = self.activation(&format!("{name}.padded"), &padded, kind, steps);
        self.operator(Builtin::Pad, kind, &[x, widths], output, options::PAD, vec![]);
        output
    }

    fn conv_weights(&mut self, conv: &'a FoldedConv, in_steps: Option<Steps>) -> [i32; 2] {
        let shape = [conv.out, conv.side, conv.side, conv.input].map(|length| length as i32);
        let [weight, bias] = ["weight", "bias"].map(|part| format!("{}.{part}", conv.name));
        let values = |number| Weights::new(&conv.weight, conv.out, conv.input, Order::InputLast, number);
        match (self.numbers, in_steps) {
            (Numbers::I8(_), Some(steps)) => {
                let scales = scales(&conv.weight, conv.out, LARGEST_WEIGHT);
                let of_bias: Vec<f32> = scales.iter().map(|scale| scale * steps.step).collect();
                let biases: Vec<i32> = (conv.bias.iter().zip(&of_bias))
                    .map(|(bias, scale)| (f64::from(*bias) / f64::from(*scale)).round() as i32)
                    .collect();
                let zeros = vec![0; conv.out];
                let data = self.buffer.data(values(Number::I8(scales.clone())));
                let quantisation = Quantisation { scales, zeros: zeros.clone(), dimension: 0 };
                let weight = self.constant(&weight, &shape, Kind::I8, data, &quantisation);
                let data = self.buffer.bytes(biases.iter().flat_map(|bias| bias.to_le_bytes()).collect());
                let quantisation = Quantisation { scales: of_bias, zeros, dimension: 0 };
                [weight, self.constant(&bias, &shape[..1], Kind::I32, data, &quantisation)]
            }
            (Numbers::F16, _) => {
                let data = self.buffer.data(values(Number::F16));
                let half = self.constant(&format!("{weight}.half"), &shape, Kind::F16, data, &Quantisation::default());
                let single = self.tensor(&weight, &shape, &shape, Kind::F32, 0, &Quantisation::default());
                self.operator(Builtin::Dequantize, Kind::F16, &[half], single, options::DEQUANTIZE, vec![]);
                [single, self.f32s(&bias, &shape[..1], conv.bias.clone())]
            }
            _ => {
                let data = self.buffer.data(values(Number::F32));
                let weight = self.constant(&weight, &shape, Kind::F32, data, &Quantisation::default());
                [weight, self.f32s(&bias, &shape[..1], conv.bias.clone())]
            }
        }
    }

    fn head_weights(&mut self, name: &str, head: &'a Head, features: usize) -> [i32; 2] {
        let tags = head.tags.len() as i32;
        let data = self.buffer.data(Weights::plain(head.weight.as_slice()));
        let shape = [tags, features as i32];
        let weight = self.constant(&format!("{name}.weight"), &shape, Kind::F32, data, &Quantisation::default());
        [weight, self.f32s(&format!("{name}.bias"), &[tags], head.bias.clone())]
    }

    fn f32s(&mut self, name: &str, shape: &[i32], values: Vec<f32>) -> i32 {
        let data = self.buffer.data(Weights::plain(values));
        self.constant(name, shape, Kind::F32, data, &Quantisation::default())
    }

    fn i32s(&mut self, name: &str, shape: &[i32], values: &[i32]) -> i32 {
        let data = self.buffer.bytes(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        self.constant(name, shape, Kind::I32, data, &Quantisation::default())
    }

    fn constant(&mut self, name: &str, shape: &[i32], kind: Kind, data: Id, quantisation: &Quantisation) -> i32 {
        let content = self.buffer.table(vec![(0, Field::To(data))]);
        self.buffers.push(content);
        self.tensor(name, shape, shape, kind, self.buffers.len() as u32 - 1, quantisation)
    }

    /// A tensor with a free batch.
    fn activation(&mut self, name: &str, shape: &[i32], kind: Kind, steps: Option<Steps>) -> i32 {
        let mut signature = shape.to_vec();
        signature[0] = -1;
        let quantisation = steps.map_or_else(Quantisation::default, |steps| Quantisation {
            scales: vec![steps.step],
            zeros: vec![steps.zero.into()],
            dimension: 0,
        });
        self.tensor(name, shape, &signature, kind, 0, &quantisation)
    }

    fn tensor(
        &mut self,
        name: &str,
        shape: &[i32],
        signature: &[i32],
        kind: Kind,
        buffer: u32,
        quantisation: &Quantisation,
    ) -> i32 {
        let mut fields = vec![
            (0, Field::To(self.buffer.ints(shape))),
            (1, Field::U8(kind as u8)),
            (2, Field::U32(buffer)),
            (3, Field::To(self.buffer.text(name))),
        ];
        if !quantisation.scales.is_empty() {
            let parts = vec![
                (2, Field::To(self.buffer.floats(&quantisation.scales))),
                (3, Field::To(self.buffer.longs(&quantisation.zeros))),
                (6, Field::I32(quantisation.dimension)),
            ];
            fields.push((4, Field::To(self.buffer.table(parts))));
        }
        if signature != shape {
            fields.push((7, Field::To(self.buffer.ints(signature))));
        }
        let tensor = self.buffer.table(fields);
        self.tensors.push(tensor);
        self.tensors.len() as i32 - 1
    }

    fn operator(
        &mut self,
        builtin: Builtin,
        input_kind: Kind,
        inputs: &[i32],
        output: i32,
        option: u8,
        fields: Vec<(u16, Field)>,
    ) {
        let code = (builtin, builtin.version(input_kind));
        let known = self.codes.iter().position(|known| *known == code);
        let index = known.unwrap_or_else(|| {
            self.codes.push(code);
            self.codes.len() - 1
        });
        let mut all = vec![
            (0, Field::U32(index as u32)),
            (1, Field::To(self.buffer.ints(inputs))),
            (2, Field::To(self.buffer.ints(&[output]))),
        ];
        if option > 0 {
            all.extend([(3, Field::U8(option)), (4, Field::To(self.buffer.table(fields)))]);
        }
        let operator = self.buffer.table(all);
        self.operators.push(operator);
    }
}

/// `[channels, height, width]` as one picture of a batch, channels last.
fn pictures(shape: &[usize]) -> Vec<i32> {
    vec![1, shape[1] as i32, shape[2] as i32, shape[0] as i32]
}
