//! The window.
use std::path::PathBuf;
use crate::failure::Failure;
pub fn run(_path: Option<PathBuf>) -> Result<(), Failure> { Ok(()) }
