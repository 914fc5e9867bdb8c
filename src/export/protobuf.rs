//! Protobuf messages that hold weights: encoded in small parts, the weights written straight from where they lie.
//!
//! A message's length stands before it, so that it must be known before its weights are written; it is, since every
//! tensor knows its size.

use std::io::{self, Write};

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::weights::Weights;

/// The content of one message, in the order in which it is written.
#[derive(Default)]
pub struct Stream<'a> {
    parts: Vec<Part<'a>>,
}

enum Part<'a> {
    Bytes(Vec<u8>),
    Weights(Weights<'a>),
}

impl<'a> Stream<'a> {
    /// All fields of a small message. Fields may come in any order, and repeated ones in several goes.
    pub fn fields(mut self, message: &impl Message) -> Self {
        // A vector grows as it must, which is the only way in which encoding can fail.
        message.encode(self.bytes()).expect("a vector has room");
        self
    }

    /// A field that is a message.
    pub fn message(mut self, field: u32, message: Stream<'a>) -> Self {
        self.head(field, message.num_bytes());
        self.parts.extend(message.parts);
        self
    }

    /// A field of bytes that are a tensor's numbers.
    pub fn weights(mut self, field: u32, weights: Weights<'a>) -> Self {
        self.head(field, weights.num_bytes());
        self.parts.push(Part::Weights(weights));
        self
    }

    pub fn num_bytes(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Bytes(bytes) => bytes.len() as u64,
                Part::Weights(weights) => weights.num_bytes(),
            })
            .sum()
    }

    pub fn write_to(&self, to: &mut dyn Write) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| match part {
            Part::Bytes(bytes) => to.write_all(bytes),
            Part::Weights(weights) => weights.write_to(to),
        })
    }

    fn head(&mut self, field: u32, length: u64) {
        let bytes = self.bytes();
        encode_key(field, WireType::LengthDelimited, bytes);
        encode_varint(length, bytes);
    }

    fn bytes(&mut self) -> &mut Vec<u8> {
        if !matches!(self.parts.last(), Some(Part::Bytes(_))) {
            self.parts.push(Part::Bytes(Vec::new()));
        }
        match self.parts.last_mut() {
            Some(Part::Bytes(bytes)) => bytes,
            _ => unreachable!("bytes were pushed last"),
        }
    }
}
