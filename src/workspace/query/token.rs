//! A line cut into tokens, each with the bytes that it stands at.

use std::ops::Range;

use super::ast::{Piece, Word};

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    /// `NOT`, or a minus right before what it negates.
    Not,
    Word(Word),
}

/// All tokens of a line. Any line can be cut, so that completion works on one that is only half typed.
#[derive(Debug)]
pub(super) struct Tokens {
    pub list: Vec<Token>,
    /// From the quote that nothing closes to the end of the line; the last word then holds what follows it.
    pub unclosed_quote: Option<Range<usize>>,
}

/// Cuts a line. Blanks and parentheses end a word unless they are quoted.
pub(super) fn tokens(text: &str) -> Tokens {
    let mut found = Tokens { list: Vec::new(), unclosed_quote: None };
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let start = at;
        at += next.len_utf8();
        let kind = match next {
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            '-' if text[at..].starts_with(|c: char| !c.is_whitespace() && c != ')') => TokenKind::Not,
            blank if blank.is_whitespace() => continue,
            _ => {
                let (word, unclosed_quote) = word(text, start);
                at = word.span.end;
                found.unclosed_quote = unclosed_quote;
                operator(&word).unwrap_or(TokenKind::Word(word))
            }
        };
        found.list.push(Token { kind, span: start..at });
    }
    found
}

/// Only whole words in upper case are operators: a lower-case `and` is something to look for.
fn operator(word: &Word) -> Option<TokenKind> {
    let [Piece { text, is_quoted: false, .. }] = word.pieces.as_slice() else { return None };
    match text.as_str() {
        "AND" => Some(TokenKind::And),
        "OR" => Some(TokenKind::Or),
        "NOT" => Some(TokenKind::Not),
        _ => None,
    }
}

/// The word that begins at `start`, and its last quote if that is not closed.
fn word(text: &str, start: usize) -> (Word, Option<Range<usize>>) {
    let mut pieces = Vec::new();
    let mut at = start;
    let mut unclosed_quote = None;
    while let Some(next) = text[at..].chars().next().filter(|&c| !ends_word(c)) {
        let piece = if next == '"' {
            let (piece, is_closed) = quoted_piece(text, at);
            if !is_closed {
                unclosed_quote = Some(piece.span.clone());
            }
            piece
        } else {
            let end = text[at..].find(|c| c == '"' || ends_word(c)).map_or(text.len(), |length| at + length);
            Piece { text: text[at..end].to_owned(), is_quoted: false, span: at..end }
        };
        at = piece.span.end;
        pieces.push(piece);
    }
    (Word { pieces, span: start..at }, unclosed_quote)
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || c == '(' || c == ')'
}

/// What stands in the quotes that open at `start`, and whether they close. A backslash before a quote or another
/// backslash makes it a plain character; before anything else it is one itself.
fn quoted_piece(text: &str, start: usize) -> (Piece, bool) {
    let mut inside = String::new();
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        match c {
            '"' => return (Piece { text: inside, is_quoted: true, span: start..start + 1 + offset + 1 }, true),
            '\\' => inside.push(chars.next_if(|(_, next)| matches!(next, '"' | '\\')).map_or('\\', |(_, next)| next)),
            other => inside.push(other),
        }
    }
    (Piece { text: inside, is_quoted: true, span: start..text.len() }, false)
}
