//! Labels that come from elsewhere: folder names and CSV files; and the CSV that gives them back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::deed::Deed;
use super::edit::Step;
use super::images::{FileRow, ImageId, ImageRow, Listing};
use super::labels::{Label, LabelSource, Labels, Timestamp};
use super::tags::{GroupKind, Vocabulary, check_name};
use super::{Catalogue, Result};

/// "This file is, or is not, a dress", before group and tag are looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub image: ImageId,
    /// As the file was named, for messages.
    pub path: String,
    pub group: String,
    pub tag: String,
    pub label: Label,
}

/// A row or file that could not be taken, and why; the rest was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// In the CSV file, from 1, the header included.
    pub line: Option<u64>,
    pub path: String,
    pub reason: String,
}

/// What became of a set of statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// Images that have a label from it.
    pub images: usize,
    /// Labels that are new or another than before.
    pub labels: usize,
    /// Labels that stayed because a person had decided otherwise.
    pub kept: usize,
    /// One content in two classes of a group: no label of that group was set.
    pub conflicts: Vec<RowFault>,
}

#[derive(Serialize, Deserialize)]
struct CsvRow {
    path: String,
    group: String,
    tag: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    time: Option<String>,
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}", self.reason)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, " ({})", self.path) }
    }
}

/// Labels from where files lie. With `last_only` the last folder's name is a tag of the group `group`; else the n-th
/// folder below the root is a tag of the group "folder n".
#[must_use]
pub fn folder_statements(listing: &Listing, last_only: bool, group: &str) -> Vec<Statement> {
    let at = Timestamp::now();
    let label = Label { is_yes: true, source: LabelSource::Import, at, probability: None, version: None };
    let mut statements = Vec::new();
    for (image, file) in present_files(listing) {
        let mut state = |group: String, tag: &str| {
            let path = listing.display_path(file);
            statements.push(Statement { image: image.id, path, group, tag: tag.to_owned(), label: label.clone() });
        };
        if last_only {
            // A photo directly in the root belongs to the folder that the person chose.
            let absolute = listing.absolute(file);
            let folder = absolute.parent().and_then(Path::file_name).and_then(|name| name.to_str());
            if let Some(folder) = folder {
                state(group.to_owned(), folder);
            }
        } else {
            let folders = file.path.rsplit_once('/').map_or("", |(folders, _)| folders);
            for (index, folder) in folders.split('/').filter(|folder| !folder.is_empty()).enumerate() {
                state(format!("folder {}", index + 1), folder);
            }
        }
    }
    statements
}

/// Labels from a CSV file with the header `path,group,tag,value,source,time`, of which the last three may be missing.
/// Paths are relative to a root, or absolute. Rows that cannot be used are given back with their line.
#[must_use]
pub fn csv_statements(mut csv: impl Read, listing: &Listing) -> (Vec<Statement>, Vec<RowFault>) {
    let mut by_path: HashMap<PathBuf, ImageId> = HashMap::new();
    let mut by_relative: HashMap<&str, ImageId> = HashMap::new();
    for (image, file) in present_files(listing) {
        by_path.extend(listing.place(file).map(|place| (place, image.id)));
        by_relative.entry(&file.path).or_insert(image.id);
    }
    // Only on Windows is `\` never part of a name.
    let find = |path: &str| {
        let as_it_is = by_relative.get(path).or_else(|| by_path.get(Path::new(path)));
        as_it_is.or_else(|| by_relative.get(path.replace('\\', "/").as_str())).copied()
    };
    let mut statements = Vec::new();
    let mut faults = Vec::new();
    let mut fault = |line: usize, path: &str, reason: String| {
        faults.push(RowFault { line: Some(line as u64), path: path.to_owned(), reason });
    };
    let mut text = Vec::new();
    if let Err(error) = csv.read_to_end(&mut text) {
        fault(1, "", format!("the file cannot be read: {error}"));
    }
    // Spreadsheets may begin a file with a byte order mark.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text);
    let header = reader.headers().cloned().unwrap_or_default();
    if !["path", "group", "tag"].iter().all(|name| header.iter().any(|column| column == *name)) {
        fault(1, "", "the header must name the columns path, group and tag".into());
        return (statements, faults);
    }
    let path_column = header.iter().position(|column| column == "path");
    let mut records = reader.into_records();
    let mut lines = LineCounter { text, at: 0, line: 1 };
    loop {
        let line = lines.line_at(records.reader().position().byte() as usize);
        let Some(record) = records.next() else { break };
        let row = record.and_then(|mut record| {
            let path = path_column.and_then(|column| record.get(column)).unwrap_or_default().to_owned();
            record.trim();
            Ok((path, record.deserialize::<CsvRow>(Some(&header))?))
        });
        let (path, mut row) = match row {
            Ok(row) => row,
            Err(error) => {
                fault(line, "", format!("the row cannot be read: {}", without_position(&error)));
                continue;
            }
        };
        // Spaces around a path are part of it only where a photo's name has them.
        let mut image = find(&path);
        if image.is_some() {
            row.path = path;
        } else {
            image = find(&row.path);
        }
        let named = row.path.clone();
        let taken =
            image.ok_or_else(|| "no known photo has this path".to_owned()).and_then(|image| statement_of(row, image));
        match taken {
            Ok(statement) => statements.push(statement),
            Err(reason) => fault(line, &named, reason),
        }
    }
    (statements, faults)
}

