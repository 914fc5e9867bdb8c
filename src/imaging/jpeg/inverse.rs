//! The inverse DCT of a block to fewer pixels than it has, from its lowest frequencies.

use std::f64::consts::FRAC_1_SQRT_2;

use super::header::ZIGZAG;

/// How the blocks of a component become pixels.
pub struct Inverse {
    /// The last coefficient that is needed, in stored order.
    pub last: usize,
    /// What coefficients are multiplied by, in stored order; 0 for those that are not needed.
    pub steps: [f32; 64],
    /// Where they lie among those that are needed, row by row.
    pub places: [u8; 64],
    apply: fn(&[f32], &mut [u8], usize),
}

impl Inverse {
    /// To so many pixels across and down (1, 2 or 4) from coefficients with these steps.
    pub fn new(size: usize, steps: &[u16; 64]) -> Self {
        let position = |place: usize| (usize::from(ZIGZAG[place] / 8), usize::from(ZIGZAG[place] % 8));
        let is_needed = |place: &usize| position(*place).0 < size && position(*place).1 < size;
        // What the transform multiplies constants and waves by.
        let scale = |frequency: usize| if frequency == 0 { FRAC_1_SQRT_2 / 2.0 } else { 0.5 };
        let mut inverse = Self {
            last: (0..64).rfind(is_needed).unwrap_or(0),
            steps: [0.0; 64],
            places: [0; 64],
            apply: match size {
                1 => means,
                2 => inverse::<2>,
                _ => inverse::<4>,
            },
        };
        for place in (0..64).filter(is_needed) {
            let (down, across) = position(place);
            inverse.steps[place] = (f64::from(steps[place]) * scale(down) * scale(across)) as f32;
            inverse.places[place] = (down * size + across) as u8;
        }
        inverse
    }

    /// Writes pixels in rows of `stride` from the coefficients of blocks, `[block row, block column, row, column]`.
    pub fn apply(&self, coefficients: &[f32], pixels: &mut [u8], stride: usize) {
        (self.apply)(coefficients, pixels, stride);
    }
}

/// Of a block's first coefficient nothing but its mean is made, and blocks follow each other as pixels do.
fn means(coefficients: &[f32], pixels: &mut [u8], _stride: usize) {
    for (pixel, &mean) in pixels.iter_mut().zip(coefficients) {
        *pixel = to_byte(mean);
    }
}

fn inverse<const SIZE: usize>(coefficients: &[f32], pixels: &mut [u8], stride: usize) {
    let waves = const { waves::<SIZE>() };
    let mut blocks = coefficients.as_chunks::<SIZE>().0.as_chunks::<SIZE>().0.iter();
    for rows in pixels.chunks_mut(stride * SIZE) {
        for (at, block) in (0..stride).step_by(SIZE).zip(&mut blocks) {
            let mut columns = [[0.0; SIZE]; SIZE];
            for frequency in 0..SIZE {
                for row in 0..SIZE {
                    for column in 0..SIZE {
                        columns[row][column] += block[frequency][column] * waves[frequency][row];
                    }
                }
            }
            for row in 0..SIZE {
                let mut values = [0.0; SIZE];
                for frequency in 0..SIZE {
                    for column in 0..SIZE {
                        values[column] += columns[row][frequency] * waves[frequency][column];
                    }
                }
                rows[row * stride + at..][..SIZE].copy_from_slice(&values.map(to_byte));
            }
        }
    }
}

/// A value around zero as a byte.
#[inline(always)]
pub fn to_byte(value: f32) -> u8 {
    // Among floats of this size whole numbers are next to each other, so that the last byte is the rounded value.
    const WHOLE: f32 = (1 << 23) as f32;
    ((value + 128.0).clamp(0.0, 255.0) + WHOLE).to_bits() as u8
}

/// cos(nπ/8).
const COSINES: [f32; 5] = [1.0, 0.923_879_5, 0.707_106_77, 0.382_683_43, 0.0];

/// The wave of each frequency at each of 2 or 4 pixels: cos((2x + 1)uπ / 2N).
const fn waves<const SIZE: usize>() -> [[f32; SIZE]; SIZE] {
    let mut waves = [[0.0; SIZE]; SIZE];
    let mut frequency = 0;
    while frequency < SIZE {
        let mut pixel = 0;
        while pixel < SIZE {
            let eighths = (2 * pixel + 1) * frequency * (4 / SIZE) % 16;
            let mirrored = if eighths > 8 { 16 - eighths } else { eighths };
            waves[frequency][pixel] = if mirrored > 4 { -COSINES[8 - mirrored] } else { COSINES[mirrored] };
            pixel += 1;
        }
        frequency += 1;
    }
    waves
}
