//! The last stages of the network, trained: forward with what the way back needs kept, and the gradient by every
//! weight.
//!
//! The same kernels as the engine's do the work: the gradient by a convolution's input is a convolution of the gradient
//! by its output, and the gradient by its weights a matrix product over all pixels of the batch. Batch norm keeps the
//! statistics that it was published with; its scale and shift are trained. With `y = γ(Wx − μ)/σ + β`, `W′ = γW/σ` and
//! `g` the gradient by `y`: dβ = Σg, dW = γ/σ · dW′ and dγ = (⟨dW′, W⟩ − μΣg)/σ.
//!
//! In bf16 all maps, the gradients by them and the folded weights lie in memory as bf16, of which the
//! kernels multiply pairs with sums in f32. What is trained and the gradient by it are f32 all the same, as are what
//! comes in and the means.
//!
//! Every sum is made in one order, whatever the number of threads: the same weights, images and gradient give the same
//! bits.
//!
//! Start reading at [`Tail`], then `plan` (what is done), `outer` (the gradient by weights) and `layer` (weights in
//! their three forms).

mod layer;
mod outer;
mod passes;
mod plan;
mod tail;

#[cfg(test)]
mod tests;

pub use tail::{Parameter, Tail};
