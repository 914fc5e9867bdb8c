//! What could stand at the cursor: keys, tags, groups, values, operators.

use std::ops::Range;

use super::ast::{Term, Word, quoted};
use super::pattern::folded;
use super::token::{Token, TokenKind, tokens};
use super::word_list::{BY, GROUP_STATES, HAS, IS, KEYS, Key, TAG_STATES, meaning, words};
use crate::catalogue::{Group, Tag, Vocabulary};

/// Tags that are offered for an empty line.
const FIRST_TAGS: usize = 4;

/// Something to put in place of what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Bytes of the line; the cursor lies in them or at their end.
    pub replace: Range<usize>,
    /// Quoted where it must be.
    pub text: String,
    pub kind: CompletionKind,
}

/// What sort of thing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    Operator,
    Key,
    Group,
    Tag,
    Value,
}

/// What could be meant by the word at the cursor (a byte of `text`): likeliest first, without what stands there already.
#[must_use]
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Vec<Completion> {
    let cursor = text.floor_char_boundary(cursor);
    let tokens = tokens(&text[..cursor]);
    let is_in_quotes = tokens.unclosed_quote.is_some();
    let (before, word) = match tokens.list.split_last() {
        Some((Token { kind: TokenKind::Word(word), span }, before)) if span.end == cursor => (before, word.clone()),
        // A whole operator needs a blank before anything can follow; a parenthesis or a minus does not.
        Some((last, _)) if last.span.end == cursor && last.span.len() > 1 => return Vec::new(),
        _ => (tokens.list.as_slice(), Word { pieces: Vec::new(), span: cursor..cursor }),
    };
    let end = end_of_part(text, cursor, is_in_quotes);
    let term = Term::new(word);
    let key = term.key.as_ref().map(|key| meaning(KEYS, &key.text()));
    match key {
        None => {
            let mut offers = Offers::new(text, &term.value, end);
            offers.offer_starts(before, vocabulary);
            offers.sorted()
        }
        // An unknown key: nothing can be said of what follows.
        Some(None) => Vec::new(),
        Some(Some(key)) => of_key(key, &term.value, vocabulary, |part| Offers::new(text, part, end)),
    }
}

fn of_key<'a>(
    key: Key,
    value: &Word,
    vocabulary: &Vocabulary,
    offers_for: impl Fn(&Word) -> Offers<'a>,
) -> Vec<Completion> {
    let (name, state) = match value.split_bare('=') {
        Some((name, state)) => (name, Some(state)),
        None => (value.clone(), None),
    };
    let mut offers = offers_for(state.as_ref().unwrap_or(&name));
    match (key, state) {
        (Key::Tag, Some(_)) => offers.values(words(TAG_STATES)),
        (Key::Tag, None) => {
            if let Some((group, part)) = name.split_bare('/') {
                offers = offers_for(&part);
                offers.tags_of(group_called(vocabulary, &group), vocabulary);
            } else {
                offers.tags(vocabulary, "", usize::MAX);
                offers.groups(vocabulary, '/');
            }
        }
        (Key::Group, Some(_)) => {
            offers.values(words(GROUP_STATES));
            offers.tags_of(group_called(vocabulary, &name), vocabulary);
        }
        (Key::Group, None) => offers.groups(vocabulary, '='),
        (Key::Is, None) => offers.values(words(IS)),
        (Key::Has, None) => offers.values(words(HAS)),
        (Key::By, None) => offers.values(words(BY)),
        // Names, numbers and dates are the person's own.
        _ => {}
    }
    offers.sorted()
}

fn group_called<'a>(vocabulary: &'a Vocabulary, word: &Word) -> Option<&'a Group> {
    let name = folded(&word.text());
    vocabulary.groups.iter().find(|group| folded(&group.name) == name)
}

