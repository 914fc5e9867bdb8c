//! Event files that `TensorBoard` reads: curves, weights, settings, the network's graph, the confusion matrix.

mod graph;
mod messages;
mod pictures;

pub use graph::network;
pub use pictures::{Confusion, Projection};

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

use crate::tfrecord::write_record;
use messages::{
    Event, Experiment, Graph, HParamInfo, HParams, HParamsData, Histogram, Image, Metadata, MetricInfo, MetricName,
    Node, PluginData, SessionEnd, SessionStart, Setting, SettingKind, Shown, Summary, Text, Value, What,
};

/// Buckets of a histogram.
const NUM_BUCKETS: usize = 40;

/// What `TensorBoard` calls a session that ended well.
const SUCCESS: i32 = 1;

const TEXT: i32 = 1;
const NUMBER: i32 = 3;

/// What TensorFlow calls a tensor of text.
const DT_STRING: i32 = 7;

/// One event file, which is only ever appended to.
pub struct EventFile(BufWriter<File>);

impl EventFile {
    /// Begins a file in a run's folder. A resumed run has several, which `TensorBoard` reads as one.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let now = now();
        // TensorBoard reads the files of a folder in order of their names.
        let name = format!("events.out.tfevents.{:010}.{:06}.hangtag", now as u64, (now.fract() * 1e6) as u64);
        let file = OpenOptions::new().create(true).append(true).open(folder.join(name))?;
        let mut events = Self(BufWriter::new(file));
        events.write(0, What::FileVersion("brain.Event:2".into()))?;
        Ok(events)
    }

    /// Adds points to curves.
    pub fn scalars(&mut self, step: usize, scalars: &[(&str, f64)]) -> io::Result<()> {
        let value = |(tag, scalar): &(&str, f64)| shown(tag, Shown::Scalar(*scalar as f32));
        self.summary(step, scalars.iter().map(value).collect())
    }

    /// Adds the distributions of weights.
    pub fn histograms(&mut self, step: usize, weights: &[(&str, &[f32])]) -> io::Result<()> {
        let value = |(name, values): &(&str, &[f32])| shown(name, Shown::Histogram(histogram(values)));
        self.summary(step, weights.iter().map(value).collect())
    }

    /// Adds a picture, as PNG.
    pub fn picture(&mut self, step: usize, tag: &str, (width, height): (u32, u32), encoded: Vec<u8>) -> io::Result<()> {
        let image = Image { height: height as i32, width: width as i32, colorspace: 3, encoded };
        self.summary(step, vec![shown(tag, Shown::Image(image))])
    }

    /// Adds a text, as Markdown.
    pub fn text(&mut self, step: usize, tag: &str, markdown: String) -> io::Result<()> {
        let text = Text { dtype: DT_STRING, string_val: vec![markdown.into_bytes()] };
        let plugin_data = Some(PluginData { plugin_name: "text".into(), content: Vec::new() });
        let metadata = Some(Metadata { plugin_data });
        self.summary(step, vec![Value { metadata, ..shown(tag, Shown::Text(text)) }])
    }

    /// Says with which settings the run began, and by which curves runs are compared.
    pub fn settings(
        &mut self,
        settings: &serde_json::Map<String, serde_json::Value>,
        metrics: &[&str],
    ) -> io::Result<()> {
        let mut hparams = HashMap::new();
        let mut hparam_infos = Vec::new();
        for (name, value) in settings {
            let (kind, number) = match value.as_f64() {
                Some(number) => (SettingKind::Number(number), NUMBER),
                None => (SettingKind::Text(value.as_str().map_or_else(|| value.to_string(), str::to_owned)), TEXT),
            };
            hparams.insert(name.clone(), Setting { kind: Some(kind) });
            hparam_infos.push(HParamInfo { name: name.clone(), kind: number });
        }
        let metric = |tag: &&str| MetricInfo { name: Some(MetricName { tag: (*tag).to_owned() }) };
        let metric_infos = metrics.iter().map(metric).collect();
        let experiment = HParamsData::Experiment(Experiment { hparam_infos, metric_infos });
        let start = HParamsData::Start(SessionStart { hparams, start_time_secs: now() });
        self.summary(
            0,
            vec![of_hparams("_hparams_/experiment", experiment), of_hparams("_hparams_/session_start_info", start)],
        )
    }

    /// Says that the run is over.
    pub fn end(&mut self) -> io::Result<()> {
        let end = HParamsData::End(SessionEnd { status: SUCCESS, end_time_secs: now() });
        self.summary(0, vec![of_hparams("_hparams_/session_end_info", end)])
    }

    /// The network: each node with what it is and what goes into it.
    pub fn graph(&mut self, nodes: &[(String, String, Vec<String>)]) -> io::Result<()> {
        let node = |(name, op, input): &(String, String, Vec<String>)| Node {
            name: name.clone(),
            op: op.clone(),
            input: input.clone(),
        };
        let graph = Graph { node: nodes.iter().map(node).collect() };
        self.write(0, What::Graph(graph.encode_to_vec()))
    }

    fn summary(&mut self, step: usize, value: Vec<Value>) -> io::Result<()> {
        self.write(step, What::Summary(Summary { value }))
    }

    fn write(&mut self, step: usize, what: What) -> io::Result<()> {
        let event = Event { wall_time: now(), step: step as i64, what: Some(what) };
        write_record(&mut self.0, &event.encode_to_vec())?;
        // Whoever watches sees it at once.
        self.0.flush()
    }
}

fn shown(tag: &str, shown: Shown) -> Value {
    Value { tag: tag.to_owned(), shown: Some(shown), metadata: None }
}

fn of_hparams(tag: &str, data: HParamsData) -> Value {
    let content = HParams { version: 0, data: Some(data) }.encode_to_vec();
    let plugin_data = Some(PluginData { plugin_name: "hparams".into(), content });
    Value { tag: tag.to_owned(), shown: None, metadata: Some(Metadata { plugin_data }) }
}

/// Even buckets from the least to the greatest.
fn histogram(values: &[f32]) -> Histogram {
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut sum, mut sum_squares) = (0.0, 0.0);
    for value in values {
        let value = f64::from(*value);
        (min, max) = (min.min(value), max.max(value));
        (sum, sum_squares) = (sum + value, sum_squares + value * value);
    }
    if values.is_empty() {
        (min, max) = (0.0, 0.0);
    }
    let width = ((max - min) / NUM_BUCKETS as f64).max(f64::MIN_POSITIVE);
    let mut bucket = vec![0.0; NUM_BUCKETS];
    for value in values {
        bucket[(((f64::from(*value) - min) / width) as usize).min(NUM_BUCKETS - 1)] += 1.0;
    }
    let bucket_limit = (1..=NUM_BUCKETS).map(|end| min + width * end as f64).collect();
    Histogram { min, max, num: values.len() as f64, sum, sum_squares, bucket_limit, bucket }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |elapsed| elapsed.as_secs_f64())
}
