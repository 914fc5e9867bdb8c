//! Made-up numbers: a generator, and weights of a size with which a network neither dies out nor explodes.

/// The tensor of that name, by its role; the same on every machine.
pub(super) fn tensor(name: &str, shape: &[usize]) -> Vec<f32> {
    let count: usize = shape.iter().product();
    let role = name.rsplit('.').next().unwrap_or(name);
    // Each number is the sum of so many between these two.
    let (low, high, summed) = match (shape, role) {
        ([_], "running_var") => (0.5, 1.5, 1),
        // Half of a block's output is its input, which must not grow from block to block.
        ([_], "weight") => (0.3, 0.9, 1),
        ([_], _) => (-0.1, 0.1, 1),
        // Nearly normal, as a network's are before and after training, with the variance of He et al., *Delving Deep into
        // Rectifiers*, 2015.
        ([_, fan_in @ ..], _) => {
            let bound = (1.5 / fan_in.iter().product::<usize>() as f64).sqrt() as f32;
            (-bound, bound, 4)
        }
        ([], _) => (0.0, 0.0, 1),
    };
    let mut random =
        SplitMix(u64::from_le_bytes(*blake3::hash(name.as_bytes()).as_bytes().first_chunk().unwrap_or(&[0; 8])));
    (0..count).map(|_| (0..summed).map(|_| low + (high - low) * random.unit()).sum()).collect()
}

/// A small generator (Steele et al., *Fast Splittable Pseudorandom Number Generators*, 2014): the same numbers
/// everywhere.
pub struct SplitMix(pub u64);

impl SplitMix {
    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// In 0..1.
    pub fn unit(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1u32 << 24) as f32
    }
}
