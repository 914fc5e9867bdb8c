//! How long photos take at a fraction of their size, beside mozjpeg: `cargo bench --bench jpeg -- FOLDER`.

#![expect(clippy::print_stdout, reason = "what it finds is all that it is for")]

use std::fs;
use std::time::Instant;

use hangtag::imaging;
use mozjpeg::Decompress;

/// Times that each decoder decodes each photo, in turns; the best counts.
const ROUNDS: usize = 7;

fn main() {
    // What cargo adds begins with a dash.
    let folders = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let files = folders.flat_map(|folder| fs::read_dir(folder).expect("a folder of JPEGs")).flatten();
    let files = files.filter_map(|file| fs::read(file.path()).ok());
    let photos: Vec<Vec<u8>> = files.filter(|file| imaging::format_name(file) == Some("jpeg")).collect();
    for eighths in [1_u8, 2, 4] {
        let mut sums = [0.0; 2];
        for photo in &photos {
            let header = imaging::header(photo).expect("a JPEG");
            let min_side = header.width.min(header.height) * u32::from(eighths) / 8;
            let mut best = [f64::INFINITY; 2];
            for _ in 0..ROUNDS {
                best[0] = best[0].min(ms(|| by_mozjpeg(photo, eighths).is_some()));
                best[1] = best[1].min(ms(|| imaging::decode_reduced(photo, min_side).is_ok()));
            }
            (sums[0], sums[1]) = (sums[0] + best[0], sums[1] + best[1]);
        }
        let [of_mozjpeg, ours] = sums.map(|sum| sum / photos.len().max(1) as f64);
        println!("{eighths}/8: mozjpeg {of_mozjpeg:.2} ms, Hangtag {ours:.2} ms, ratio {:.2}", of_mozjpeg / ours);
    }
}

fn ms(decode: impl FnOnce() -> bool) -> f64 {
    let started = Instant::now();
    assert!(decode(), "a JPEG that both decode");
    started.elapsed().as_secs_f64() * 1e3
}

fn by_mozjpeg(photo: &[u8], eighths: u8) -> Option<Vec<u8>> {
    let mut decoder = Decompress::new_mem(photo).ok()?;
    decoder.scale(eighths);
    decoder.rgb().ok()?.read_scanlines().ok()
}