/// Where what the cursor stands in ends: at the closing quote if there is one, else where another part begins.
fn end_of_part(text: &str, cursor: usize, is_in_quotes: bool) -> usize {
    let ends_part = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '=' | '/' | ':');
    let after = &text[cursor..];
    if !is_in_quotes {
        return after.find(ends_part).map_or(text.len(), |length| cursor + length);
    }
    // A quote right before another word opens that word; the one at the cursor is not closed yet.
    match after.split_once('"') {
        Some((inside, rest)) if rest.is_empty() || rest.starts_with(ends_part) => cursor + inside.len() + 1,
        _ => cursor,
    }
}

/// What is offered for one part of a line.
struct Offers<'a> {
    line: &'a str,
    replace: Range<usize>,
    /// Folded, without quotes.
    typed: String,
    /// Each with its rank: 0 where the name begins with what is typed, 1 where it holds it.
    found: Vec<(u8, Completion)>,
}

impl<'a> Offers<'a> {
    fn new(line: &'a str, part: &Word, end: usize) -> Self {
        Self { line, replace: part.span.start..end, typed: folded(&part.text()), found: Vec::new() }
    }

    /// Offers `text` if what is typed may become `name`. The fixed words are few and known by how they begin.
    fn add(&mut self, name: &str, text: String, kind: CompletionKind) {
        let name = folded(name);
        let is_own_name = matches!(kind, CompletionKind::Group | CompletionKind::Tag);
        let rank = match name.find(&self.typed) {
            Some(0) => 0,
            Some(_) if is_own_name => 1,
            _ => return,
        };
        let mut replace = self.replace.clone();
        // What joins it to the next part may stand there already.
        if let Some(joint) = text.chars().next_back().filter(|c| matches!(c, ':' | '=' | '/'))
            && self.line[replace.end..].starts_with(joint)
        {
            replace.end += joint.len_utf8();
        }
        if self.line[replace.clone()] != text {
            self.found.push((rank, Completion { replace, text, kind }));
        }
    }

    fn values(&mut self, values: impl Iterator<Item = &'static str>) {
        values.for_each(|value| self.add(value, value.to_owned(), CompletionKind::Value));
    }

    fn groups(&mut self, vocabulary: &Vocabulary, joint: char) {
        for group in &vocabulary.groups {
            self.add(&group.name, format!("{}{joint}", quoted(&group.name)), CompletionKind::Group);
        }
    }

    /// All tags, at most so many, with the group where another has one of the same name.
    fn tags(&mut self, vocabulary: &Vocabulary, key: &str, most: usize) {
        let typed = self.typed.clone();
        // The names are compared only for tags that are offered: a vocabulary may be large.
        for tag in vocabulary.tags.iter().filter(|tag| folded(&tag.name).contains(&typed)).take(most) {
            let is_same = |other: &Tag| other.id != tag.id && folded(&other.name) == folded(&tag.name);
            let group = vocabulary.group(tag.group).filter(|_| vocabulary.tags.iter().any(is_same));
            let group = group.map_or_else(String::new, |group| format!("{}/", quoted(&group.name)));
            self.add(&tag.name, format!("{key}{group}{}", quoted(&tag.name)), CompletionKind::Tag);
        }
    }

    fn tags_of(&mut self, group: Option<&Group>, vocabulary: &Vocabulary) {
        for tag in group.into_iter().flat_map(|group| vocabulary.tags_of(group.id)) {
            self.add(&tag.name, quoted(&tag.name), CompletionKind::Tag);
        }
    }

    /// What may stand where a term begins; an operator that joins only after one that is complete. In an empty line a
    /// person's own words say more than operators and keys.
    fn offer_starts(&mut self, before: &[Token], vocabulary: &Vocabulary) {
        if self.line.trim().is_empty() {
            self.tags(vocabulary, "tag:", FIRST_TAGS);
            return;
        }
        let is_after_term =
            before.last().is_some_and(|token| matches!(token.kind, TokenKind::Word(_) | TokenKind::Close));
        let operators: &[&str] = if is_after_term { &["AND", "OR", "NOT"] } else { &["NOT"] };
        for operator in operators {
            self.add(operator, (*operator).to_owned(), CompletionKind::Operator);
        }
        for key in words(KEYS) {
            self.add(key, format!("{key}:"), CompletionKind::Key);
        }
        let is_before_colon = self.line[self.replace.end..].starts_with(':');
        if !self.typed.is_empty() && !is_before_colon {
            self.tags(vocabulary, "tag:", usize::MAX);
        }
    }

