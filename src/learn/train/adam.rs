//! The optimiser: Adam with weight decay apart (Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2019).

use rayon::prelude::*;

use super::body::Parameter;

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Numbers that one thread works on at a time. The number is fixed, so that sums do not depend on the number of cores.
const CHUNK: usize = 1 << 15;

/// The means of gradients and their squares, of each parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    pub first: Vec<Vec<f32>>,
    pub second: Vec<Vec<f32>>,
}

impl Moments {
    pub fn zeroed(sizes: impl Iterator<Item = usize>) -> Self {
        let first: Vec<Vec<f32>> = sizes.map(|size| vec![0.0; size]).collect();
        Self { second: first.clone(), first }
    }
}

/// The length of all gradients together, each times its factor.
pub fn gradient_norm(parameters: &[Parameter<'_>], factor_of: impl Fn(usize) -> f32) -> f64 {
    let squares = |gradient: &[f32]| -> f64 {
        let of_chunk = |chunk: &[f32]| chunk.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
        // Collected first: the order of the sum is then that of the chunks.
        let sums: Vec<f64> = gradient.par_chunks(CHUNK).map(of_chunk).collect();
        sums.into_iter().sum()
    };
    let factors = (0..parameters.len()).map(|index| f64::from(factor_of(index)).powi(2));
    parameters.iter().zip(factors).map(|(parameter, factor)| factor * squares(parameter.gradient)).sum::<f64>().sqrt()
}

/// Makes the `step`th step (from 1) of one parameter: its gradient times `scale`, at a learning rate.
pub fn step(
    parameter: &mut Parameter<'_>,
    (first, second): (&mut [f32], &mut [f32]),
    step: u64,
    (rate, decay): (f32, f32),
    scale: f32,
) {
    let power = i32::try_from(step).unwrap_or(i32::MAX);
    let (first_bias, second_bias) = (1.0 - FIRST_DECAY.powi(power), 1.0 - SECOND_DECAY.powi(power));
    let kept = 1.0 - if parameter.is_decayed { rate * decay } else { 0.0 };
    let values = parameter.values.par_chunks_mut(CHUNK).zip(parameter.gradient.par_chunks(CHUNK));
    let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
    values.zip(moments).for_each(|((values, gradient), (first, second))| {
        for (((value, gradient), first), second) in values.iter_mut().zip(gradient).zip(first).zip(second) {
            let gradient = gradient * scale;
            *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * gradient;
            *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * gradient * gradient;
            let change = (*first / first_bias) / ((*second / second_bias).sqrt() + EPSILON);
            *value = *value * kept - rate * change;
        }
    });
}

/// Moves averages towards the values by `share`.
pub fn average(averages: &mut [f32], values: &[f32], share: f32) {
    averages.par_chunks_mut(CHUNK).zip(values.par_chunks(CHUNK)).for_each(|(averages, values)| {
        averages.iter_mut().zip(values).for_each(|(average, value)| *average += share * (value - *average));
    });
}
