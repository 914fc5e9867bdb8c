//! What leaves the catalogue: data sets and files for shops, so that other tools go on with a person's answers.
//!
//! This room knows the catalogue, pixels and heads. It must not know [`workspace`](crate::workspace) or who asked.

pub mod labels;
pub mod place;
pub mod publish;
pub mod serving;
