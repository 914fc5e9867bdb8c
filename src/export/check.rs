//! A written file run by another program's code than wrote it, here and now.

use std::path::Path;

use candle_core::Device;
use rten::{ModelOptions, Value, op_registry};

use super::ExportError;
use super::onnx::Input;
use super::parity::Parity;
use crate::progress::Progress;
use crate::vision::spec::Preprocess;

/// Photos that go through it together.
const BATCH: usize = 8;

/// The probabilities that an ONNX file gives for each photo of the set.
///
/// # Errors
/// [`ExportError::Run`] where it cannot be read or run.
pub fn run_onnx(
    path: &Path,
    input: Input,
    parity: &Parity,
    preprocess: &Preprocess,
    progress: &Progress,
) -> Result<Vec<Vec<f32>>, ExportError> {
    let failed = |error: &dyn std::error::Error| ExportError::Run(error.to_string());
    // What `onnx::nodes` writes: all that the runtime knows would be two megabytes of the program.
    let written = op_registry!(
        Add,
        Cast,
        Concat,
        Conv,
        DequantizeLinear,
        Div,
        Flatten,
        Gemm,
        GlobalAveragePool,
        Max,
        MaxPool,
        Mul,
        QuantizeLinear,
        ReduceL2,
        Relu,
        Sigmoid,
        Softmax,
        Transpose
    );
    let runtime = ModelOptions::with_ops(written).load_file(path).map_err(|error| failed(&error))?;
    let mut found = Vec::with_capacity(parity.crops.len());
    for crops in parity.crops.chunks(BATCH) {
        if progress.is_cancelled() {
            return Err(ExportError::Cancelled);
        }
        let side = preprocess.crop as usize;
        let images: Value = match input {
            Input::Floats => {
                let values = preprocess.tensor(crops, &Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
                Value::from_shape([crops.len(), 3, side, side], values).map_err(|error| failed(&error))?
            }
            Input::Bytes => {
                let bytes: Vec<u8> = crops.iter().flat_map(|crop| crop.0.as_raw().iter().copied()).collect();
                Value::from_shape([crops.len(), side, side, 3], bytes).map_err(|error| failed(&error))?
            }
        };
        let answer = runtime.run_one(images.into(), None).map_err(|error| failed(&error))?;
        let ([_, tags], values) = answer.into_shape_vec::<f32, 2>().map_err(|error| failed(&error))?;
        found.extend(values.chunks_exact(tags.max(1)).map(<[f32]>::to_vec));
        progress.add(crops.len() as u64);
    }
    Ok(found)
}
