//! The framing of `TFRecord` files, which data sets and the event files of `TensorBoard` share.
//!
//! A record is its length (u64, little-endian), a checksum of these eight bytes, the bytes, and a checksum of them
//! (TensorFlow's `core/lib/io/record_writer.cc`). A checksum is a CRC-32C, rotated and shifted ("masked") so that a
//! record which holds records does not look like one.

use std::io::{self, Write};

/// What a record takes beside its bytes.
pub const OVERHEAD_BYTES: u64 = 16;

/// Writes one record.
///
/// # Errors
/// Where `to` cannot be written.
pub fn write_record(to: &mut (impl Write + ?Sized), data: &[u8]) -> io::Result<()> {
    let length = (data.len() as u64).to_le_bytes();
    to.write_all(&length)?;
    to.write_all(&masked_checksum(&length).to_le_bytes())?;
    to.write_all(data)?;
    to.write_all(&masked_checksum(data).to_le_bytes())
}

fn masked_checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_framed_as_tensorflow_does() {
        let mut bytes = Vec::new();
        write_record(&mut bytes, b"hangtag").unwrap();
        // By a loop over bits, as RFC 3720 defines the checksum.
        let length = [7, 0, 0, 0, 0, 0, 0, 0];
        let (of_length, of_data) = (0x119F_D7BB_u32, 0xD88D_332D_u32);
        let expected = [&length[..], &of_length.to_le_bytes(), b"hangtag", &of_data.to_le_bytes()].concat();
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len() as u64, 7 + OVERHEAD_BYTES);
    }
}
