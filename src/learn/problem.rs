//! What a head is to be fitted to: rows of features and what is known of each.

use half::f16;

/// What is known of one row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One of several classes: it is this one.
    Is(usize),
    /// One of several classes: it is none of these.
    IsNot(Vec<usize>),
    /// Independent classes: for each, yes, no or unknown.
    Each(Vec<Option<bool>>),
}

/// Rows with their targets. The features are borrowed: a refit copies none.
pub struct Problem<'a> {
    dim: usize,
    num_classes: usize,
    is_one_of: bool,
    rows: Vec<&'a [f16]>,
    targets: Vec<Target>,
    /// Whether the backbone was trained on the row.
    seen: Vec<bool>,
}

impl<'a> Problem<'a> {
    /// An empty problem: `dim` features a row; softmax over the classes if `is_one_of`, else a sigmoid for each.
    #[must_use]
    pub fn new(dim: usize, num_classes: usize, is_one_of: bool) -> Self {
        Self { dim, num_classes, is_one_of, rows: Vec::new(), targets: Vec::new(), seen: Vec::new() }
    }

    /// Adds a row. One of another length or another kind of target is a mistake of the caller and is left out.
    pub fn push(&mut self, row: &'a [f16], target: Target) {
        let fits = match &target {
            Target::Is(class) => self.is_one_of && *class < self.num_classes,
            Target::IsNot(classes) => self.is_one_of && classes.iter().all(|class| *class < self.num_classes),
            Target::Each(known) => !self.is_one_of && known.len() == self.num_classes,
        };
        debug_assert!(fits && row.len() == self.dim, "a row that does not fit the problem");
        if fits && row.len() == self.dim {
            self.rows.push(row);
            self.targets.push(target);
            self.seen.push(false);
        }
    }

    /// Adds a row that the backbone was trained on. Its features are easier than those of a new photo: a head learns
    /// from it, and is not judged by it.
    pub fn push_seen(&mut self, row: &'a [f16], target: Target) {
        let before = self.rows.len();
        self.push(row, target);
        self.seen[before..].fill(true);
    }

    /// Features a row.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Classes.
    #[must_use]
    pub fn num_classes(&self) -> usize {
        self.num_classes
    }

    /// Whether the classes exclude each other.
    #[must_use]
    pub fn is_one_of(&self) -> bool {
        self.is_one_of
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[&'a [f16]] {
        &self.rows
    }

    /// What is known of each row.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The rows by which a head may be judged: those that the backbone was not trained on.
    #[must_use]
    pub fn unseen(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|&row| !self.seen[row]).collect()
    }

    /// The problem with only the rows for which `keep` says so, by index.
    #[must_use]
    pub fn subset(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.rows.len()).filter(|&index| keep(index)).collect();
        Self {
            rows: kept.iter().map(|&index| self.rows[index]).collect(),
            targets: kept.iter().map(|&index| self.targets[index].clone()).collect(),
            seen: kept.iter().map(|&index| self.seen[index]).collect(),
            ..*self
        }
    }
}
