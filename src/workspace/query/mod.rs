//! The query line: which photos are asked for, in words that a person types.
//!
//! `tag:dress AND NOT tag:red`, `score:<0.6`, `group:colour=?`, `name:*summer*`, `has:no-labels`. A line is cut into
//! tokens, parsed into a tree that knows where each word stands, resolved against the vocabulary into tests on ids, and
//! then asked of one photo after another. This room knows no catalogue file, no listing and no window: what it must
//! know of a photo it asks through [`Facts`], and its errors say at which word they are.

mod ast;
mod bounds;
mod complete;
mod matches;
mod parse;
mod pattern;
mod problem;
mod resolve;
#[cfg(test)]
mod tests;
mod token;
mod word_list;

pub use ast::quoted;
pub use complete::{Completion, CompletionKind, complete};
pub(super) use matches::{Facts, Place};
pub use problem::{QueryError, QueryProblem, nearest};

use jiff::tz::TimeZone;

use crate::catalogue::Vocabulary;
use resolve::{Clause, Resolver};

/// A line that was understood. The default one asks for everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query(Clause);

impl Query {
    /// Reads a line; an empty one asks for everything. Dates are days of this computer's time zone.
    ///
    /// # Errors
    /// What is wrong, and where in `text`.
    pub fn parse(text: &str, vocabulary: &Vocabulary) -> Result<Self, QueryError> {
        let Some(node) = parse::parse(text)? else { return Ok(Self::default()) };
        Resolver { vocabulary, zone: TimeZone::system() }.clause(&node).map(Self)
    }

    /// Whether the photo is asked for.
    pub fn matches(&self, facts: &impl Facts) -> bool {
        self.0.matches(facts)
    }
}
