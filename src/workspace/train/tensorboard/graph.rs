//! The network as nodes and what goes into each, for `TensorBoard`'s graph.

use crate::vision::spec::{Block, Spec, Stage};

/// A node: its name, what it does, and the nodes that go into it.
pub type GraphNode = (String, String, Vec<String>);

/// The nodes from the photo to each group's answer.
pub fn network(spec: &Spec, groups: &[String]) -> Vec<GraphNode> {
    let mut graph = Graph(Vec::new());
    let photo = graph.add("photo", "Placeholder", &[]);
    let stem = graph.add("stem/conv1", "Conv2D", &[&photo]);
    let stem = graph.add("stem/relu", "Relu", &[&stem]);
    let mut map = graph.add("stem/maxpool", "MaxPool", &[&stem]);
    let num_convs = match spec.architecture.block {
        Block::Basic => 2,
        Block::Bottleneck => 3,
    };
    let mut channels = spec.architecture.stem;
    let mut features = Vec::new();
    for stage in [Stage::Layer1, Stage::Layer2, Stage::Layer3, Stage::Layer4] {
        let name = format!("layer{}", stage.index() + 1);
        for position in 0..spec.architecture.layers[stage.index()] {
            let inside = |part: &str| format!("{name}/{position}/{part}");
            let mut inner = map.clone();
            for conv in 1..=num_convs {
                inner = graph.add(&inside(&format!("conv{conv}")), "Conv2D", &[&inner]);
                inner = graph.add(&inside(&format!("bn{conv}")), "FusedBatchNorm", &[&inner]);
                if conv < num_convs {
                    inner = graph.add(&inside(&format!("relu{conv}")), "Relu", &[&inner]);
                }
            }
            let out = spec.architecture.channels(stage);
            let has_shortcut = position == 0 && (stage != Stage::Layer1 || channels != out);
            let around = if has_shortcut { graph.add(&inside("downsample"), "Conv2D", &[&map]) } else { map.clone() };
            let sum = graph.add(&inside("add"), "Add", &[&inner, &around]);
            map = graph.add(&inside("relu"), "Relu", &[&sum]);
            channels = out;
        }
        if spec.features.contains(&stage) {
            let pooled = graph.add(&format!("features/{name}/mean"), "Mean", &[&map]);
            features.push(graph.add(&format!("features/{name}/normalise"), "L2Normalize", &[&pooled]));
        }
    }
    let features: Vec<&str> = features.iter().map(String::as_str).collect();
    let joined = graph.add("features/joined", "ConcatV2", &features);
    for (index, group) in groups.iter().enumerate() {
        // Nodes may only be called by these; the number tells groups apart whose names are in other letters.
        let name: String = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        graph.add(&format!("heads/{index}_{name}"), "MatMul", &[&joined]);
    }
    graph.0
}

struct Graph(Vec<GraphNode>);

impl Graph {
    fn add(&mut self, name: &str, op: &str, inputs: &[&str]) -> String {
        self.0.push((name.to_owned(), op.to_owned(), inputs.iter().map(|input| (*input).to_owned()).collect()));
        name.to_owned()
    }
}
