//! The numbers of `schema.fbs` that are written.

/// `BuiltinOperator` with the operator's version for each kind of number, as TensorFlow's own converter gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    Add = 0,
    Concatenation = 2,
    Conv2d = 3,
    Dequantize = 6,
    FullyConnected = 9,
    L2Normalization = 11,
    Logistic = 14,
    MaxPool2d = 17,
    Mul = 18,
    Softmax = 25,
    Pad = 34,
    Mean = 40,
    Cast = 53,
    Quantize = 114,
}

/// `TensorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    F32 = 0,
    F16 = 1,
    I32 = 2,
    U8 = 3,
    I8 = 9,
}

/// `BuiltinOptions`, the union's numbers.
pub mod options {
    pub const CONV_2D: u8 = 1;
    pub const POOL_2D: u8 = 5;
    pub const FULLY_CONNECTED: u8 = 8;
    pub const SOFTMAX: u8 = 9;
    pub const CONCATENATION: u8 = 10;
    pub const ADD: u8 = 11;
    pub const L2_NORM: u8 = 12;
    pub const MUL: u8 = 21;
    pub const PAD: u8 = 22;
    pub const REDUCER: u8 = 27;
    pub const CAST: u8 = 37;
    pub const DEQUANTIZE: u8 = 38;
    pub const QUANTIZE: u8 = 89;
}

impl Builtin {
    /// The version that takes this kind of input.
    pub fn version(self, input: Kind) -> i32 {
        match (self, input) {
            (Self::Conv2d, Kind::I8) | (Self::Dequantize, Kind::F16) => 3,
            (Self::Add | Self::MaxPool2d | Self::Pad | Self::Dequantize, Kind::I8) => 2,
            _ => 1,
        }
    }
}
