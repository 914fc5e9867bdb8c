//! The window, driven as a person would, by accessible names.

mod support;
mod tagging;
mod welcome;