/// Tells on which line a row begins. The reader's own count stands at the end of the row before, which is not yet the
/// beginning of the next where lines end in two characters or are empty.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    /// The line, from 1, of the first row at or after a byte; bytes only ever grow.
    fn line_at(&mut self, byte: usize) -> usize {
        while let Some(&c) = self.text.get(self.at)
            && (self.at < byte || c == b'\r' || c == b'\n')
        {
            self.line += usize::from(c == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// What is wrong with a row, without the reader's own idea of the line.
fn without_position(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields, and the header {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not valid UTF-8".into(),
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => "it is damaged".into(),
    }
}

fn statement_of(row: CsvRow, image: ImageId) -> std::result::Result<Statement, String> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let is_yes = match given(row.value).as_deref() {
        None | Some("yes") => true,
        Some("no") => false,
        Some(other) => return Err(format!("the value `{other}` is neither yes nor no")),
    };
    let source = given(row.source).map_or(Ok(LabelSource::Import), |text| text.parse())?;
    let at = given(row.time).map_or(Ok(Timestamp::now()), |text| text.parse())?;
    let group = check_name(&row.group).map_err(|error| format!("the group: {error}"))?;
    let tag = check_name(&row.tag).map_err(|error| format!("the tag: {error}"))?;
    let label = Label { is_yes, source, at, probability: None, version: None };
    Ok(Statement { image, path: row.path, group, tag, label })
}

/// Writes all labels as the CSV that [`csv_statements`] reads. Those of a photo at whose path another one lies now are
/// left out: they would be read as that one's.
///
/// # Errors
/// Where `to` cannot be written.
pub fn write_csv(to: impl Write, listing: &Listing, vocabulary: &Vocabulary, labels: &Labels) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(["path", "group", "tag", "value", "source", "time"])?;
    for image in listing.by_path() {
        let Some(file) = image.files.first() else { continue };
        for (tag, label) in labels.of(image.id) {
            let Some(tag) = vocabulary.tag(*tag) else { continue };
            let Some(group) = vocabulary.group(tag.group) else { continue };
            let value = if label.is_yes { "yes" } else { "no" };
            let (path, time) = (listing.display_path(file), label.at.to_string());
            writer.write_record([&path, &group.name, &tag.name, value, label.source.as_str(), &time])?;
        }
    }
    writer.flush()
}

impl Catalogue {
    /// Takes statements in as one step that can be undone, making groups and tags as needed. A new group is `any of`
    /// if one file has two of its tags, else `one of`. What a person decided stays. With `is_complete`, what is not
    /// stated of an `any of` group becomes *no* for every image that is spoken of.
    ///
    /// # Errors
    /// Where the catalogue cannot be written; nothing was taken in then.
    pub fn take_in(&mut self, statements: &[Statement], is_complete: bool, deed: Deed) -> Result<Intake> {
        let mut vocabulary = self.vocabulary()?;
        let labels = self.labels()?;
        let mut step = Step::of(deed);
        let mut intake = Intake::default();
        let mut by_group: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
        for statement in statements {
            by_group.entry(&statement.group).or_default().push(statement);
        }
        let mut labelled = HashSet::new();
        for (name, of_group) in by_group {
            let group = match vocabulary.group_named(name) {
                Some(group) => group.clone(),
                None => step.add_group(self, &mut vocabulary, name, kind_of(&of_group))?,
            };
            let of_group = if group.kind == GroupKind::OneOf {
                without_conflicts(&of_group, &mut intake.conflicts)
            } else {
                of_group
            };
            let mut tags = BTreeMap::new();
            for statement in &of_group {
                tags.entry(statement.tag.as_str()).or_insert(None);
            }
            for (tag, id) in &mut tags {
                let known = vocabulary.tag_named(group.id, tag).map(|tag| tag.id);
                *id = Some(match known {
                    Some(known) => known,
                    None => step.add_tag(self, &mut vocabulary, group.id, tag)?.id,
                });
            }
            let is_by_person = |tag: &super::TagId, label: &Label| {
                matches!(label.source, LabelSource::Person | LabelSource::Proposal)
                    && vocabulary.tag(*tag).is_some_and(|t| t.group == group.id)
            };
            let mut spoken_of: BTreeMap<ImageId, (HashSet<super::TagId>, Timestamp)> = BTreeMap::new();
            for statement in &of_group {
                let Some(Some(tag)) = tags.get(statement.tag.as_str()) else { continue };
                let entry = spoken_of.entry(statement.image).or_insert((HashSet::new(), statement.label.at));
                entry.0.insert(*tag);
                let known = labels.of(statement.image);
                let is_decided = known.iter().any(|(other, label)| {
                    let is_answer = group.kind == GroupKind::OneOf && label.is_yes;
                    is_by_person(other, label) && (is_answer || other == tag)
                });
                if is_decided {
                    let is_same = labels.get(statement.image, *tag).is_some_and(|l| l.is_yes == statement.label.is_yes);
                    intake.kept += usize::from(!is_same);
                    continue;
                }
                // A label that says the same already keeps its date.
                let is_same = labels.get(statement.image, *tag).is_some_and(|l| l.is_yes == statement.label.is_yes);
                if !is_same {
                    let label = Some(statement.label.clone());
                    step.set_label(&vocabulary, &labels, statement.image, *tag, label);
                }
                labelled.insert(statement.image);
            }
            if is_complete && group.kind == GroupKind::AnyOf {
                let all: Vec<super::TagId> = vocabulary.tags_of(group.id).map(|tag| tag.id).collect();
                for (image, (stated, at)) in spoken_of {
                    for tag in all.iter().filter(|tag| !stated.contains(tag) && labels.get(image, **tag).is_none()) {
                        let no =
                            Label { is_yes: false, source: LabelSource::Import, at, probability: None, version: None };
                        step.set_label(&vocabulary, &labels, image, *tag, Some(no));
                    }
                }
            }
        }
        intake.images = labelled.len();
        intake.labels =
            step.changes.iter().filter(|c| matches!(c, super::Change::Label { after: Some(_), .. })).count();
        if !step.changes.is_empty() {
            self.perform(&step)?;
        }
        Ok(intake)
    }
}

fn present_files(listing: &Listing) -> impl Iterator<Item = (&ImageRow, &FileRow)> {
    listing
        .images
        .iter()
        .filter(|image| image.state != super::ImageState::Missing)
        .flat_map(|image| image.files.iter().map(move |file| (image, file)))
}

fn kind_of(statements: &[&Statement]) -> GroupKind {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let has_two = statements.iter().filter(|statement| statement.label.is_yes).any(|statement| {
        let tag = statement.tag.as_str();
        *first.entry(&statement.path).or_insert(tag) != tag
    });
    if has_two { GroupKind::AnyOf } else { GroupKind::OneOf }
}

/// Leaves out the images that are said to be two things at once, and reports them.
fn without_conflicts<'a>(statements: &[&'a Statement], conflicts: &mut Vec<RowFault>) -> Vec<&'a Statement> {
    let mut yes: BTreeMap<ImageId, Vec<&Statement>> = BTreeMap::new();
    for statement in statements.iter().filter(|statement| statement.label.is_yes) {
        yes.entry(statement.image).or_default().push(statement);
    }
    yes.retain(|_, of_image| of_image.iter().any(|statement| statement.tag != of_image[0].tag));
    for of_image in yes.values() {
        let tags: Vec<&str> = of_image.iter().map(|statement| statement.tag.as_str()).collect();
        let paths: Vec<&str> = of_image.iter().map(|statement| statement.path.as_str()).collect();
        let reason =
            format!("one photo, but said to be {}; no label of `{}` was set", tags.join(" and "), of_image[0].group);
        conflicts.push(RowFault { line: None, path: paths.join(", "), reason });
    }
    statements.iter().filter(|statement| !yes.contains_key(&statement.image)).copied().collect()
}
