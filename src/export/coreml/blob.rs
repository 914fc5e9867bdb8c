//! The file of weights beside a Core ML program: 64 bytes that say how many, then for each tensor 64 bytes that say
//! where it is, and its numbers, all of it aligned to 64 bytes.

use std::io::{self, Write};

use crate::export::weights::Weights;

const ALIGN: u64 = 64;
const VERSION: u32 = 2;
const SENTINEL: u32 = 0xDEAD_BEEF;

/// `BlobDataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    F16 = 1,
    F32 = 2,
}

/// The tensors in order of their places.
pub struct Blob<'a> {
    tensors: Vec<(Kind, u64, Weights<'a>)>,
    end: u64,
}

impl<'a> Blob<'a> {
    pub fn new() -> Self {
        Self { tensors: Vec::new(), end: ALIGN }
    }

    /// Adds a tensor and gives its place, by which the program refers to it.
    pub fn add(&mut self, kind: Kind, weights: Weights<'a>) -> u64 {
        let place = self.end;
        self.end = (place + ALIGN + weights.num_bytes()).next_multiple_of(ALIGN);
        self.tensors.push((kind, place, weights));
        place
    }

    pub fn write_to(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut head = [(self.tensors.len() as u32).to_le_bytes(), VERSION.to_le_bytes()].concat();
        head.resize(ALIGN as usize, 0);
        to.write_all(&head)?;
        for (kind, place, weights) in &self.tensors {
            let mut head = [SENTINEL.to_le_bytes(), (*kind as u32).to_le_bytes()].concat();
            head.extend([weights.num_bytes(), place + ALIGN].iter().flat_map(|number| number.to_le_bytes()));
            head.resize(ALIGN as usize, 0);
            to.write_all(&head)?;
            weights.write_to(to)?;
            let rest = weights.num_bytes().next_multiple_of(ALIGN) - weights.num_bytes();
            to.write_all(&[0; ALIGN as usize][..rest as usize])?;
        }
        Ok(())
    }
}
