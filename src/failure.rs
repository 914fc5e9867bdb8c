//! What a person is told when something did not work: what failed, why, which file, what to try.

use std::fmt;
use std::path::{Path, PathBuf};

/// A failure in a person's words. The rooms below have typed errors of their own, each of which becomes one of these
/// where a job or a command ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// What was being done, as in "opening the catalogue".
    pub doing: String,
    /// Why it did not work, without the path.
    pub because: String,
    pub path: Option<PathBuf>,
    /// What the person can do about it.
    pub try_next: Option<String>,
}

impl Failure {
    /// A failure of `doing`, with the whole chain of causes of `error` as the reason.
    pub fn new(doing: impl Into<String>, error: &dyn std::error::Error) -> Self {
        let mut because = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Many errors already print their cause; saying it twice helps nobody.
            if !because.contains(&cause_text) {
                because = format!("{because}: {cause_text}");
            }
            source = cause.source();
        }
        Self { doing: doing.into(), because, path: None, try_next: None }
    }

    /// The same failure, about this file.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The same failure, with a way out.
    #[must_use]
    pub fn try_next(mut self, advice: impl Into<String>) -> Self {
        self.try_next = Some(advice.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} did not work: {}", self.doing, self.because)?;
        if let Some(path) = &self.path
            && !self.because.contains(&*path.to_string_lossy())
        {
            write!(f, " ({})", path.display())?;
        }
        if let Some(advice) = &self.try_next {
            write!(f, ". {advice}")?;
        }
        Ok(())
    }
}
