//! How long the window took to appear, for whoever asks with `HANGTAG_TRACE_START=$EPOCHREALTIME hangtag`.
//!
//! The shell says when it started the program, so that loading this is counted as well.

use std::time::SystemTime;

/// Counts frames until the first has been shown.
#[derive(Default)]
pub struct StartTrace {
    num_frames: u32,
}

impl StartTrace {
    /// A frame begins: the second one, when the first has been shown.
    pub fn frame(&mut self) {
        self.num_frames = self.num_frames.saturating_add(1);
        if self.num_frames == 2
            && let Ok(started) = std::env::var("HANGTAG_TRACE_START")
            && let (Ok(started_secs), Ok(now)) = (started.parse::<f64>(), SystemTime::UNIX_EPOCH.elapsed())
        {
            eprintln!("first frame after {:.0} ms", (now.as_secs_f64() - started_secs) * 1000.0);
        }
    }
}
