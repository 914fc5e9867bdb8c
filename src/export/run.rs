//! The graph computed by candle, edge by edge: slow and plain, for calibration and as what writers are tested against.

use candle_core::{Result, Tensor};

use super::graph::{EdgeId, Graph, Node, Op, SHORTEST};
use super::model::Head;

/// Runs the graph on normalised pictures `[batch, 3, side, side]`, shows `watch` every edge, and gives the
/// probabilities `[batch, tags]`.
///
/// # Errors
/// Where there is no room for it, and those of `watch`.
pub fn run(graph: &Graph<'_>, images: &Tensor, watch: &mut dyn FnMut(EdgeId, &Tensor) -> Result<()>) -> Result<Tensor> {
    let mut edges: Vec<Option<Tensor>> = vec![None; graph.edges.len()];
    watch(graph.input, images)?;
    edges[graph.input.0] = Some(images.clone());
    for (index, node) in graph.nodes.iter().enumerate() {
        let inputs: Vec<&Tensor> = node.inputs.iter().filter_map(|edge| edges[edge.0].as_ref()).collect();
        let found = compute(node, &inputs)?;
        watch(node.output, &found)?;
        edges[node.output.0] = Some(found);
        let is_needed = |edge: &EdgeId| graph.nodes[index + 1..].iter().any(|later| later.inputs.contains(edge));
        for edge in node.inputs.iter().filter(|edge| !is_needed(edge)) {
            edges[edge.0] = None;
        }
    }
    edges[graph.output.0].take().ok_or_else(|| candle_core::Error::Msg("the graph gives nothing".into()))
}

fn compute(node: &Node<'_>, inputs: &[&Tensor]) -> Result<Tensor> {
    let x = inputs[0];
    match node.op {
        Op::Conv { conv, is_rectified } => {
            let shape = (conv.out, conv.input, conv.side, conv.side);
            let weight = Tensor::from_slice(&conv.weight, shape, x.device())?;
            let bias = Tensor::from_slice(&conv.bias, (1, conv.out, 1, 1), x.device())?;
            let sum = x.conv2d(&weight, conv.side / 2, conv.stride, 1, 1)?.broadcast_add(&bias)?;
            if is_rectified { sum.relu() } else { Ok(sum) }
        }
        Op::AddRelu => (x + inputs[1])?.relu(),
        Op::MaxPool => x.pad_with_zeros(2, 1, 1)?.pad_with_zeros(3, 1, 1)?.max_pool2d_with_stride(3, 2),
        Op::AveragePool => x.mean((2, 3)),
        Op::Normalise => x.broadcast_div(&x.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(SHORTEST)?),
        Op::Concat => Tensor::cat(inputs, 1),
        Op::Linear(head) => linear(head, x),
        Op::Softmax => candle_nn::ops::softmax(x, 1),
        Op::Sigmoid => candle_nn::ops::sigmoid(x),
    }
}

fn linear(head: &Head, x: &Tensor) -> Result<Tensor> {
    let tags = head.tags.len();
    let weight = Tensor::from_slice(&head.weight, (tags, head.weight.len() / tags.max(1)), x.device())?;
    let bias = Tensor::from_slice(&head.bias, (1, tags), x.device())?;
    x.matmul(&weight.t()?)?.broadcast_add(&bias)
}
