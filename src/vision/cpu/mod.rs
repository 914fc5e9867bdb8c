//! The network engine for processors: a `ResNet` as a list of fused steps over one block of memory.
//!
//! Pixels lie channels-last from the first step to the last, so that a 1×1 convolution is a plain matrix product;
//! weights are packed once; bias, residual and `ReLU` happen where the sum still lies in registers. Nothing is
//! allocated while a batch of a known shape runs. The same kernels are compiled for several instruction sets
//! ([`Level`]) and the best that the processor has is taken when the program starts. Processors other than x86-64, such
//! as aarch64, have them in plain Rust: untested there.
//!
//! This room knows folded weights and numbers. It must not know files, photos or candle. What is `unsafe` here stands
//! in kernels that read and write by address, for places that the plan laid out.
//!
//! Start reading at [`Engine`], then `plan` (what is done), `conv` and `winograd` (how), `tile` (the inner loop).

#![expect(unsafe_code, reason = "kernels use the processor's own instructions on memory that threads share")]
#![expect(clippy::inline_always, reason = "a kernel must end up inside the function that has the instructions")]

#[cfg(test)]
mod allocations;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod conv;
mod draft;
mod grad;
#[cfg(test)]
mod heap;
mod int8;
mod lanes;
mod level;
mod memory;
mod network;
mod number;
mod panels;
mod peak;
mod plan;
mod reduce;
mod run;
mod team;
mod tile;
mod transform;
mod winograd;

#[cfg(test)]
mod tests;

pub use grad::{Parameter, Tail};
pub use int8::ranges::{Observed, Range, Ranges};
pub use level::Level;
pub use network::UnknownRange;
pub use peak::Operands;
pub use plan::{Shape, Wanted};
pub use run::{Engine, Outputs, StepTime};
