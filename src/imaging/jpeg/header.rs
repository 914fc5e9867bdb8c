//! What stands before the data of a JPEG: sizes, tables, components.

use std::rc::Rc;

use super::super::MAX_PIXELS;
use super::huffman::{AcTable, Table};

/// Where the coefficients of a block lie, row by row, in the order in which they are stored (T.81, figure A.6).
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// The codes of a table as the file has them: how many of 1, 2 … 16 bits, and what they mean.
type Codes<'a> = (&'a [u8; 16], &'a [u8]);

/// A picture of one scan, with everything that its data needs.
pub struct Frame<'a> {
    /// Width and height in pixels.
    pub size: [usize; 2],
    /// One of brightness, or three with the colours.
    pub components: Vec<Component>,
    /// Blocks of the finest component across and down a unit of the scan (an MCU), each 1 or 2.
    pub unit: [usize; 2],
    /// Units from one restart to the next; 0 where there are none.
    pub restart_interval: usize,
    /// What follows the header.
    pub scan: &'a [u8],
}

pub struct Component {
    /// Blocks across and down a unit.
    pub blocks: [usize; 2],
    /// What a coefficient is multiplied by, in stored order.
    pub steps: [u16; 64],
    /// As a rule both colours have the same.
    pub tables: Rc<Tables>,
}

/// The codes of a component.
pub struct Tables {
    pub dc: Table,
    pub ac: AcTable,
}

/// A component as the frame announces it.
#[derive(Clone, Copy)]
struct Announced {
    id: u8,
    blocks: [usize; 2],
    steps: u8,
}

