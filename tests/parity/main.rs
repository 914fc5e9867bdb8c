//! Numbers held against those of other programs: PyTorch's (made by `reference.py`), Pillow's (`preprocess.py`), and
//! candle's own networks.

mod generator;
mod network;
mod preprocess;