    fn sorted(mut self) -> Vec<Completion> {
        self.found.sort_by_key(|(rank, _)| *rank);
        self.found.into_iter().map(|(_, completion)| completion).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::vocabulary;
    use super::*;

    /// The line after each completion, with `|` where the cursor is in the given one.
    fn completed(line: &str) -> Vec<String> {
        let cursor = line.find('|').unwrap();
        let line = line.replacen('|', "", 1);
        let apply = |completion: Completion| {
            let mut line = line.clone();
            line.replace_range(completion.replace, &completion.text);
            line
        };
        complete(&line, cursor, &vocabulary()).into_iter().map(apply).collect()
    }

    #[test]
    fn a_term_begins_with_a_key_or_the_name_of_a_tag() {
        assert_eq!(completed("ha|"), ["has:", "tag:hat"]);
        assert_eq!(completed("-dre|"), ["-tag:dress"]);
        assert_eq!(completed("(sle|"), ["(tag:\"long sleeve\""]);
        assert_eq!(completed("连衣|"), ["tag:连衣裙"]);
        assert_eq!(completed("|"), ["tag:dress", "tag:hat", "tag:colour/red", "tag:trim/red"]);
        assert!(completed("(|").contains(&"(tag:".into()));
        assert!(!completed("(|").contains(&"(AND".into()));
        assert_eq!(completed("ha|:no-labels"), ["has:no-labels"]);
        assert_eq!(completed("zzz|"), [""; 0]);
    }

    #[test]
    fn operators_follow_a_complete_term() {
        assert_eq!(completed("tag:dress an|"), ["tag:dress AND", "tag:dress tag:\"any\""]);
        assert_eq!(completed("(tag:dress) |")[..3], ["(tag:dress) AND", "(tag:dress) OR", "(tag:dress) NOT"]);
        assert_eq!(completed("tag:dress AND n|")[..2], ["tag:dress AND NOT", "tag:dress AND name:"]);
        assert_eq!(completed("tag:dress AND|"), [""; 0]);
    }

    #[test]
    fn tags_and_groups_are_quoted_and_told_apart() {
        assert_eq!(completed("tag:d|"), ["tag:dress", "tag:colour/red", "tag:trim/red"]);
        assert_eq!(completed("tag:c|")[..2], ["tag:category/", "tag:colour/"]);
        assert_eq!(completed("tag:\"long s|"), ["tag:\"long sleeve\""]);
        assert_eq!(completed("tag:\"lo|ng\" AND tag:hat")[..1], ["tag:\"long sleeve\" AND tag:hat"]);
        assert_eq!(completed("tag:\"lo| tag:\"long sleeve\"")[..1], ["tag:\"long sleeve\" tag:\"long sleeve\""]);
        assert_eq!(completed("tag:colour/|"), ["tag:colour/red", "tag:colour/\"any\""]);
        assert_eq!(completed("tag:dr|=yes"), ["tag:dress=yes"]);
        assert_eq!(completed("tag:dress|"), [""; 0]);
    }

    #[test]
    fn values_follow_what_they_belong_to() {
        assert_eq!(completed("tag:dress=|"), ["tag:dress=yes", "tag:dress=no", "tag:dress=proposed", "tag:dress=?"]);
        assert_eq!(completed("group:co|"), ["group:colour="]);
        assert_eq!(completed("group:co|=?"), ["group:colour=?"]);
        assert_eq!(
            completed("group:COLOUR=|"),
            ["group:COLOUR=?", "group:COLOUR=any", "group:COLOUR=red", "group:COLOUR=\"any\""]
        );
        assert_eq!(completed("has:n|o"), ["has:no-labels"]);
        assert_eq!(completed("a is:un|) b"), ["a is:unsure) b"]);
        assert_eq!(completed("by:r|"), ["by:rule"]);
        assert_eq!(completed("name:a|"), [""; 0]);
        assert_eq!(completed("nonsense:a|"), [""; 0]);
    }
}
