//! A line as a tree of terms, each of which knows where it stands; printed, it reads as the same tree again.

use std::fmt;
use std::ops::Range;

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Two or more.
    Or(Vec<Node>),
    /// Two or more.
    And(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

/// One thing that is asked of a photo: `key:value`, or a word to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// As typed, without the colon.
    pub key: Option<Word>,
    /// May be empty where there is a key.
    pub value: Word,
    pub span: Range<usize>,
}

/// Text without blanks in between, of which parts may be quoted: `category/"long dress"=yes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub pieces: Vec<Piece>,
    pub span: Range<usize>,
}

/// A stretch of a word that is quoted or not. Never empty unless it is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Without the quotes.
    pub text: String,
    pub is_quoted: bool,
    /// With the quotes.
    pub span: Range<usize>,
}

impl Term {
    /// Tells the key from the value. Only letters make a key, so that `12:30` is a word.
    pub fn new(word: Word) -> Self {
        let span = word.span.clone();
        if let Some((key, value)) = word.split_bare(':')
            && let [Piece { text, is_quoted: false, .. }] = key.pieces.as_slice()
            && text.chars().all(char::is_alphabetic)
        {
            return Self { key: Some(key), value, span };
        }
        Self { key: None, value: word, span }
    }
}

impl Word {
    /// The text without the quotes.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// Whether any of it is quoted.
    pub fn is_quoted(&self) -> bool {
        self.pieces.iter().any(|piece| piece.is_quoted)
    }

    /// What stands before and after the first `separator` that is not quoted.
    pub fn split_bare(&self, separator: char) -> Option<(Self, Self)> {
        let (index, offset) = self.pieces.iter().enumerate().find_map(|(index, piece)| {
            let offset = if piece.is_quoted { None } else { piece.text.find(separator) };
            offset.map(|offset| (index, offset))
        })?;
        let piece = &self.pieces[index];
        let (end, start) = (piece.span.start + offset, piece.span.start + offset + separator.len_utf8());
        let part = |span: Range<usize>| {
            let text = piece.text[span.start - piece.span.start..span.end - piece.span.start].to_owned();
            (!text.is_empty()).then_some(Piece { text, is_quoted: false, span })
        };
        let before = self.pieces[..index].iter().cloned().chain(part(piece.span.start..end)).collect();
        let after = part(start..piece.span.end).into_iter().chain(self.pieces[index + 1..].iter().cloned()).collect();
        Some((Self { pieces: before, span: self.span.start..end }, Self { pieces: after, span: start..self.span.end }))
    }
}

/// A name as it has to stand in a line to be one word: quoted if it must be, as in `tag:"long sleeve"`.
#[must_use]
pub fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    // `any` is plain text, but `group:colour=any` means something else than a tag of that name.
    let has_meaning = name.is_empty() || name.starts_with('-') || matches!(name, "AND" | "OR" | "NOT" | "any");
    if !has_meaning && name.chars().all(is_plain) { name.to_owned() } else { in_quotes(name) }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, nodes: &[Self], operator: &str| {
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    write!(f, " {operator} ")?;
                }
                // An AND binds more tightly than an OR, but one inside its own kind keeps its parentheses.
                match node {
                    Self::Or(_) => write!(f, "({node})")?,
                    Self::And(_) if operator == "AND" => write!(f, "({node})")?,
                    _ => write!(f, "{node}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Or(nodes) => joined(f, nodes, "OR"),
            Self::And(nodes) => joined(f, nodes, "AND"),
            Self::Not(node) if matches!(**node, Self::Or(_) | Self::And(_)) => write!(f, "NOT ({node})"),
            Self::Not(node) => write!(f, "NOT {node}"),
            Self::Term(term) => write!(f, "{term}"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "{key}:")?;
        }
        write!(f, "{}", self.value)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            if piece.is_quoted {
                f.write_str(&in_quotes(&piece.text))?;
            } else {
                f.write_str(&piece.text)?;
            }
        }
        Ok(())
    }
}
