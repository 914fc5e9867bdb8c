//! What is exported, as a short list of plain operations: every format is written from this.
//!
//! Batch norm is folded into the convolutions, the temperature into the heads. Shapes leave the batch out, since it is
//! free everywhere; pictures are `[channels, height, width]`, whatever order a format puts them in. The weights are
//! borrowed.

use super::model::{Head, Model};
use crate::vision::spec::Stage;
use crate::vision::{FoldedBlock, FoldedConv};

/// Below this length a feature is taken as nothing instead of being scaled up.
pub(super) const SHORTEST: f32 = 1e-6;

/// Operations in the order in which they can be done.
pub struct Graph<'a> {
    pub edges: Vec<Edge>,
    pub nodes: Vec<Node<'a>>,
    /// Normalised pictures.
    pub input: EdgeId,
    /// Calibrated probabilities, in the order of `labels.json`.
    pub output: EdgeId,
}

/// What one operation hands to others.
pub struct Edge {
    pub name: String,
    pub shape: Vec<usize>,
}

/// Position in [`Graph::edges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EdgeId(pub usize);

/// One operation. It is called as the edge that it gives.
pub struct Node<'a> {
    pub op: Op<'a>,
    pub inputs: Vec<EdgeId>,
    pub output: EdgeId,
}

/// What can be done.
#[derive(Clone, Copy)]
pub enum Op<'a> {
    /// A convolution whose padding is half its side, and `ReLU` where it says so.
    Conv {
        conv: &'a FoldedConv,
        is_rectified: bool,
    },
    /// The sum of two pictures, then `ReLU`.
    AddRelu,
    /// The largest of 3 × 3, stride 2, padding 1, of a picture that is nowhere negative: zeros pad it as well as −∞.
    MaxPool,
    /// The mean of each channel.
    AveragePool,
    /// Scaled to unit length.
    Normalise,
    /// Vectors, one after the other.
    Concat,
    /// A head's layer, the temperature folded in.
    Linear(&'a Head),
    Softmax,
    Sigmoid,
}

impl<'a> Graph<'a> {
    /// The whole classifier from normalised pictures to probabilities.
    #[must_use]
    pub fn of(model: &'a Model) -> Self {
        let side = model.spec.preprocess.crop as usize;
        let input = EdgeId(0);
        let edges = vec![Edge { name: "images".to_owned(), shape: vec![3, side, side] }];
        let mut graph = Self { edges, nodes: Vec::new(), input, output: input };
        let stem = graph.conv(&model.network.stem, input, true);
        let [channels, height, width] = graph.picture(stem);
        let mut picture = graph.push(
            "maxpool",
            Op::MaxPool,
            &[stem],
            vec![channels, (height + 2 - 3) / 2 + 1, (width + 2 - 3) / 2 + 1],
        );
        let mut pooled: Vec<(Stage, EdgeId)> = Vec::new();
        let stages = [Stage::Layer1, Stage::Layer2, Stage::Layer3, Stage::Layer4];
        for (stage, blocks) in stages.into_iter().zip(&model.network.stages) {
            if model.spec.features.iter().all(|feature| pooled.iter().any(|(known, _)| known == feature)) {
                break;
            }
            for (index, block) in blocks.iter().enumerate() {
                picture = graph.block(&format!("layer{}.{index}", stage.index() + 1), block, picture);
            }
            if model.spec.features.contains(&stage) {
                pooled.push((stage, graph.feature(stage, picture)));
            }
        }
        let of_stage = |stage: &Stage| pooled.iter().find(|(known, _)| known == stage).map(|(_, edge)| *edge);
        let features: Vec<EdgeId> = model.spec.features.iter().filter_map(of_stage).collect();
        let features = graph.concat("features", &features);
        let groups: Vec<EdgeId> = model
            .heads
            .iter()
            .enumerate()
            .map(|(index, head)| {
                let logits =
                    graph.push(&format!("head{index}.logits"), Op::Linear(head), &[features], vec![head.tags.len()]);
                let op = if head.is_one_of { Op::Softmax } else { Op::Sigmoid };
                graph.push(&format!("head{index}.probabilities"), op, &[logits], vec![head.tags.len()])
            })
            .collect();
        graph.output = graph.concat("probabilities", &groups);
        // Under one name in every format, whether it was joined of several groups or is the only one's.
        "probabilities".clone_into(&mut graph.edges[graph.output.0].name);
        graph
    }

    /// An edge by its number.
    #[must_use]
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0]
    }

    fn picture(&self, id: EdgeId) -> [usize; 3] {
        match self.edges[id.0].shape[..] {
            [channels, height, width] => [channels, height, width],
            _ => unreachable!("the network's body hands pictures on"),
        }
    }

    fn push(&mut self, name: &str, op: Op<'a>, inputs: &[EdgeId], shape: Vec<usize>) -> EdgeId {
        let output = EdgeId(self.edges.len());
        self.edges.push(Edge { name: name.to_owned(), shape });
        self.nodes.push(Node { op, inputs: inputs.to_vec(), output });
        output
    }

    fn conv(&mut self, conv: &'a FoldedConv, input: EdgeId, is_rectified: bool) -> EdgeId {
        let [_, height, width] = self.picture(input);
        let out = |length: usize| (length + 2 * (conv.side / 2) - conv.side) / conv.stride + 1;
        let shape = vec![conv.out, out(height), out(width)];
        self.push(&conv.name, Op::Conv { conv, is_rectified }, &[input], shape)
    }

    fn block(&mut self, name: &str, block: &'a FoldedBlock, input: EdgeId) -> EdgeId {
        let last = block.convs.len() - 1;
        let sum = block.convs.iter().enumerate().fold(input, |edge, (index, conv)| self.conv(conv, edge, index < last));
        let shortcut = block.shortcut.as_ref().map_or(input, |conv| self.conv(conv, input, false));
        let shape = self.picture(sum).to_vec();
        self.push(name, Op::AddRelu, &[sum, shortcut], shape)
    }

    fn feature(&mut self, stage: Stage, picture: EdgeId) -> EdgeId {
        let [channels, ..] = self.picture(picture);
        let name = format!("layer{}", stage.index() + 1);
        let pooled = self.push(&format!("{name}.pooled"), Op::AveragePool, &[picture], vec![channels]);
        self.push(&format!("{name}.unit"), Op::Normalise, &[pooled], vec![channels])
    }

    /// Nothing is joined where there is only one.
    fn concat(&mut self, name: &str, parts: &[EdgeId]) -> EdgeId {
        if let [only] = parts {
            return *only;
        }
        let length = parts.iter().map(|part| self.edges[part.0].shape[0]).sum();
        self.push(name, Op::Concat, parts, vec![length])
    }
}

impl Op<'_> {
    /// Whether it belongs to the body, whose numbers are pictures and may be kept in fewer bits; the tail, from the
    /// pooled features on, is a thousandth of the work and always f32.
    #[must_use]
    pub fn is_body(&self) -> bool {
        matches!(self, Self::Conv { .. } | Self::AddRelu | Self::MaxPool)
    }
}
