//! A shop's CSV as it is: its encoding, its separator, and where each row lies, so that what is not changed stays to the
//! byte.

use std::ops::Range;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use csv::StringRecord;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::export::labels::Note;
use crate::failure::ShopFault;

/// How a file's text is written.
#[derive(Clone, Copy)]
enum TextEncoding {
    Utf8 { has_mark: bool },
    Utf16Le,
    Utf16Be,
    Legacy(&'static Encoding),
}

pub(super) struct Table {
    encoding: TextEncoding,
    text: String,
    delimiter: u8,
    pub header: StringRecord,
    rows: Vec<Row>,
}

struct Row {
    /// In the text, without the end of the line.
    span: Range<usize>,
    cells: StringRecord,
}

/// A cell that is to be another.
pub(super) struct Change {
    pub row: usize,
    pub column: usize,
    pub after: String,
}

impl Table {
    /// # Errors
    /// [`ShopFault`] for what is no CSV, or an encoding that cannot be told for certain.
    pub fn read(bytes: &[u8]) -> Result<Self, ShopFault> {
        let (encoding, text) = decode(bytes)?;
        let delimiter = delimiter_of(&text);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        loop {
            let start = reader.position().byte() as usize;
            let line = reader.position().line();
            let mut cells = StringRecord::new();
            let is_there = reader.read_record(&mut cells).map_err(|error| ShopFault::NoCsv(error.to_string()))?;
            if !is_there {
                break;
            }
            let row = &text[start..reader.position().byte() as usize];
            // The reader may stand between the two characters that end a line.
            let span_start = start + (row.len() - row.trim_start_matches(['\r', '\n']).len());
            let span = span_start..start + row.trim_end_matches(['\r', '\n']).len();
            let expected = rows.first().map_or(cells.len(), |header: &Row| header.cells.len());
            if cells.len() != expected {
                return Err(ShopFault::Ragged { line, found: cells.len(), expected });
            }
            rows.push(Row { span, cells });
        }
        if rows.is_empty() {
            return Err(ShopFault::Empty);
        }
        let header = rows.remove(0).cells;
        Ok(Self { encoding, text, delimiter, header, rows })
    }

    pub fn num_rows(&self) -> usize {
        self.rows.len()
    }

    /// A cell, by the row after the header; empty where there is no such column.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.rows[row].cells.get(column).unwrap_or_default()
    }

    /// The text with other cells.
    pub fn with(&self, changes: &[Change]) -> String {
        let mut after = String::with_capacity(self.text.len() + 64 * changes.len());
        let (mut at, mut rest) = (0, changes);
        while let Some(first) = rest.first() {
            let row = &self.rows[first.row];
            let (of_row, others) = rest.split_at(rest.iter().take_while(|change| change.row == first.row).count());
            let cell = |(column, cell): (usize, &str)| {
                let change = of_row.iter().find(|change| change.column == column);
                change.map_or_else(|| cell.to_owned(), |change| change.after.clone())
            };
            let cells: Vec<String> = row.cells.iter().enumerate().map(cell).collect();
            after.push_str(&self.text[at..row.span.start]);
            after.push_str(&self.line(&cells));
            at = row.span.end;
            rest = others;
        }
        after.push_str(&self.text[at..]);
        after
    }

    /// A text as bytes of this file's encoding.
    ///
    /// # Errors
    /// [`ShopFault::NoCharacters`] where a new cell holds what the encoding has no character for.
    pub fn encoded(&self, text: &str, changes: &[Change]) -> Result<Vec<u8>, ShopFault> {
        let units = |mark: u16, bytes: fn(u16) -> [u8; 2]| {
            [mark].into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        match self.encoding {
            TextEncoding::Utf8 { has_mark: false } => Ok(text.as_bytes().to_vec()),
            TextEncoding::Utf8 { has_mark: true } => Ok([b"\xEF\xBB\xBF", text.as_bytes()].concat()),
            TextEncoding::Utf16Le => Ok(units(0xFEFF, u16::to_le_bytes)),
            TextEncoding::Utf16Be => Ok(units(0xFEFF, u16::to_be_bytes)),
            TextEncoding::Legacy(encoding) => {
                let (bytes, _, is_lossy) = encoding.encode(text);
                if !is_lossy {
                    return Ok(bytes.into_owned());
                }
                let guilty = changes.iter().find(|change| encoding.encode(&change.after).2);
                let text = guilty.map(|change| change.after.clone()).unwrap_or_default();
                Err(ShopFault::NoCharacters { encoding: encoding.name(), text })
            }
        }
    }

    /// What is to be said of the encoding, where it had to be guessed.
    pub fn note(&self) -> Option<Note> {
        match self.encoding {
            TextEncoding::Legacy(encoding) => Some(Note::Encoding(encoding.name())),
            _ => None,
        }
    }

    fn line(&self, cells: &[String]) -> String {
        let mut writer = csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        // A Vec takes everything, and the cells are text.
        let line = writer.write_record(cells).ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
        String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned()
    }
}

fn decode(bytes: &[u8]) -> Result<(TextEncoding, String), ShopFault> {
    let decoded = |encoding: &'static Encoding, bytes| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.map(std::borrow::Cow::into_owned).ok_or(ShopFault::UnknownEncoding)
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            let text = std::str::from_utf8(rest).map_err(|_| ShopFault::MixedEncoding)?;
            Ok((TextEncoding::Utf8 { has_mark: true }, text.to_owned()))
        }
        [0xFF, 0xFE, rest @ ..] => Ok((TextEncoding::Utf16Le, decoded(UTF_16LE, rest)?)),
        [0xFE, 0xFF, rest @ ..] => Ok((TextEncoding::Utf16Be, decoded(UTF_16BE, rest)?)),
        _ if bytes.contains(&0) => Err(ShopFault::NoText),
        _ => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                return Ok((TextEncoding::Utf8 { has_mark: false }, text.to_owned()));
            }
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
            detector.feed(bytes, true);
            let encoding = detector.guess(None, Utf8Detection::Deny);
            let text = decoded(encoding, bytes)?;
            // What does not come back as it was would change cells that nobody asked to change.
            let comes_back = encoding.encode(&text).0 == bytes;
            if comes_back { Ok((TextEncoding::Legacy(encoding), text)) } else { Err(ShopFault::UnknownEncoding) }
        }
    }
}

