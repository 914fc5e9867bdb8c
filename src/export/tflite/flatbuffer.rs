//! A `FlatBuffer` written front to back, the weights straight from where they lie.
//!
//! The published builder works back to front in memory, so that all weights would be there twice, and cannot align
//! them to the 16 bytes that the format asks for. References only point forwards; objects are made children first and
//! laid out in the reverse order.

use std::io::{self, Write};

use crate::export::weights::Weights;

/// What weights are aligned to.
const DATA_ALIGN: u64 = 16;

/// An object that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

/// The content of a table's field.
#[derive(Clone, Copy)]
pub enum Field {
    U8(u8),
    U32(u32),
    I32(i32),
    F32(f32),
    /// To an object made before.
    To(Id),
}

#[derive(Default)]
pub struct Flatbuffer<'a> {
    objects: Vec<Object<'a>>,
}

enum Object<'a> {
    /// Slots, in which a table's fields are numbered, with what is in them.
    Table(Vec<(u16, Field)>),
    Vector {
        count: usize,
        align: u64,
        bytes: Vec<u8>,
    },
    References(Vec<Id>),
    Data(Weights<'a>),
}

/// Where an object lies: its first byte, and the byte that a reference points to.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u64,
    target: u64,
}

impl Field {
    fn bytes(self) -> ([u8; 4], u64) {
        match self {
            Self::U8(value) => ([value, 0, 0, 0], 1),
            Self::U32(value) => (value.to_le_bytes(), 4),
            Self::I32(value) => (value.to_le_bytes(), 4),
            Self::F32(value) => (value.to_le_bytes(), 4),
            Self::To(_) => ([0; 4], 4),
        }
    }
}

impl<'a> Flatbuffer<'a> {
    pub fn table(&mut self, fields: Vec<(u16, Field)>) -> Id {
        self.push(Object::Table(fields))
    }

    pub fn text(&mut self, text: &str) -> Id {
        let bytes = [text.as_bytes(), &[0]].concat();
        self.push(Object::Vector { count: text.len(), align: 1, bytes })
    }

