//! Small networks with made-up weights, for tests.

use super::normed::{NormedBlock, NormedConv, NormedTail};

/// Numbers in −1..1 that depend on nothing but the seed.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
        })
        .collect()
}

/// A convolution and its norm: output and input channels, side and stride.
fn conv([out, input, side, stride]: [usize; 4], seed: u64) -> NormedConv {
    let fan_in = input * side * side;
    let bound = (6.0 / fan_in as f32).sqrt();
    let around = |middle: f32, reach: f32, seed: u64| {
        numbers(out, seed).into_iter().map(move |value| middle + reach * value).collect::<Vec<f32>>()
    };
    NormedConv {
        name: format!("conv {seed}"),
        norm: format!("norm {seed}"),
        weight: numbers(out * fan_in, seed).into_iter().map(|value| value * bound).collect(),
        scale: around(0.8, 0.3, seed + 1),
        shift: around(0.1, 0.4, seed + 2),
        mean: around(0.0, 0.3, seed + 3),
        deviation: around(1.0, 0.3, seed + 4).into_iter().map(f64::from).collect(),
        out,
        input,
        side,
        stride,
    }
}

/// Two stages of two blocks.
pub fn stages(channels: usize, width: usize, is_basic: bool, stride_in_first: bool) -> Vec<Vec<NormedBlock>> {
    let mut channels = channels;
    (0..2)
        .map(|stage| {
            let inner = width << stage;
            let outer = if is_basic { inner } else { 4 * inner };
            (0..2)
                .map(|position| {
                    let stride = if position == 0 { 2 } else { 1 };
                    let seed = 1000 * stage + 100 * position;
                    let (first, second) = if stride_in_first { (stride, 1) } else { (1, stride) };
                    let convs = if is_basic {
                        vec![conv([inner, channels, 3, stride], seed), conv([inner, inner, 3, 1], seed + 10)]
                    } else {
                        vec![
                            conv([inner, channels, 1, first], seed),
                            conv([inner, inner, 3, second], seed + 10),
                            conv([outer, inner, 1, 1], seed + 20),
                        ]
                    };
                    let shortcut = (position == 0).then(|| conv([outer, channels, 1, stride], seed + 30));
                    channels = outer;
                    NormedBlock { convs, shortcut }
                })
                .collect()
        })
        .collect()
}

/// The first convolution before the stages, or nothing.
pub fn tail(stem: Option<NormedConv>, stages: Vec<Vec<NormedBlock>>) -> NormedTail {
    NormedTail { stem, stages }
}

/// The first convolution of a network for pictures of so many colours.
pub fn stem(colours: usize, channels: usize) -> NormedConv {
    conv([channels, colours, 7, 2], 5000)
}
