//! A photo's file to upright RGB pixels: read, recognise, decode, turn, resize, hash.
//!
//! This room knows files and pixels. It must not know what a tag, a catalogue or a network is.
//!
//! Everything a person opens passes through here, so nothing in here may panic: foreign decoders run behind
//! [`decode()`]'s net, and a picture over [`MAX_PIXELS`] is refused from its header, before memory is asked for. Nor may
//! it wait or grow without end: files that a stranger may have made are opened by [`read()`], [`read_start()`] and
//! [`open()`] alone.

mod budget;
mod decode;
mod fault;
mod hash;
mod jpeg;
mod read;
mod reduced;
mod resize;
mod thumbnail;

pub use budget::{Permit, PixelBudget};
pub use decode::{Header, MAX_PIXELS, decode, format_name, header, is_photo_name, is_plain, xmp_packet};
pub use hash::ContentHash;
pub use read::{open, read, read_start};
pub use reduced::{decode_reduced, decode_within};
pub use resize::{Filter, resize};
pub use thumbnail::{THUMBNAIL_SIDE, fit_within, thumbnail_jpeg};

/// Why a file gives no pixels. The path is added by whoever knows it.
#[derive(Debug, thiserror::Error)]
pub enum ImagingError {
    #[error("the file is empty")]
    Empty,
    #[error("its content is not a picture of a known format (JPEG, PNG, WebP, GIF, BMP or TIFF)")]
    UnknownFormat,
    #[error("it is {width} × {height} pixels, more than the {} million that are opened", MAX_PIXELS / 1_000_000)]
    TooLarge { width: u32, height: u32 },
    #[error("it is damaged or cut short: the file ends in the middle of the picture")]
    CutShort,
    #[error("it is damaged or cut short: {0}")]
    Damaged(String),
    #[error("it cannot be read: {0}")]
    Read(#[from] std::io::Error),
}
