//! Checkpoints: the state of a training as one safetensors file, whole or not at all.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::imaging;
use crate::learn::train::{Best, LossScale, Moments, State, Verdict};
use crate::whole_file;

/// What a checkpoint says of itself; the only entry of the file's header.
const KEY: &str = "hangtag training";

/// Longer headers than any that is written here.
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// Everything but the large numbers. Fractions are kept by their bits: a resumed run gives the same.
#[derive(Serialize, Deserialize)]
struct Small {
    epoch: usize,
    step: u64,
    loss_sum: u64,
    epochs_since_best: usize,
    names: Vec<String>,
    is_averaged: bool,
    best: Option<SmallBest>,
    #[serde(default)]
    loss_scale: Option<(f32, u32)>,
    #[serde(default)]
    num_skipped: usize,
    /// None where the rates are those that were set.
    #[serde(default)]
    rate_factor: Option<f32>,
    /// What the run took so far; checkpoints of before this was kept do not say.
    #[serde(default)]
    seconds: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct SmallBest {
    epoch: usize,
    loss: u64,
    accuracy: u64,
    macro_f1: u64,
}

/// Writes a state, and the seconds that the run took to it, to `path`: to another name first, on disk before it is
/// renamed.
pub(super) fn write(state: &State, seconds: f64, path: &Path) -> io::Result<()> {
    let small = Small {
        epoch: state.epoch,
        step: state.step,
        loss_sum: state.loss_sum.to_bits(),
        epochs_since_best: state.epochs_since_best,
        names: state.names.clone(),
        loss_scale: state.loss_scale.map(|scale| (scale.factor, scale.num_good)),
        num_skipped: state.num_skipped,
        rate_factor: Some(state.rate_factor),
        seconds: Some(seconds),
        is_averaged: !state.averages.is_empty(),
        best: state.best.as_ref().map(|best| SmallBest {
            epoch: best.epoch,
            loss: best.verdict.loss.to_bits(),
            accuracy: best.verdict.accuracy.to_bits(),
            macro_f1: best.verdict.macro_f1.to_bits(),
        }),
    };
    let header = HashMap::from([(KEY.to_owned(), serde_json::to_string(&small)?)]);
    let mut tensors = Vec::new();
    let best = state.best.as_ref().map_or(&[][..], |best| &best.weights);
    let kinds: [(&str, &[Vec<f32>]); 5] = [
        ("weights", &state.weights),
        ("first", &state.moments.first),
        ("second", &state.moments.second),
        ("averages", &state.averages),
        ("best", best),
    ];
    for (kind, values) in kinds {
        for (index, values) in values.iter().enumerate() {
            let view = TensorView::new(Dtype::F32, vec![values.len()], bytemuck::cast_slice(values));
            tensors.push((name_of(kind, index), view.map_err(io::Error::other)?));
        }
    }
    let partial = path.with_extension("part");
    let written = safetensors::serialize_to_file(tensors, Some(header), &partial)
        .map_err(io::Error::other)
        // Windows syncs only what may be written.
        .and_then(|()| OpenOptions::new().write(true).open(&partial)?.sync_all())
        .and_then(|()| whole_file::rename(&partial, path));
    if written.is_err() {
        // What was kept before is whole; half of a newer one only takes room.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The file at `path`, if there is one: what lies beside a stranger's catalogue may be a pipe, which is waited for.
fn open(path: &Path) -> io::Result<Option<File>> {
    match imaging::open(path) {
        Ok((file, _)) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The number of whole epochs before the state at `path`, none where there is no state; and the seconds that the run
/// took to it, where that is known.
pub(super) fn how_far(path: &Path) -> io::Result<(usize, Option<f64>)> {
    let Some(mut file) = open(path)? else { return Ok((0, None)) };
    // Eight bytes say how long the header is that follows them; the numbers after it are not needed.
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let mut header = length.to_vec();
    file.take(u64::from_le_bytes(length).min(MAX_HEADER_BYTES)).read_to_end(&mut header)?;
    let small = small(&header)?;
    Ok((small.epoch, small.seconds))
}

/// What the header of a file says, of which no more than that need be there.
fn small(bytes: &[u8]) -> io::Result<Small> {
    let no_checkpoint = || io::Error::other("it is no checkpoint");
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(no_checkpoint)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(io::Error::other)?;
    let header: serde_json::Value = serde_json::from_slice(rest.get(..length).ok_or_else(no_checkpoint)?)?;
    let small = header["__metadata__"][KEY].as_str().ok_or_else(no_checkpoint)?;
    Ok(serde_json::from_str(small)?)
}

/// Reads the state at `path`, if there is one.
pub(super) fn read(path: &Path) -> io::Result<Option<State>> {
    let Some(mut file) = open(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let small = small(&bytes)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(io::Error::other)?;
    let read = |kind: &str| -> io::Result<Vec<Vec<f32>>> {
        (0..small.names.len())
            .map(|index| {
                let view = tensors.tensor(&name_of(kind, index)).map_err(io::Error::other)?;
                Ok(view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
            })
            .collect()
    };
    let best = match &small.best {
        None => None,
        Some(best) => Some(Best {
            epoch: best.epoch,
            verdict: Verdict {
                loss: f64::from_bits(best.loss),
                accuracy: f64::from_bits(best.accuracy),
                macro_f1: f64::from_bits(best.macro_f1),
            },
            weights: read("best")?,
        }),
    };
    Ok(Some(State {
        epoch: small.epoch,
        step: small.step,
        loss_sum: f64::from_bits(small.loss_sum),
        epochs_since_best: small.epochs_since_best,
        weights: read("weights")?,
        moments: Moments { first: read("first")?, second: read("second")? },
        averages: if small.is_averaged { read("averages")? } else { Vec::new() },
        best,
        names: small.names,
        loss_scale: small.loss_scale.map(|(factor, num_good)| LossScale { factor, num_good }),
        num_skipped: small.num_skipped,
        rate_factor: small.rate_factor.unwrap_or(1.0),
    }))
}

fn name_of(kind: &str, index: usize) -> String {
    format!("{kind}.{index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_bit_for_bit() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let path = folder.path().join("checkpoint.safetensors");
        assert_eq!(read(&path).expect("nothing is no error"), None);
        let numbers = |first: f32| vec![vec![first, -0.0, f32::MIN_POSITIVE / 2.0], vec![1.0 / 3.0]];
        let mut state = State {
            epoch: 3,
            step: 77,
            loss_sum: 0.1 + 0.2,
            epochs_since_best: 2,
            names: vec!["a".into(), "b".into()],
            weights: numbers(1.0),
            moments: Moments { first: numbers(2.0), second: numbers(3.0) },
            averages: Vec::new(),
            best: None,
            loss_scale: None,
            num_skipped: 0,
            rate_factor: 0.3,
        };
        for _ in 0..2 {
            write(&state, 12.5, &path).expect("there is room");
            assert_eq!(read(&path).expect("it was written").as_ref(), Some(&state));
            assert_eq!(how_far(&path).expect("it was written"), (3, Some(12.5)));
            state.averages = numbers(4.0);
            (state.loss_scale, state.num_skipped) = (Some(LossScale { factor: 1024.0, num_good: 7 }), 2);
            let verdict = Verdict { loss: 0.7, accuracy: 1.0 / 3.0, macro_f1: 0.123_456_789 };
            state.best = Some(Best { epoch: 1, verdict, weights: numbers(5.0) });
        }
        fs::write(&path, b"no checkpoint").expect("there is room");
        assert!(read(&path).is_err() && how_far(&path).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_is_no_checkpoint() {
        for path in ["/dev/zero", "/dev"].map(Path::new) {
            let refused = [read(path).err(), how_far(path).err()];
            assert!(refused.into_iter().all(|error| error.is_some_and(|error| error.to_string().contains("no file"))));
        }
    }
}
