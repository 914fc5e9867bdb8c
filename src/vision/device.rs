//! Where the network runs: the processor, a CUDA card or Apple's Metal, by the features this build has.

use std::fmt;
#[cfg(any(feature = "cuda", feature = "metal", test))]
use std::panic::{self, UnwindSafe};
use std::str::FromStr;
use std::sync::OnceLock;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::VisionError;

/// Why `Auto` did without the graphics card that this build is for.
static PASSED_OVER: OnceLock<String> = OnceLock::new();

/// What a person asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// A graphics card where this build and this computer have one, else the processor.
    #[default]
    Auto,
    Cpu,
    /// The card of that number.
    Cuda(usize),
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "metal" => Ok(Self::Metal),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("`{text}` is no device: use auto, cpu, cuda, cuda:N or metal")),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl DeviceChoice {
    /// What this build can be asked for, by name.
    pub const NAMES: &'static [&'static str] = &[
        "auto",
        "cpu",
        #[cfg(feature = "cuda")]
        "cuda",
        #[cfg(feature = "metal")]
        "metal",
    ];

    /// What the environment variable `HANGTAG_DEVICE` asks for; without it, `Auto`.
    ///
    /// # Errors
    /// [`VisionError::Device`] where it names no device.
    pub fn from_env() -> Result<Self, VisionError> {
        match std::env::var("HANGTAG_DEVICE") {
            Ok(name) => name.parse().map_err(|reason| VisionError::Device(format!("HANGTAG_DEVICE: {reason}"))),
            Err(_) => Ok(Self::Auto),
        }
    }

    /// Opens the device. `Auto` falls back to the processor and says why in the log, and to
    /// [`DeviceChoice::passed_over`]; a device named by the person either works or is an error.
    ///
    /// # Errors
    /// [`VisionError::Device`] with a sentence that says what to do.
    pub fn open(self) -> Result<Device, VisionError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) => cuda(number).map_err(VisionError::Device),
            Self::Metal => metal().map_err(VisionError::Device),
            Self::Auto => Ok(best()),
        }
    }

    /// Why `Auto` fell back to the processor in this program; none where it did not, or this build is for no card.
    #[must_use]
    pub fn passed_over() -> Option<&'static str> {
        PASSED_OVER.get().map(String::as_str)
    }
}

fn best() -> Device {
    let card = if cfg!(feature = "metal") { metal() } else { cuda(0) };
    card.unwrap_or_else(|reason| {
        if cfg!(any(feature = "cuda", feature = "metal")) {
            tracing::warn!("{reason}; using the processor");
            // Whoever asks again finds the same: the first reason stays.
            let _ = PASSED_OVER.set(reason);
        }
        Device::Cpu
    })
}

#[cfg(feature = "cuda")]
fn cuda(number: usize) -> Result<Device, String> {
    use candle_core::{DType, Tensor};

    let attempt = move || -> candle_core::Result<Device> {
        let device = Device::new_cuda(number)?;
        // A card or a driver that is too old opens all the same, and refuses the first kernel that it is to run.
        Tensor::ones(1, DType::F32, &device)?.affine(2.0, 1.0)?.to_vec1::<f32>()?;
        Ok(device)
    };
    caught(attempt).and_then(|device| device.map_err(|error| error.to_string())).map_err(|words| {
        let reason = reason_in(&words);
        format!(
            "CUDA device {number} cannot be used ({reason}); choose `cpu`, or install NVIDIA's driver with CUDA's \
             cuBLAS and cuRAND, for a card of 2020 or later"
        )
    })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_number: usize) -> Result<Device, String> {
    Err("this build of Hangtag has no CUDA: choose `cpu`, or build with `--features cuda`".into())
}

/// What `attempt` gives, or the words that it panicked with. Where a library or a part of the system is not there, the one
/// that binds it panics instead of answering; that is no mistake of this program, so no hook hears of it, to log or to print
/// it.
#[cfg(any(feature = "cuda", feature = "metal", test))]
fn caught<T>(attempt: impl FnOnce() -> T + UnwindSafe) -> Result<T, String> {
    use std::cell::Cell;
    use std::sync::Once;

    static HOOK: Once = Once::new();
    thread_local! {
        static IS_ATTEMPTING: Cell<bool> = const { Cell::new(false) };
    }
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_ATTEMPTING.get() {
                before(panic);
            }
        }));
    });
    IS_ATTEMPTING.set(true);
    let outcome = panic::catch_unwind(attempt);
    IS_ATTEMPTING.set(false);
    outcome.map_err(|payload| payload.downcast::<String>().map_or_else(|_| "it panicked".to_owned(), |words| *words))
}

/// What is wrong for a person, by the words of the library that binds CUDA's: of a library that is not there, or of an
/// error that the driver gave, after which a backtrace may stand.
#[cfg(any(feature = "cuda", test))]
fn reason_in(words: &str) -> String {
    let quoted = |prefix| words.strip_prefix(prefix).and_then(|rest| rest.split('"').nth(1));
    match (quoted("Unable to dynamically load the "), quoted("DriverError(")) {
        (Some("cuda"), _) => "no NVIDIA driver was found".to_owned(),
        (Some(library), _) => format!("CUDA's library {library} was not found"),
        (None, Some(error)) => error.to_owned(),
        (None, None) => words.to_owned(),
    }
}

#[cfg(feature = "metal")]
fn metal() -> Result<Device, String> {
    caught(|| Device::new_metal(0))
        .and_then(|device| device.map_err(|error| error.to_string()))
        .map_err(|reason| format!("Metal cannot be used ({reason}); it needs macOS 15: choose `cpu`"))
}

#[cfg(not(feature = "metal"))]
fn metal() -> Result<Device, String> {
    Err("this build of Hangtag has no Metal: choose `cpu`, or build with `--features metal` on a Mac".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for choice in [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda(1), DeviceChoice::Metal] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert!("gpu".parse::<DeviceChoice>().unwrap_err().contains("auto, cpu, cuda"));
    }

    #[test]
    fn a_device_that_this_build_lacks_says_what_to_do() {
        if cfg!(not(feature = "metal")) {
            assert!(DeviceChoice::Metal.open().unwrap_err().to_string().contains("choose `cpu`"));
        }
        let device = DeviceChoice::Auto.open().unwrap();
        let is_for_card = cfg!(any(feature = "cuda", feature = "metal"));
        assert_eq!(DeviceChoice::passed_over().is_some(), is_for_card && device.is_cpu());
    }

    #[test]
    fn what_is_missing_of_cuda_is_an_answer_and_no_panic() {
        let reason = |library: &'static str| {
            let attempt =
                move || -> u8 { panic!("Unable to dynamically load the \"{library}\" shared library - searched") };
            caught(attempt).map_err(|panic| reason_in(&panic)).unwrap_err()
        };
        assert_eq!(reason("cuda"), "no NVIDIA driver was found");
        assert_eq!(reason("cublas"), "CUDA's library cublas was not found");
        assert_eq!(caught(|| 7), Ok(7));
        let error = "DriverError(CUDA_ERROR_NO_DEVICE, \"no CUDA-capable device is detected\")\n   0: <unknown>";
        assert_eq!(reason_in(error), "no CUDA-capable device is detected");
        assert_eq!(reason_in("another reason"), "another reason");
    }
}
