//! Folders and labels coming in from outside.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Workspace;
use super::event::{Event, Outbox};
use super::jobs::JobSummary;
use crate::catalogue::{
    self, Catalogue, CatalogueError, Deed, Intake, RowFault, Statement, csv_statements, folder_statements,
};
use crate::failure::{Doing, Failure};
use crate::progress::Progress;

/// The group that the last folder's name is a tag of, unless another is named.
const FOLDER_GROUP: &str = "category";

/// While photos come in, the window is shown what there is so far this often.
const LISTING_PAUSE: Duration = Duration::from_secs(1);

/// Where labels come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelsFrom {
    /// The n-th folder below the root is a tag of "folder n".
    Folders,
    /// The last folder's name is a tag of "category".
    LastFolder,
    /// A file with the header `path,group,tag,value,source,time`.
    Csv(PathBuf),
}

/// What became of labels that were brought in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labelled {
    pub intake: Intake,
    /// Rows that could not be used.
    pub faults: Vec<RowFault>,
}

impl std::str::FromStr for LabelsFrom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "folders" => Ok(Self::Folders),
            "last-folder" => Ok(Self::LastFolder),
            path if Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) => {
                Ok(Self::Csv(path.into()))
            }
            other => Err(format!("`{other}` is neither `folders` nor `last-folder` nor a .csv file")),
        }
    }
}

/// The import job: records the folder, telling the window now and then what there is so far.
pub(super) fn import_folder(
    catalogue: catalogue::Result<Catalogue>,
    folder: &Path,
    progress: &Progress,
    outbox: &Outbox,
) -> Result<JobSummary, Failure> {
    let failed = |error: &CatalogueError| Failure::new(Doing::ReadingFolder, error).caused_by(error.cause()).at(folder);
    let mut catalogue = catalogue.map_err(|error| failed(&error))?;
    let reader = catalogue.reopen().map_err(|error| failed(&error))?;
    let mut last_shown = Instant::now().checked_sub(LISTING_PAUSE);
    let mut show = |is_last: bool| {
        if (is_last || last_shown.is_none_or(|shown| shown.elapsed() >= LISTING_PAUSE))
            && let Ok(listing) = reader.listing()
        {
            outbox.send(Event::Listing(Arc::new(listing)));
            last_shown = Some(Instant::now());
        }
    };
    let outcome = catalogue::import(&mut catalogue, folder, progress, &mut || show(false));
    show(true);
    let report = outcome.map_err(|error| match error {
        CatalogueError::Sqlite(_) => Failure::new(Doing::WritingCatalogue, &error)
            .caused_by(error.cause())
            .at(catalogue.path())
            .try_next("What was recorded is kept: make room on its disk and read the folder again"),
        other => failed(&other),
    })?;
    if !report.warnings.is_empty() {
        outbox.send(Event::PassedOver(report.warnings.clone()));
    }
    Ok(JobSummary::Imported { folder: name_of(folder), report })
}

/// How a folder is called in a sentence.
pub(super) fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}

impl Workspace {
    /// Brings labels in, as one step that can be undone.
    ///
    /// # Errors
    /// Where the file cannot be read or the catalogue not written; single rows are reported instead.
    pub fn take_in_labels(
        &mut self,
        from: &LabelsFrom,
        group: Option<&str>,
        is_complete: bool,
    ) -> Result<Labelled, Failure> {
        let (statements, faults) = self.statements(from, group)?;
        let deed = Deed::ImportLabels {
            file: match from {
                LabelsFrom::Csv(path) => Some(path.display().to_string()),
                LabelsFrom::Folders | LabelsFrom::LastFolder => None,
            },
        };
        let intake = self
            .catalogue
            .take_in(&statements, is_complete, deed)
            .map_err(|error| Failure::new("bringing labels in", &error))?;
        self.reload_labels();
        Ok(Labelled { intake, faults })
    }

    /// The rows of a file that cannot be used for this workspace's photos, and why.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn faults_of(&self, from: &LabelsFrom) -> Result<Vec<RowFault>, Failure> {
        let (_, faults) = self.statements(from, None)?;
        Ok(faults)
    }

    /// What folder names or a file say of this workspace's photos.
    pub(super) fn statements(
        &self,
        from: &LabelsFrom,
        group: Option<&str>,
    ) -> Result<(Vec<Statement>, Vec<RowFault>), Failure> {
        let group_name = group.unwrap_or(FOLDER_GROUP);
        match from {
            LabelsFrom::Folders => Ok((folder_statements(&self.listing, false, group_name), Vec::new())),
            LabelsFrom::LastFolder => Ok((folder_statements(&self.listing, true, group_name), Vec::new())),
            LabelsFrom::Csv(path) => {
                let file = File::open(path).map_err(|error| Failure::new("reading labels", &error).at(path))?;
                let (mut statements, faults) = csv_statements(file, &self.listing);
                statements.retain(|statement| group.is_none_or(|group| statement.group == group));
                Ok((statements, faults))
            }
        }
    }
}
