//! The command `hangtag bench`: figures of the real code on this machine, one JSON line a case.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{open, print, wait};
use super::train::parse_unfreeze;
use super::{Ending, Outcome};
use crate::export::{Format, Precision};
use crate::failure::Failure;
use crate::vision::{Backbone, DeviceChoice, ModelSource, Unfreeze};
use crate::workspace::{
    calibrate_on, f32_features, measure_catalogue, measure_export, measure_features, measure_head, measure_head_on,
    measure_layers, measure_tag, measure_training,
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Photos per second from folder to proposals, and the time of each stage
    Tag(OnFolder),
    /// Photos per second of the network, alone and from files, beside candle's on a processor
    Features(OnFolder),
    /// Where the network's time goes, and how much of what the processor can do is reached
    Layers {
        #[command(flatten)]
        network: Network,
        /// Images that go through together
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
        batch: u16,
        /// In whole numbers of eight bits, calibrated on these photos
        #[arg(long, value_name = "FOLDER")]
        int8: Option<PathBuf>,
        /// In bf16
        #[arg(long, conflicts_with = "int8")]
        bf16: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Seconds to fit the live head, from nothing and after one more label
    Head {
        /// Real photos, the last folder's name as the tag, instead of made-up ones
        folder: Option<PathBuf>,
        /// Labelled photos
        #[arg(long, default_value_t = 3000, conflicts_with = "folder")]
        rows: usize,
        /// Features a photo
        #[arg(long, default_value_t = 1536, conflicts_with = "folder")]
        dim: usize,
        #[arg(long, default_value_t = 81, conflicts_with = "folder")]
        tags: usize,
        #[command(flatten)]
        common: Common,
    },
    /// Photos per second of training, while the frozen stages are computed and on what was kept of them
    Train {
        #[command(flatten)]
        on: OnFolder,
        /// What is trained beside the tags' own layer
        #[arg(long, value_name = "head|layer4|layer3|all", value_parser = parse_unfreeze, default_value = "layer4")]
        unfreeze: Unfreeze,
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(2..=100))]
        epochs: u16,
        /// So many of the folder's photos
        #[arg(long)]
        limit: Option<usize>,
        /// Views that are kept of each photo (default: as many as a run would keep)
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=8))]
        views: Option<u16>,
    },
    /// Writing a model, without the check: seconds and memory
    Export {
        #[command(flatten)]
        network: Network,
        #[arg(long, value_name = "bundle|onnx|savedmodel|tflite|coreml", default_value = "onnx")]
        format: Format,
        #[arg(long, value_name = "f32|f16", default_value = "f32")]
        precision: Precision,
        /// A new folder to write into, removed at the end (default: in the system's folder for temporary files)
        #[arg(long, value_name = "FOLDER")]
        scratch: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// A catalogue of many photos: import, opening, filtering, searching; backup, restore, check and repair
    Catalogue(Laid),
    /// The window without a display: frames while scrolling, filtering and typing
    Window(Laid),
}

/// Measures a window over so many photos, which it lays out in a folder: what the window's room does, without this room
/// knowing it.
pub type MeasureWindow = fn(usize, &Path) -> Result<serde_json::Value, Failure>;

