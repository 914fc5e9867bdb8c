//! The serving kit: what an existing `TensorFlow` Serving or Triton needs to serve an exported model, and what stands in
//! front of it. Plain files from templates; no server of our own.

use std::fs;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::write::PREPARE_PY;
use super::{Format, Model};
use crate::sha256;
use crate::vision::spec::Interpolation;

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
    pub version: u64,
    /// The version that answers until the new one has proved itself; the new one itself where there is no other.
    pub stable: u64,
    pub num_tags: usize,
    /// The side of the square images that the network takes, in pixels.
    pub side: u32,
    /// What the short side of a photo is resized to before the middle is cut out, in pixels.
    pub resize: u32,
    /// Pillow's name of that interpolation.
    pub interpolation: &'static str,
}

impl Server {
    /// The server that serves a format.
    #[must_use]
    pub fn of(format: Format) -> Option<Self> {
        match format {
            Format::SavedModel => Some(Self::TensorFlow),
            Format::Onnx => Some(Self::Triton),
            Format::Bundle | Format::TfLite | Format::CoreMl => None,
        }
    }
}

impl Kit {
    /// What a server needs for a model, beside the version that answers so far.
    #[must_use]
    pub fn new(server: Server, model: &Model, earlier: Option<u64>) -> Self {
        let preprocess = &model.spec.preprocess;
        Self {
            server,
            model: address_name(&model.about.catalogue),
            version: model.about.version,
            stable: earlier.unwrap_or(model.about.version),
            num_tags: model.num_tags(),
            side: preprocess.crop,
            resize: preprocess.resize,
            interpolation: match preprocess.interpolation {
                Interpolation::Bilinear => "BILINEAR",
                Interpolation::Bicubic => "BICUBIC",
            },
        }
    }

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
        // Clients are handed on without the export that they came with.
        fs::write(folder.join("prepare.py"), PREPARE_PY)
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
            ("@interpolation@", self.interpolation.to_owned()),
        ];
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// A name as addresses and clusters take it: lower-case letters, digits and hyphens, beginning with a letter, at most
/// 40 characters (RFC 1035, with room for what is put behind it). Where more than what parts words was left out, a
/// digest tells names apart of which the same remains.
fn address_name(name: &str) -> String {
    let (mut address, mut is_whole) = (String::new(), true);
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' => address.push(c),
            '0'..='9' if !address.is_empty() => address.push(c),
            _ => {
                is_whole &= c.is_ascii() && !c.is_ascii_digit();
                if !address.is_empty() && !address.ends_with('-') {
                    address.push('-');
                }
            }
        }
    }
    let address = address.trim_end_matches('-');
    if is_whole && (1..=40).contains(&address.len()) {
        return address.to_owned();
    }
    let kept = if address.is_empty() { "hangtag" } else { address[..address.len().min(31)].trim_end_matches('-') };
    format!("{kept}-{}", &sha256::of_bytes(name.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_an_address() {
        let long = "Everything that hangs in the shop: spring, summer";
        for (name, expected) in [
            ("Spring shop", "spring-shop"),
            ("mugs & more!", "mugs-more"),
            ("twenty mugs and 20 bowls of 2026, no more", "twenty-mugs-and-20-bowls-of-2026-no-more"),
            // More was left out than what parts words.
            ("7 mugs", "mugs-b5b351cf"),
            ("Café", "caf-73473dcc"),
            ("茶 shop", "shop-a0d1829a"),
            ("咖啡 shop", "shop-3aca8c57"),
            ("🧦 shop", "shop-25874f81"),
            ("红色", "hangtag-789f61db"),
            ("蓝色", "hangtag-67035e6b"),
            (long, "everything-that-hangs-in-the-sh-432d73d1"),
        ] {
            assert_eq!(address_name(name), expected);
        }
    }
}