/// The separator that cuts the first line into the most parts.
fn delimiter_of(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| line.bytes().filter(|byte| byte == delimiter).count();
    // The last of the largest wins, so that a comma does where there is only one column.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changed(bytes: &[u8], row: usize, column: usize, after: &str) -> Result<Vec<u8>, ShopFault> {
        let table = Table::read(bytes)?;
        let changes = [Change { row, column, after: after.into() }];
        table.encoded(&table.with(&changes), &changes)
    }

    #[test]
    fn every_encoding_is_written_as_it_was_read() {
        let text =
            "Handle,Title,Tags\r\nröd-klänning,\"Röd \"\"fin\"\" klänning, lång\",\r\nhatt,Grå hatt på bordet,\r\n";
        let after = text.replace("lång\",", "lång\",blå");
        let wide = |text: &str| {
            [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
        };
        let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        let marked = |text: &str| [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let plain = |text: &str| text.as_bytes().to_vec();
        let of = |text: &str| [plain(text), marked(text), wide(text), latin(text)];
        for (before, after) in of(text).into_iter().zip(of(&after)) {
            assert_eq!(changed(&before, 0, 2, "blå").unwrap(), after);
        }
        let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
        let text = "Handle,Title,Tags\n红色连衣裙,红色的夏季连衣裙，长款,新品\n帽子,灰色的帽子放在桌子上,\n";
        assert_eq!(changed(&gbk(text), 1, 2, "冬季").unwrap(), gbk(&text.replace("桌子上,", "桌子上,冬季")));
    }

    #[test]
    fn what_an_encoding_cannot_say_is_refused() {
        let latin = encoding_rs::WINDOWS_1252.encode("Handle,Title,Tags\nhatt,Grå hatt på bordet,\n").0;
        let no_hat = ShopFault::NoCharacters { encoding: "windows-1252", text: "帽子".into() };
        assert_eq!(changed(&latin, 0, 2, "帽子"), Err(no_hat));
        assert!(matches!(Table::read(b""), Err(ShopFault::Empty)));
        assert!(matches!(Table::read(b"PK\x03\x04\0\0\0"), Err(ShopFault::NoText)));
        let ragged = Table::read(b"a,b\n1,2\n3\n");
        assert!(matches!(ragged, Err(ShopFault::Ragged { line: 2..=4, found: 1, expected: 2 })));
    }

    proptest! {
        #[test]
        fn a_change_touches_its_cell_only(
            cells in proptest::collection::vec(proptest::collection::vec("[a-zäß漢,;\"\t \r\n=]{0,6}", 3), 2..8),
            row in 0..100_usize, column in 0..3_usize, ending in prop_oneof!["\n", "\r\n"], delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        ) {
            let terminator = if ending == "\n" { csv::Terminator::Any(b'\n') } else { csv::Terminator::CRLF };
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
            writer.write_record(["one", "two", "three"]).unwrap();
            cells.iter().for_each(|cells| writer.write_record(cells).unwrap());
            let before = writer.into_inner().unwrap();
            let row = row % cells.len();
            let after = changed(&before, row, column, "new, \"cell\"").unwrap();
            let table = Table::read(&after).unwrap();
            prop_assert_eq!(table.num_rows(), cells.len());
            for (r, of_row) in cells.iter().enumerate() {
                for (c, cell) in of_row.iter().enumerate() {
                    let expected = if (r, c) == (row, column) { "new, \"cell\"" } else { cell.as_str() };
                    prop_assert_eq!(table.cell(r, c), expected);
                }
            }
            // And nothing at all where nothing is to change.
            let table = Table::read(&before).unwrap();
            prop_assert_eq!(table.with(&[]).into_bytes(), before);
        }
    }
}