#[derive(Debug, Args)]
struct OnFolder {
    folder: PathBuf,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Network {
    /// `starter`, a registry id, or a folder with weights.safetensors and spec.json
    #[arg(long, default_value = "starter")]
    model: String,
    /// Made-up weights for the shape resnet18, 34, 50, 101 or 152
    #[arg(long)]
    random_weights: bool,
}

/// Photos that are laid out for the measurement.
#[derive(Debug, Args)]
struct Laid {
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
    /// A new folder to work in, removed at the end (default: in the system's folder for temporary files)
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Use this many threads
    #[arg(long)]
    threads: Option<usize>,
    /// One line of JSON instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, measure_window: MeasureWindow) -> Outcome {
    match &arguments.what {
        What::Tag(on) => {
            on.common.set_threads()?;
            on.common.print(&measure_tag(&on.network.backbone()?, &on.folder)?)
        }
        What::Features(on) => {
            on.common.set_threads()?;
            let source = on.network.source()?;
            let backbone = on.network.backbone()?;
            let in_f32 = if backbone.is_on_processor() {
                f32_features(&backbone, &on.folder)?
            } else {
                // The processor's are the reference.
                f32_features(&Backbone::open(&source, DeviceChoice::Cpu)?, &on.folder)?
            };
            // The memory that one case holds is no part of the next one's.
            let print = |backbone: Backbone| on.common.print(&measure_features(&backbone, &on.folder, &in_f32)?);
            if !backbone.is_on_processor() {
                return print(backbone);
            }
            let calibration = calibrate_on(&backbone, &on.folder)?;
            print(backbone)?;
            Backbone::bf16(&source)?.map(print).transpose()?;
            print(Backbone::quantised(&source, &calibration)?)?;
            print(Backbone::open_reference(&source)?)
        }
        What::Layers { network, batch, int8, bf16, common } => {
            common.set_threads()?;
            let mut backbone = network.backbone()?;
            if let Some(folder) = int8 {
                backbone = Backbone::quantised(&network.source()?, &calibrate_on(&backbone, folder)?)?;
            } else if *bf16 {
                let lacking = "the instructions in use do not multiply bf16; HANGTAG_CPU=portable does without them";
                backbone = Backbone::bf16(&network.source()?)?.context(lacking)?;
            }
            let layers = measure_layers(&backbone, usize::from(*batch));
            if layers.is_empty() {
                anyhow::bail!("only the processor's own engine is measured by layers: set HANGTAG_DEVICE=cpu");
            }
            for layer in &layers {
                if common.json {
                    print(&serde_json::to_string(layer)?)?;
                } else {
                    let (ms, rate, percent) = (layer.ms, layer.gmacs_per_second, layer.percent_of_peak);
                    let of = layer.multiplies.map_or_else(String::new, |number| format!(" in {number}"));
                    print(&format!("{:24} {ms:9.3} ms {rate:7.1} GMAC/s {percent:6.1} % of peak{of}", layer.layer))?;
                }
            }
            Ok(Ending::Done)
        }
        What::Head { folder: Some(folder), common, .. } => {
            common.set_threads()?;
            let mut photos = open(None, None, true)?;
            photos.start_import(folder);
            if !wait(&mut photos)? {
                return Ok(Ending::Cancelled);
            }
            common.print(&measure_head_on(&photos)?)
        }
        What::Head { folder: None, rows, dim, tags, common } => {
            common.set_threads()?;
            common.print(&measure_head(*rows, *dim, *tags))
        }
        What::Train { on, unfreeze, epochs, limit, views } => {
            on.common.set_threads()?;
            let source = on.network.source()?;
            let shown = (usize::from(*epochs), views.map(usize::from));
            let figures =
                in_scratch(None, |folder| measure_training(&source, *unfreeze, (&on.folder, *limit), shown, folder))?;
            on.common.print(&figures)
        }
        What::Export { network, format, precision, scratch, common } => {
            common.set_threads()?;
            let source = network.source()?;
            common
                .print(&in_scratch(scratch.as_deref(), |folder| measure_export(&source, *format, *precision, folder))?)
        }
        What::Catalogue(laid) => laid.measure(measure_catalogue),
        What::Window(laid) => laid.measure(measure_window),
    }
}

impl Laid {
    fn measure<T: Serialize>(&self, measure: impl FnOnce(usize, &Path) -> Result<T, Failure>) -> Outcome {
        self.common.set_threads()?;
        self.common.print(&in_scratch(self.scratch.as_deref(), |folder| measure(self.rows, folder))?)
    }
}

/// Measures in a folder that is made for it and removed at the end.
fn in_scratch<T>(scratch: Option<&Path>, measure: impl FnOnce(&Path) -> Result<T, Failure>) -> anyhow::Result<T> {
    let name = format!("hangtag-bench-{}", std::process::id());
    let folder = scratch.map_or_else(|| std::env::temp_dir().join(name), Path::to_owned);
    if folder.exists() {
        anyhow::bail!("{} is there already; name a folder that is not", folder.display());
    }
    std::fs::create_dir_all(&folder)?;
    let figures = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    Ok(figures?)
}

impl Network {
    fn source(&self) -> anyhow::Result<ModelSource> {
        let source = if self.random_weights { ModelSource::random } else { ModelSource::parse };
        Ok(source(&self.model)?)
    }

    fn backbone(&self) -> anyhow::Result<Backbone> {
        Ok(Backbone::open(&self.source()?, DeviceChoice::from_env()?)?)
    }
}

impl Common {
    fn set_threads(&self) -> anyhow::Result<()> {
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        }
        Ok(())
    }

    fn print(&self, figures: &impl Serialize) -> Outcome {
        if self.json {
            print(&serde_json::to_string(figures)?)?;
        } else if let serde_json::Value::Object(fields) = serde_json::to_value(figures)? {
            for (name, value) in fields {
                print(&format!("{name:32} {value}"))?;
            }
        }
        Ok(Ending::Done)
    }
}
