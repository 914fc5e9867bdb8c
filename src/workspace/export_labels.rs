//! The job that writes tags and data sets for shops and other tools.

use std::path::Path;

use super::Workspace;
use super::export::ELSEWHERE;
use super::jobs::{JobSummary, JobTask};
use super::labelling::name_of;
use crate::export::labels::{DataSet, LabelExportError, LabelFormat, export};
use crate::failure::{Doing, Failure};

const SIDECARS: &str = "Every sidecar is whole, old or new: make room, or choose another folder, and export again";

impl Workspace {
    /// Writes what is known of the photos now to `out`, in the background; later answers are not in it.
    pub fn start_label_export(&mut self, format: LabelFormat, out: &Path) {
        let products = self.products.named(&self.listing, &self.vocabulary, self.product_rule);
        let data = DataSet::new(self.listing.clone(), self.vocabulary.clone(), self.labels.clone(), products);
        let (file, out) = (name_of(out), out.to_owned());
        self.jobs.start(JobTask::ExportLabels(file.clone()), &self.outbox, move |progress| {
            let report = export(&data, &format, &out, progress);
            let report = report.map_err(|error| failed(&error, &format, &out))?;
            Ok(report.map_or(JobSummary::Quiet, |report| JobSummary::ExportedLabels { file, report }))
        });
    }
}

/// Why `out` was not written, and what to do.
fn failed(error: &LabelExportError, format: &LabelFormat, out: &Path) -> Failure {
    let failure = Failure::new(Doing::ExportingTags, error).caused_by(Some(error.cause()));
    match error {
        LabelExportError::Place(_) | LabelExportError::Write { .. } => {
            // Sidecars are written one by one.
            let advice = if *format == LabelFormat::Xmp { SIDECARS } else { ELSEWHERE };
            failure.at(out).try_next(advice)
        }
        LabelExportError::Shop { path, .. } => failure.at(path),
        LabelExportError::NoLabels => failure,
    }
}
