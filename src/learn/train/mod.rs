//! Fine-tuning: a network's trained part and its heads, from labelled photos, judged on others.
//!
//! What is trained hides behind [`Body`]: numbers with gradients, and features for views of photos that this room knows
//! by number only. The recipe is here: order of photos, loss, optimiser, schedule, averaging, when to stop, and what is
//! kept. Whoever watches is told through [`Watch`], which also keeps what a later run resumes from. The same settings,
//! photos and start give the same bits, also where a run was interrupted in between.
//!
//! Start reading at [`train()`].

mod adam;
mod body;
mod heads;
mod judge;
mod loss_scale;
mod rate_test;
mod sampler;
mod settings;
mod state;
mod trainer;

#[cfg(test)]
mod tests;

pub use adam::Moments;
pub use body::{Body, BodyError, Input, Parameter, View};
pub use heads::GroupShape;
pub use judge::Verdict;
pub use loss_scale::LossScale;
pub use settings::Settings;
pub use state::{Best, State};
pub use trainer::{Ending, EpochReport, Photos, Start, TrainError, Trained, Watch, epoch_size, train};
