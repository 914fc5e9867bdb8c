//! The bytes of a file, wherever a catalogue says that it lies: a stranger's may name a device that never ends, or a pipe
//! into which nobody writes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// A file larger than this is no photo, and nothing that belongs to one, to be opened whole.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// A file, whole.
///
/// # Errors
/// Where it cannot be read, is no ordinary file, or is larger than 1,024 MB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let check = |size: u64| {
        if size > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("the file is larger than {} MB", MAX_FILE_BYTES >> 20)));
        }
        Ok(())
    };
    let (file, size) = open(path)?;
    check(size)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size as usize)?;
    // It may grow meanwhile, and of what the system makes up as it is read no size is known.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    check(bytes.len() as u64)?;
    Ok(bytes)
}

/// At most so many bytes from the start of a file: a photo's header is among them.
///
/// # Errors
/// Where it cannot be read, or is no ordinary file.
pub fn read_start(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.0.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An ordinary file with its size, for what may be larger than [`read()`] takes.
///
/// # Errors
/// Where it cannot be read, or is no ordinary file.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Or else opening a pipe waits for somebody who writes to it. For an ordinary file it changes nothing.
    #[cfg(unix)]
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file, but a folder, a pipe or a device"));
    }
    Ok((file, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_unless_it_is_larger_than_any_photo() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        std::fs::write(&path, "some bytes").unwrap();
        assert_eq!(read(&path).unwrap(), b"some bytes");
        assert_eq!(read_start(&path, 4).unwrap(), b"some");
        // All of it a hole, which takes no room.
        File::options().write(true).open(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "the file is larger than 1024 MB");
        assert_eq!(read_start(&path, 12).unwrap(), b"some bytes\0\0");
    }

    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_not_read() {
        for path in ["/dev/zero", "/dev"] {
            for refused in [read(Path::new(path)), read_start(Path::new(path), 4)] {
                assert!(refused.unwrap_err().to_string().contains("no file"), "{path}");
            }
        }
    }
}
