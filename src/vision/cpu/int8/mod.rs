//! The network in whole numbers: activations as codes of eight bits, weights too, sums in 32.
//!
//! After `ReLU` no activation is negative, so that a code is the number divided by its map's step and nothing has to
//! be corrected for a zero. A map's step is chosen on a person's own photos ([`ranges::Ranges`]); weights have a step for each
//! output channel. The sum is scaled, the residual added, and the result rounded to a code while it lies in registers.
//! The first convolution multiplies numbers of 16 bits, which errs by less than a fiftieth of a pixel's own step; what
//! a shortcut that changes the shape adds stays in f32.

pub mod conv;
pub mod ranges;
#[cfg(test)]
mod tests;
mod tile;
pub mod weights;
pub mod winograd;
