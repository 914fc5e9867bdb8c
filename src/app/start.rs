//! How long the window took to appear, for whoever asks with `HANGTAG_TRACE_START=1`.

use std::sync::OnceLock;
use std::time::Instant;

static STARTED: OnceLock<Instant> = OnceLock::new();

/// Counts frames until the first has been shown.
#[derive(Default)]
pub struct StartTrace {
    num_frames: u32,
}

/// The program has started.
pub fn begin() {
    // A second window of one program starts when the first did.
    let _ = STARTED.set(Instant::now());
}

impl StartTrace {
    /// A frame begins: the second one, when the first has been shown.
    pub fn frame(&mut self) {
        self.num_frames = self.num_frames.saturating_add(1);
        if self.num_frames == 2
            && std::env::var_os("HANGTAG_TRACE_START").is_some_and(|value| value == "1")
            && let Some(started) = STARTED.get()
        {
            eprintln!("first frame after {} ms", started.elapsed().as_millis());
        }
    }
}
