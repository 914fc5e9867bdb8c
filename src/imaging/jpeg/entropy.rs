//! The data of a scan as bits, and the blocks in it (T.81, section F.2).

use super::header::{Component, Tables};
use super::huffman::{AcTable, LOOKED_AT, Table};
use super::inverse::Inverse;

/// Zeros behind the data, so that it can be read in words up to its end.
const MARGIN: usize = 8;

/// The data of a scan without what is only there to tell it from markers.
pub struct Scan {
    bytes: Vec<u8>,
    /// Where segments, from one restart to the next, end.
    ends: Vec<usize>,
}

/// A segment, read from its beginning.
pub struct Bits<'a> {
    /// With what follows the segment.
    bytes: &'a [u8],
    /// Bytes of the segment itself.
    len: usize,
    at: usize,
    /// The next bits, the first of them highest.
    next: u64,
    /// How many of `next` are from the bytes up to `at`.
    count: u32,
}

impl Scan {
    /// The data up to the end of the image; nothing where something else comes first.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let mut bytes = Vec::with_capacity(data.len() + MARGIN);
        let mut ends = Vec::new();
        loop {
            let marker = memchr::memchr(0xFF, data)?;
            bytes.extend_from_slice(&data[..marker]);
            match *data.get(marker + 1)? {
                0 => bytes.push(0xFF),
                // Any number of FF may stand before a marker.
                0xFF => {
                    data = &data[marker + 1..];
                    continue;
                }
                0xD0..=0xD7 => ends.push(bytes.len()),
                0xD9 => {
                    ends.push(bytes.len());
                    bytes.extend_from_slice(&[0; MARGIN]);
                    return Some(Self { bytes, ends });
                }
                _ => return None,
            }
            data = &data[marker + 2..];
        }
    }

    pub fn segments(&self) -> impl Iterator<Item = Bits<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(move |(start, &end)| {
            let (bytes, len) = (&self.bytes[start..], end - start);
            Bits { bytes, len, at: 0, next: 0, count: 0 }
        })
    }
}

impl Bits<'_> {
    /// Whether more was read than there is.
    pub fn is_overrun(&self) -> bool {
        self.at * 8 - self.count as usize > self.len * 8
    }

    /// Has at least 56 bits at hand.
    #[inline(always)]
    fn refill(&mut self) {
        // Beyond the segment nothing counts any more, be it the next one, the margin or nothing at all.
        let word =
            self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).map_or(0, |next| u64::from_be_bytes(*next));
        self.next |= word >> self.count;
        let taken = (63 - self.count) / 8;
        self.at += taken as usize;
        self.count += taken * 8;
    }

    /// Has at least 32 bits at hand, which a code and its number fit into.
    #[inline(always)]
    fn refill_below_half(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.next <<= bits;
        self.count -= bits;
    }

    #[inline(always)]
    fn symbol(&mut self, table: &Table) -> Option<u8> {
        let entry = table.short[(self.next >> (64 - LOOKED_AT)) as usize];
        let (symbol, length) = match entry {
            0 => table.long((self.next >> 48) as u32)?,
            entry => ((entry >> 8) as u8, u32::from(entry & 0xFF)),
        };
        self.skip(length);
        Some(symbol)
    }

    /// A number of so many bits (T.81, table F.1): as many as it takes, negative where the first is 0.
    #[inline(always)]
    fn number(&mut self, size: u32) -> i32 {
        // In two steps, since of 64 bits none can be moved by 64.
        let bits = (self.next >> 1 >> (63 - size)) as i32;
        self.skip(size);
        let is_negative = bits < (1 << size) >> 1;
        bits - if is_negative { (1 << size) - 1 } else { 0 }
    }

    /// How many places further the next coefficient is, none where the block ends, and of how many bits its number: none
    /// after sixteen zeros.
    #[inline(always)]
    fn coefficient(&mut self, ac: &AcTable) -> Option<(usize, u32)> {
        let symbol = self.symbol(&ac.codes)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        let places = if size == 0 && run < 15 { 0 } else { run + 1 };
        (size <= 10).then_some((places, size))
    }

    /// Adds what is needed of the next block's coefficients, times their steps, to the zeros in `block`.
    #[inline(always)]
    pub fn block(
        &mut self,
        component: &Component,
        inverse: &Inverse,
        prediction: &mut i32,
        block: &mut [f32],
    ) -> Option<()> {
        let Tables { dc, ac } = &*component.tables;
        self.refill();
        let size = u32::from(self.symbol(dc)?);
        if size > 11 {
            return None;
        }
        *prediction = prediction.wrapping_add(self.number(size));
        block[0] += *prediction as f32 * inverse.steps[0];
        let mut place = 0;
        while place < inverse.last {
            self.refill_below_half();
            let (places, size) = self.coefficient(ac)?;
            if places == 0 {
                return Some(());
            }
            place += places;
            if place > 63 {
                return None;
            }
            block[usize::from(inverse.places[place])] += self.number(size) as f32 * inverse.steps[place];
        }
        self.skip_from(place, ac)
    }

    /// Goes to the end of a block.
    #[inline(always)]
    fn skip_from(&mut self, mut place: usize, ac: &AcTable) -> Option<()> {
        while place < 63 {
            self.refill_below_half();
            let leap = ac.leaps[(self.next >> (64 - LOOKED_AT)) as usize];
            // Where the block may end in between, what follows may be another.
            if !leap.is_none() && place + leap.places() < 63 {
                self.skip(leap.bits());
                if leap.is_end() {
                    return Some(());
                }
                place += leap.places();
                continue;
            }
            let (places, size) = self.coefficient(ac)?;
            if places == 0 {
                return Some(());
            }
            self.skip(size);
            place += places;
        }
        (place == 63).then_some(())
    }
}