    pub fn ints(&mut self, values: &[i32]) -> Id {
        self.vector(values.len(), 4, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn longs(&mut self, values: &[i64]) -> Id {
        self.vector(values.len(), 8, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn floats(&mut self, values: &[f32]) -> Id {
        self.vector(values.len(), 4, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn bytes(&mut self, bytes: Vec<u8>) -> Id {
        self.vector(bytes.len(), DATA_ALIGN, bytes)
    }

    pub fn data(&mut self, weights: Weights<'a>) -> Id {
        self.push(Object::Data(weights))
    }

    pub fn references(&mut self, ids: Vec<Id>) -> Id {
        self.push(Object::References(ids))
    }

    fn vector(&mut self, count: usize, align: u64, bytes: Vec<u8>) -> Id {
        self.push(Object::Vector { count, align, bytes })
    }

    fn push(&mut self, object: Object<'a>) -> Id {
        self.objects.push(object);
        Id(self.objects.len() - 1)
    }

    /// Writes everything; gives the number of bytes.
    ///
    /// # Errors
    /// Where `to` cannot be written, or it is more than references can span.
    pub fn write(&self, root: Id, identifier: [u8; 4], to: &mut dyn Write) -> io::Result<u64> {
        let places = self.places();
        let reference = |from: u64, id: Id| {
            u32::try_from(places[id.0].target - from).map_err(|_| io::Error::other("the model is larger than 4 GB"))
        };
        to.write_all(&reference(0, root)?.to_le_bytes())?;
        to.write_all(&identifier)?;
        let mut at = 8;
        for (object, place) in self.objects.iter().zip(&places).rev() {
            pad(to, &mut at, place.start)?;
            match object {
                Object::Table(fields) => {
                    let layout = Layout::of(fields);
                    to.write_all(&layout.vtable)?;
                    at += layout.vtable.len() as u64;
                    pad(to, &mut at, place.target)?;
                    let mut bytes = vec![0; layout.size as usize];
                    bytes[..4].copy_from_slice(&((place.target - place.start) as i32).to_le_bytes());
                    for ((_, field), &offset) in fields.iter().zip(&layout.offsets) {
                        let (mut content, size) = field.bytes();
                        if let Field::To(id) = field {
                            content = reference(place.target + offset, *id)?.to_le_bytes();
                        }
                        bytes[offset as usize..(offset + size) as usize].copy_from_slice(&content[..size as usize]);
                    }
                    to.write_all(&bytes)?;
                    at += layout.size;
                }
                Object::Vector { count, bytes, .. } => {
                    to.write_all(&(*count as u32).to_le_bytes())?;
                    to.write_all(bytes)?;
                    at += 4 + bytes.len() as u64;
                }
                Object::References(ids) => {
                    to.write_all(&(ids.len() as u32).to_le_bytes())?;
                    at += 4;
                    for id in ids {
                        to.write_all(&reference(at, *id)?.to_le_bytes())?;
                        at += 4;
                    }
                }
                Object::Data(weights) => {
                    to.write_all(&(weights.num_bytes() as u32).to_le_bytes())?;
                    weights.write_to(to)?;
                    at += 4 + weights.num_bytes();
                }
            }
        }
        let end = at.next_multiple_of(DATA_ALIGN);
        pad(to, &mut at, end)?;
        Ok(at)
    }

    fn places(&self) -> Vec<Place> {
        let mut places = vec![Place::default(); self.objects.len()];
        let mut at = 8u64;
        for (object, place) in self.objects.iter().zip(&mut places).rev() {
            match object {
                Object::Table(fields) => {
                    let layout = Layout::of(fields);
                    place.start = at.next_multiple_of(2);
                    place.target = (place.start + layout.vtable.len() as u64).next_multiple_of(4);
                    at = place.target + layout.size;
                }
                Object::Vector { align, bytes, .. } => {
                    *place = vector_at(at, *align);
                    at = place.target + 4 + bytes.len() as u64;
                }
                Object::References(ids) => {
                    *place = vector_at(at, 4);
                    at = place.target + 4 + 4 * ids.len() as u64;
                }
                Object::Data(weights) => {
                    *place = vector_at(at, DATA_ALIGN);
                    at = place.target + 4 + weights.num_bytes();
                }
            }
        }
        places
    }
}

/// A length of four bytes, then aligned elements.
fn vector_at(at: u64, align: u64) -> Place {
    let start = (at + 4).next_multiple_of(align.max(4)) - 4;
    Place { start, target: start }
}

fn pad(to: &mut dyn Write, at: &mut u64, until: u64) -> io::Result<()> {
    to.write_all(&[0; DATA_ALIGN as usize][..(until - *at) as usize])?;
    *at = until;
    Ok(())
}

/// How a table lies: the offset of each field from the table's own first byte, four bytes before the first field.
struct Layout {
    vtable: Vec<u8>,
    offsets: Vec<u64>,
    size: u64,
}

impl Layout {
    fn of(fields: &[(u16, Field)]) -> Self {
        let mut offsets = vec![0; fields.len()];
        let mut size = 4;
        // Larger fields first, so that each is aligned.
        for wanted in [4, 1] {
            for ((_, field), offset) in
                fields.iter().zip(&mut offsets).filter(|((_, field), _)| field.bytes().1 == wanted)
            {
                *offset = size;
                size += field.bytes().1;
            }
        }
        let num_slots = fields.iter().map(|(slot, _)| slot + 1).max().unwrap_or(0);
        let mut entries = vec![0u16; 2 + num_slots as usize];
        entries[0] = 4 + 2 * num_slots;
        entries[1] = size as u16;
        for ((slot, _), offset) in fields.iter().zip(&offsets) {
            entries[2 + *slot as usize] = *offset as u16;
        }
        let vtable = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        Self { vtable, offsets, size: size.next_multiple_of(4) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_through_its_references() {
        let mut buffer = Flatbuffer::default();
        let weights = buffer.data(Weights::plain(vec![1.5f32, -2.0]));
        let name = buffer.text("尺");
        let root = buffer.table(vec![(0, Field::U8(7)), (2, Field::To(name)), (3, Field::To(weights))]);
        let mut bytes = Vec::new();
        let length = buffer.write(root, *b"TEST", &mut bytes).unwrap();
        assert_eq!(length, bytes.len() as u64);
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()) as usize;
        let table = u32_at(0);
        let vtable = table - u32_at(table);
        assert_eq!(&bytes[4..8], b"TEST");
        assert_eq!(bytes[table + u16_at(vtable + 4)], 7);
        assert_eq!(u16_at(vtable + 6), 0, "slot 1 is empty");
        let field = table + u16_at(vtable + 8);
        let text = field + u32_at(field);
        assert_eq!(&bytes[text + 4..text + 4 + u32_at(text)], "尺".as_bytes());
        let field = table + u16_at(vtable + 10);
        let data = field + u32_at(field);
        assert_eq!((u32_at(data), (data + 4) % 16), (8, 0));
        assert_eq!(bytes[data + 4..data + 8], 1.5f32.to_le_bytes());
    }
}
