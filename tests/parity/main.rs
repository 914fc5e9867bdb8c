//! Numbers held against those of other programs: PyTorch's (made by `reference.py`), Pillow's (`preprocess.py`), and
//! candle's own networks.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

mod engine;
mod generator;
mod network;
mod preprocess;
