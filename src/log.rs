//! What went on, for whoever looks into a fault: on stderr, and for the window in files of its own.
//!
//! Lines name files and what failed, never what was said of a photo.

use std::io::IsTerminal;
use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Days that are kept.
const MAX_FILES: usize = 10;

/// Sends warnings to stderr, and what is worth knowing later to a file a day in `folder`, if there is one. `RUST_LOG` asks
/// for more, or less, of both.
pub fn start(folder: Option<&Path>) {
    let filter = |default: &str| EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .with_filter(filter("hangtag=warn,error"));
    let files = folder.and_then(appender).map(|appender| {
        tracing_subscriber::fmt::layer().with_writer(appender).with_ansi(false).with_filter(filter("hangtag=info,warn"))
    });
    tracing_subscriber::registry().with(terminal).with(files).init();
}

/// A disk that takes no log is no reason to do without the window.
fn appender(folder: &Path) -> Option<RollingFileAppender> {
    std::fs::create_dir_all(folder).ok()?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("hangtag")
        .filename_suffix("log")
        .max_log_files(MAX_FILES)
        .build(folder)
        .ok()
}
