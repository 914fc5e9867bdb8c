//! Features and labels to a classifier: the live head, how it is chosen and calibrated, and how good it is.
//!
//! This room gets slices of numbers and gives numbers back. It must not know what a catalogue, a file or a window is.
//!
//! Start reading at [`fit()`]: it turns a [`Problem`] into a [`Head`].

mod calibrate;
mod choose;
mod fit;
mod folds;
mod head;
mod hold_out;
mod lbfgs;
mod likeness;
mod metrics;
mod objective;
mod pack;
mod precision;
mod problem;
mod split;

pub mod train;

pub use calibrate::probabilities_apart;
pub use choose::{Choice, choose};
pub use fit::{Fitted, fit};
pub use head::Head;
pub use hold_out::{CrossValidated, HeldOut, cross_validate, hold_out};
pub use likeness::articles;
pub use metrics::{Metrics, Overall, Prediction, TagMetrics, evaluate, evaluate_each, likeliest};
pub use pack::{pack, unpack};
pub use precision::{Answer, Threshold, TooThin, lower_bound, threshold_for};
pub use problem::{Problem, Target};
pub use split::split;
