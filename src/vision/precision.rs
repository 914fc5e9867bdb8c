//! In which type the products of a training are computed, and on which device.

use std::fmt;
use std::str::FromStr;

use candle_core::{DType, Device};
use serde::{Deserialize, Serialize};

use super::VisionError;
use super::cpu::Level;
use super::device::DeviceChoice;

/// What a person asked for. Master weights are f32 in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionChoice {
    /// bf16 on a graphics card and on a processor that multiplies it, else f32.
    #[default]
    Auto,
    F32,
    Bf16,
    F16,
}

/// Where stages are trained, and what their products read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainOn {
    pub device: DeviceChoice,
    pub precision: PrecisionChoice,
}

/// What the products of a training read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainPrecision {
    F32,
    Bf16,
    /// Its range is so small that gradients have to be made larger on their way.
    F16,
}

impl TrainOn {
    /// Opens the device, which `HANGTAG_DEVICE` names where the person left it open, and settles the type.
    ///
    /// # Errors
    /// [`VisionError::Device`] where this build or computer lacks the device, and where it has no such products.
    pub fn open(self) -> Result<(Device, TrainPrecision), VisionError> {
        let device = match self.device {
            DeviceChoice::Auto => DeviceChoice::from_env()?,
            named => named,
        };
        let device = device.open()?;
        let precision = match (self.precision, device.is_cpu()) {
            (PrecisionChoice::F32, _) => TrainPrecision::F32,
            (PrecisionChoice::Auto | PrecisionChoice::Bf16, false) => TrainPrecision::Bf16,
            (PrecisionChoice::F16, false) => TrainPrecision::F16,
            (choice, true) => {
                let level = Level::from_env().map_err(VisionError::Device)?;
                choice.on_processor(level).map_err(VisionError::Device)?
            }
        };
        Ok((device, precision))
    }
}

impl PrecisionChoice {
    /// What the products read on a processor of that level, or a sentence that says what to do.
    fn on_processor(self, level: Level) -> Result<TrainPrecision, String> {
        match self {
            Self::Auto if level.multiplies_bf16() => Ok(TrainPrecision::Bf16),
            Self::Auto | Self::F32 => Ok(TrainPrecision::F32),
            Self::Bf16 if level.has_bf16() => Ok(TrainPrecision::Bf16),
            Self::Bf16 | Self::F16 => Err(format!(
                "a processor like this one ({level}) does not train in {self}: begin a run in auto or f32, or on a \
                 graphics card"
            )),
        }
    }
}

impl TrainPrecision {
    pub(super) fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }

    /// As it is called on screen and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }
}

impl FromStr for PrecisionChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            "f16" => Ok(Self::F16),
            _ => Err(format!("`{text}` is no precision: use auto, f32, bf16 or f16")),
        }
    }
}

impl fmt::Display for PrecisionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_trains_in_bf16_where_it_multiplies_it_or_is_asked_to() {
        for level in Level::all() {
            let settled = |choice: PrecisionChoice| choice.on_processor(level).map(TrainPrecision::name);
            let is_best = level.name() == "avx512bf16";
            assert_eq!(settled(PrecisionChoice::Auto), Ok(if is_best { "bf16" } else { "f32" }), "{level}");
            assert_eq!(settled(PrecisionChoice::F32), Ok("f32"), "{level}");
            if is_best || level.name() == "portable" {
                assert_eq!(settled(PrecisionChoice::Bf16), Ok("bf16"), "{level}");
            } else {
                assert!(settled(PrecisionChoice::Bf16).unwrap_err().contains("bf16: begin a run in auto"), "{level}");
            }
            assert!(settled(PrecisionChoice::F16).unwrap_err().contains("f16: begin a run in auto"), "{level}");
        }
    }
}