impl<'a> Frame<'a> {
    /// Reads up to the data of the first scan; nothing where that is not the whole picture, in a form that is known here.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut steps: [Option<[u16; 64]>; 4] = [None; 4];
        let mut tables: [[Option<Codes<'a>>; 4]; 2] = [[None; 4]; 2];
        let mut size = None;
        let mut announced = Vec::new();
        let mut restart_interval = 0;
        let mut is_jfif = false;
        let mut adobe_transform = None;
        let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
        loop {
            let (marker, segment, after) = next_segment(rest)?;
            rest = after;
            match marker {
                // Baseline, and the same with more tables.
                0xC0 | 0xC1 if size.is_none() => {
                    let (&[8, h1, h0, w1, w0, count], components) = segment.split_first_chunk::<6>()? else {
                        return None;
                    };
                    size = Some([[w1, w0], [h1, h0]].map(|two| usize::from(u16::from_be_bytes(two))));
                    announced = components.as_chunks::<3>().0.iter().copied().map(announce).collect::<Option<_>>()?;
                    if announced.len() != usize::from(count) || components.len() != announced.len() * 3 {
                        return None;
                    }
                }
                0xC4 => read_tables(segment, &mut tables)?,
                0xDB => read_steps(segment, &mut steps)?,
                0xDD => restart_interval = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
                0xE0 if segment.starts_with(b"JFIF\0") => is_jfif = true,
                0xEE if segment.starts_with(b"Adobe") => adobe_transform = Some(*segment.get(11)?),
                0xDA => {
                    let size = size?;
                    // Without a word on it, components numbered from one are brightness and colours.
                    let has_usual_ids = announced.iter().map(|component| component.id).eq([1, 2, 3]);
                    let has_usual_colours = match adobe_transform {
                        Some(transform) => transform == 1,
                        None => is_jfif || has_usual_ids,
                    };
                    let is_known = announced.len() == 1 || announced.len() == 3 && has_usual_colours;
                    let num_pixels = size[0] * size[1];
                    if num_pixels == 0 || num_pixels as u64 > MAX_PIXELS || !is_known {
                        return None;
                    }
                    let (components, unit) = chosen(segment, announced, &steps, &tables)?;
                    return Some(Self { size, components, unit, restart_interval, scan: rest });
                }
                // Other comments and what programs add.
                0xE0..=0xEF | 0xFE => {}
                _ => return None,
            }
        }
    }

    /// Units of a row.
    pub fn units_across(&self) -> usize {
        self.size[0].div_ceil(8 * self.unit[0])
    }
}

impl Tables {
    /// Those that a component chose. Only here is a table made ready: a file may bring any number of them that nothing
    /// uses.
    fn of(choice: u8, codes: &[[Option<Codes<'_>>; 4]; 2]) -> Option<Self> {
        let table = |class: usize, number: u8| {
            let (counts, symbols) = (*codes[class].get(usize::from(number))?)?;
            Table::new(counts, symbols)
        };
        Some(Self { dc: table(0, choice >> 4)?, ac: AcTable::new(table(1, choice & 15)?) })
    }
}

/// The next marker with what belongs to it, and what comes after.
fn next_segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [0xFF, rest @ ..] = bytes else { return None };
    // Any number of FF may stand before a marker.
    let start = rest.iter().position(|&byte| byte != 0xFF)?;
    let (&marker, rest) = rest[start..].split_first()?;
    let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    let (segment, after) = rest.split_at_checked(length)?;
    Some((marker, segment.get(2..)?, after))
}

fn announce([id, sampling, steps]: [u8; 3]) -> Option<Announced> {
    let blocks = [sampling >> 4, sampling & 15].map(usize::from);
    blocks.iter().all(|count| (1..=2).contains(count)).then_some(Announced { id, blocks, steps })
}

/// The components of a scan, if those are all, as a whole and in order; and the blocks of a unit.
fn chosen(
    segment: &[u8],
    announced: Vec<Announced>,
    steps: &[Option<[u16; 64]>; 4],
    codes: &[[Option<Codes<'_>>; 4]; 2],
) -> Option<(Vec<Component>, [usize; 2])> {
    let (&count, choices) = segment.split_first()?;
    let (choices, range) = choices.split_at_checked(2 * announced.len())?;
    if usize::from(count) != announced.len() || range != [0, 63, 0] {
        return None;
    }
    let is_alone = announced.len() == 1;
    let mut components = Vec::new();
    let mut ready: Vec<(u8, Rc<Tables>)> = Vec::new();
    for (announced, &[id, choice]) in announced.into_iter().zip(choices.as_chunks::<2>().0) {
        let known = ready.iter().find(|(of, _)| *of == choice).map(|(_, tables)| tables.clone());
        let tables = known.or_else(|| Tables::of(choice, codes).map(Rc::new))?;
        ready.push((choice, tables.clone()));
        components.push(Component {
            // Of a component alone a unit is one block, whatever is announced.
            blocks: if is_alone { [1, 1] } else { announced.blocks },
            steps: (*steps.get(usize::from(announced.steps))?)?,
            tables,
        });
        if id != announced.id {
            return None;
        }
    }
    // The first is the finest in all that cameras write.
    let unit = components.first()?.blocks;
    let is_usual = components.iter().skip(1).all(|component| component.blocks == [1, 1]);
    is_usual.then_some((components, unit))
}

fn read_steps(mut segment: &[u8], steps: &mut [Option<[u16; 64]>; 4]) -> Option<()> {
    while let Some((&kind, rest)) = segment.split_first() {
        let to = steps.get_mut(usize::from(kind & 15))?;
        let mut table = [0; 64];
        let used = match kind >> 4 {
            0 => {
                let values: &[u8; 64] = rest.first_chunk()?;
                table = values.map(u16::from);
                64
            }
            1 => {
                let values: &[u8; 128] = rest.first_chunk()?;
                for (to, &two) in table.iter_mut().zip(values.as_chunks::<2>().0) {
                    *to = u16::from_be_bytes(two);
                }
                128
            }
            _ => return None,
        };
        *to = Some(table);
        segment = &rest[used..];
    }
    Some(())
}

fn read_tables<'a>(mut segment: &'a [u8], tables: &mut [[Option<Codes<'a>>; 4]; 2]) -> Option<()> {
    while let Some((&kind, rest)) = segment.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let total = counts.iter().copied().map(usize::from).sum();
        let (symbols, rest) = rest.split_at_checked(total)?;
        let to = tables.get_mut(usize::from(kind >> 4))?.get_mut(usize::from(kind & 15))?;
        *to = Some((counts, symbols));
        segment = rest;
    }
    Some(())
}
