//! The serving kit: what an existing `TensorFlow` Serving or Triton needs to serve an exported model, and what stands in
//! front of it. Plain files from templates; no server of our own.

use std::fs;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};

static TENSORFLOW: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/export/serving/kit/tensorflow");
static TRITON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/export/serving/kit/triton");

/// The server that a kit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Serves a `SavedModel`.
    TensorFlow,
    /// Serves an ONNX model.
    Triton,
}

/// What a kit has to know of the model.
#[derive(Clone, Debug)]
pub struct Kit {
    pub server: Server,
    /// The model's name in addresses, metrics and the cluster: lower-case letters, digits and hyphens.
    pub model: String,
    /// The version that was exported, which gets a share of the requests at first.
    pub version: i64,
    /// The version that answers until the new one has proved itself; the new one itself where there is no other.
    pub stable: i64,
    pub num_tags: usize,
    /// The side of the square images that the network takes, in pixels.
    pub side: u32,
    /// What the short side of a photo is resized to before the middle is cut out, in pixels.
    pub resize: u32,
    /// Pillow's name of that interpolation.
    pub interpolation: &'static str,
}

impl Kit {
    /// Writes the kit into a folder, which is made.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let kit = match self.server {
            Server::TensorFlow => &TENSORFLOW,
            Server::Triton => &TRITON,
        };
        for template in kit.files() {
            let text = template.contents_utf8().unwrap_or_default();
            fs::write(folder.join(template.path()), self.filled(text))?;
        }
        Ok(())
    }

    /// A template with what stands for each `@name@`.
    fn filled(&self, template: &str) -> String {
        let mut versions = vec![self.stable.to_string(), self.version.to_string()];
        versions.dedup();
        let values = [
            ("@model@", self.model.clone()),
            ("@version@", self.version.to_string()),
            ("@stable@", self.stable.to_string()),
            ("@canary@", self.version.to_string()),
            ("@version_list@", versions.join(", ")),
            ("@num_tags@", self.num_tags.to_string()),
            ("@side@", self.side.to_string()),
            ("@resize@", self.resize.to_string()),
            ("@filter@", self.interpolation.to_owned()),
        ];
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}
