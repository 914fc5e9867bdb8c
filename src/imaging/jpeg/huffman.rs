//! Huffman tables (T.81, annex C), looked up by the next bits of the data.

/// Bits by which codes are looked up; longer ones are rare.
pub const LOOKED_AT: usize = 12;

/// The codes of a table.
pub struct Table {
    /// By the next bits: a code's length in the lower byte and what it means in the upper one; 0 where it is longer.
    pub short: Box<[u16; 1 << LOOKED_AT]>,
    /// For each length, the first number that is no code of it, as 16 bits, and what to add for the place in `symbols`.
    ends: [(u32, i32); 17],
    symbols: Vec<u8>,
}

/// The codes of the coefficients after a block's first.
pub struct AcTable {
    pub codes: Table,
    /// By the next bits: as many codes as lie in them, with the bits of their numbers; see [`Leap`].
    pub leaps: Box<[Leap; 1 << LOOKED_AT]>,
}

/// Some coefficients to be skipped, in 16 bits: how many bits (5), whether the block ends with them (1), how many places
/// further that is (6); 0 where a code is longer than what is looked at.
#[derive(Clone, Copy, Default)]
pub struct Leap(u16);

impl Leap {
    fn new(bits: usize, places: usize, is_end: bool) -> Self {
        Self((bits | usize::from(is_end) << 5 | places << 6) as u16)
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    pub fn bits(self) -> u32 {
        u32::from(self.0 & 31)
    }

    pub fn is_end(self) -> bool {
        self.0 & 32 != 0
    }

    pub fn places(self) -> usize {
        usize::from(self.0 >> 6)
    }
}

impl Table {
    /// The table with so many codes of 1, 2 … 16 bits; nothing if there are not so many.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut short = Box::new([0; 1 << LOOKED_AT]);
        let mut ends = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0);
        for (length, &count) in (1..).zip(counts) {
            let first = code;
            ends[length].1 = place as i32 - first as i32;
            for &symbol in symbols.get(place..place + usize::from(count))? {
                if length <= LOOKED_AT {
                    let from = (code as usize) << (LOOKED_AT - length);
                    let filled = short.get_mut(from..from + (1 << (LOOKED_AT - length)))?;
                    filled.fill(u16::from(symbol) << 8 | length as u16);
                }
                code += 1;
            }
            if code > 1 << length {
                return None;
            }
            place += usize::from(count);
            ends[length].0 = code << (16 - length);
            code <<= 1;
        }
        Some(Self { short, ends, symbols: symbols.to_vec() })
    }

    /// What the next 16 bits begin with, and how many bits that are.
    pub fn long(&self, bits: u32) -> Option<(u8, u32)> {
        let length = (1..=16).find(|&length| bits < self.ends[length].0)?;
        let place = (bits >> (16 - length)) as i32 + self.ends[length].1;
        Some((*self.symbols.get(usize::try_from(place).ok()?)?, length as u32))
    }
}

impl AcTable {
    pub fn new(codes: Table) -> Self {
        let leaps = Box::new(std::array::from_fn(|bits| leap(&codes.short, bits)));
        Self { codes, leaps }
    }
}

/// As many coefficients as can be told from the next bits.
fn leap(short: &[u16; 1 << LOOKED_AT], next: usize) -> Leap {
    let (mut bits, mut places) = (0, 0);
    let mut leap = Leap::default();
    while bits < LOOKED_AT {
        // What is not known is taken for zeros, and a code that reaches into it is not taken.
        let entry = short[next << bits & ((1 << LOOKED_AT) - 1)];
        let (symbol, length) = (usize::from(entry >> 8), usize::from(entry & 0xFF));
        let (run, size) = (symbol >> 4, symbol & 15);
        if length == 0 || bits + length > LOOKED_AT || size > 10 {
            break;
        }
        bits += length + size;
        let is_end = size == 0 && run < 15;
        places += if is_end { 0 } else { run + 1 };
        if places >= 63 {
            break;
        }
        leap = Leap::new(bits, places, is_end);
        if is_end {
            break;
        }
    }
    leap
}
