//! Weights and inputs that need no file: the generator that `reference.py` describes, and networks made of it.

use std::path::{Path, PathBuf};

use hangtag::vision::spec::{Architecture, Block, StrideIn};
use safetensors::tensor::{Dtype, TensorView};

/// The tensor of that name, uniform in `low..high`.
pub fn tensor(name: &str, count: usize, low: f32, high: f32) -> Vec<f32> {
    let key = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325u64, |key, byte| (key ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    (1..=count as u64)
        .map(|index| {
            let mut s = key.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            s = (s ^ (s >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            s = (s ^ (s >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let x = s ^ (s >> 31);
            let u = (x >> 40) as f32 / 16_777_216.0;
            low + (high - low) * u
        })
        .collect()
}

/// The input of a case.
pub fn input([batch, channels, height, width]: [usize; 4]) -> Vec<f32> {
    let name = format!("input.{batch}x{channels}x{height}x{width}");
    tensor(&name, batch * channels * height * width, -2.0, 2.0)
}

/// A published shape with ten classes.
pub fn architecture(net: &str) -> Architecture {
    let (block, layers) = match net {
        "resnet18" => (Block::Basic, [2, 2, 2, 2]),
        "resnet34" => (Block::Basic, [3, 4, 6, 3]),
        "resnet50" => (Block::Bottleneck, [3, 4, 6, 3]),
        other => panic!("no network is called {other}"),
    };
    Architecture { block, stem: 64, width: 64, layers, stride_in: StrideIn::Conv2, num_classes: 10 }
}

/// Writes the network's generated weights as a safetensors file.
pub fn write_weights(architecture: &Architecture, folder: &Path) -> PathBuf {
    let mut tensors = Vec::new();
    let mut conv = |name: &str, shape: [usize; 4], norm: &str, scale: (f32, f32)| {
        let fan_in = shape[1] * shape[2] * shape[3];
        let bound = (6.0 / fan_in as f64).sqrt() as f32;
        let mut add = |name: String, shape: Vec<usize>, low: f32, high: f32| {
            tensors.push((tensor(&name, shape.iter().product(), low, high), shape, name));
        };
        add(format!("{name}.weight"), shape.to_vec(), -bound, bound);
        for (part, (low, high)) in
            [("weight", scale), ("bias", (-0.1, 0.1)), ("running_mean", (-0.1, 0.1)), ("running_var", (0.5, 1.5))]
        {
            add(format!("{norm}.{part}"), vec![shape[0]], low, high);
        }
    };
    let plain = (0.5, 1.5);
    let last = (0.1, 0.4);
    conv("conv1", [architecture.stem, 3, 7, 7], "bn1", plain);
    let mut channels = architecture.stem;
    for (stage, depth) in architecture.layers.into_iter().enumerate() {
        let inner = architecture.width << stage;
        let outer = inner * architecture.block.expansion();
        for block in 0..depth {
            let prefix = format!("layer{}.{block}", stage + 1);
            let shapes: &[[usize; 4]] = match architecture.block {
                Block::Basic => &[[inner, channels, 3, 3], [inner, inner, 3, 3]],
                Block::Bottleneck => &[[inner, channels, 1, 1], [inner, inner, 3, 3], [outer, inner, 1, 1]],
            };
            for (index, shape) in shapes.iter().enumerate() {
                let scale = if index + 1 == shapes.len() { last } else { plain };
                let number = index + 1;
                conv(&format!("{prefix}.conv{number}"), *shape, &format!("{prefix}.bn{number}"), scale);
            }
            if block == 0 && (stage > 0 || channels != outer) {
                let name = format!("{prefix}.downsample");
                conv(&format!("{name}.0"), [outer, channels, 1, 1], &format!("{name}.1"), plain);
            }
            channels = outer;
        }
    }
    let bound = (1.0 / (channels as f64).sqrt()) as f32;
    let classes = architecture.num_classes;
    tensors.push((tensor("fc.weight", classes * channels, -bound, bound), vec![classes, channels], "fc.weight".into()));
    tensors.push((tensor("fc.bias", classes, -0.1, 0.1), vec![classes], "fc.bias".into()));
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(values, shape, name)| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = bytes.iter().map(|(name, shape, data)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data).expect("the bytes fill the shape"))
    });
    let path = folder.join("weights.safetensors");
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

#[test]
fn the_generator_is_the_script_s() {
    let begin = &input([2, 3, 64, 64])[..4];
    assert_eq!(begin, [0.935_687_3, -0.950_157_64, 1.603_302_5, 1.284_712_1]);
}
