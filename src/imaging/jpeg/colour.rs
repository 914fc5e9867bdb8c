//! Rows of brightness and colours, as JFIF has them, to RGB.

use super::inverse::to_byte;

/// Pixels that are computed side by side.
const LANES: usize = 16;

/// Fills a row of RGB from rows of Y, Cb and Cr that are at least as wide.
pub fn from_ycbcr(parts: [&[u8]; 3], rgb: &mut [u8]) {
    let [y, cb, cr] = parts.map(|part| part.chunks(LANES));
    for (((y, cb), cr), rgb) in y.zip(cb).zip(cr).zip(rgb.chunks_mut(3 * LANES)) {
        let parts = [y, cb, cr].map(|part| {
            let mut lanes = [0; LANES];
            lanes[..part.len()].copy_from_slice(part);
            lanes
        });
        rgb.copy_from_slice(&in_rgb(&parts).as_flattened()[..rgb.len()]);
    }
}

/// Fills a row of RGB from a row of grey that is at least as wide.
pub fn from_grey(grey: &[u8], rgb: &mut [u8]) {
    for (to, &value) in rgb.as_chunks_mut().0.iter_mut().zip(grey) {
        *to = [value; 3];
    }
}

#[inline(always)]
fn in_rgb([y, cb, cr]: &[[u8; LANES]; 3]) -> [[u8; 3]; LANES] {
    let mut planes = [[0; LANES]; 3];
    for at in 0..LANES {
        let [y, cb, cr] = [y[at], cb[at], cr[at]].map(|byte| f32::from(byte) - 128.0);
        planes[0][at] = to_byte(y + 1.402 * cr);
        planes[1][at] = to_byte(y - 0.344_136 * cb - 0.714_136 * cr);
        planes[2][at] = to_byte(y + 1.772 * cb);
    }
    let mut pixels = [[0; 3]; LANES];
    for at in 0..LANES {
        pixels[at] = [planes[0][at], planes[1][at], planes[2][at]];
    }
    pixels
}
