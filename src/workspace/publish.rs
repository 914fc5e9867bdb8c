//! The job that exports a version and puts it where servers look for it.

use std::path::PathBuf;

use super::Workspace;
use super::export::failed;
use super::jobs::{JobSummary, JobTask};
use crate::export::publish::{Destination, PublishError, publish};
use crate::export::{Format, Precision, Request, Verified};
use crate::failure::Failure;

impl Workspace {
    /// Writes a version in the background, checked as any export is, and puts it at `to/version`; until
    /// then the files wait in the cache. An int8 model that misses its bounds is published only if one insists; where a
    /// folder is named in which `verify.py` was run, only those very files are.
    ///
    /// # Errors
    /// Where there is no such version, it is damaged, its backbone is gone, or the cache cannot be written.
    pub fn start_publish(
        &mut self,
        version: i64,
        (format, precision): (Format, Precision),
        insists: bool,
        verified_in: Option<PathBuf>,
        to: Destination,
    ) -> Result<(), Failure> {
        let waiting = self.places.scratch_folder()?;
        let request = Request { format, precision, insists, has_kit: false, out: waiting.path().join("model") };
        let export = self.export_of(version, request)?;
        self.jobs.start(JobTask::Publish(to.to_string()), &self.outbox, move |progress| {
            let report = export.run(progress).map_err(|error| failed(&error, waiting.path()))?;
            let noted = |folder: &PathBuf| Verified::read(folder, &report.checksums);
            let verified = match &verified_in {
                Some(folder) => {
                    Some(noted(folder).ok_or_else(|| not_published(&PublishError::NotVerified(folder.clone())))?)
                }
                None => None,
            };
            let outcome = publish(&report.out, version, &to, progress).map_err(|error| not_published(&error))?;
            // It may have been run where the version lies.
            let verified = verified.or_else(|| to.folder_of(version).as_ref().and_then(noted));
            Ok(JobSummary::Published { version, to: to.to_string(), outcome, verdict: report.verdict, verified })
        });
        Ok(())
    }
}

fn not_published(error: &PublishError) -> Failure {
    let failure = Failure::new("publishing the model", error);
    match error {
        PublishError::Exists { .. } => failure.try_next("Freeze what was learnt since as a new version"),
        PublishError::Claimed { .. } => {
            failure.try_next("Look again later; if it was cut off, move away what lies there, and publish again")
        }
        PublishError::Changed { .. } | PublishError::Foreign { .. } => {
            failure.try_next("Move away what lies there under the version's number, and publish again")
        }
        PublishError::NotVerified(_) => {
            failure.try_next("Export the version there in this format, run `python verify.py` in it, and publish again")
        }
        PublishError::Place(_) => failure.try_next("Make room there, or choose another folder"),
        PublishError::Store { .. } | PublishError::Unfinished { .. } => failure.try_next(
            "Check the address, the keys and the network, and publish again; an S3 store without conditional writes \
             needs `AWS_CONDITIONAL_PUT=disabled`, and then one publisher at a time",
        ),
        PublishError::Read { .. } => failure.try_next("Publish again"),
    }
}
