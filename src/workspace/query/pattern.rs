//! Text to look for, whatever the case, with `*` and `?` as wildcards.

/// Made once for a line, then held against a hundred thousand names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// The text holds this, which is folded.
    Part(String),
    /// The text as a whole fits this.
    Whole(Vec<Symbol>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// `*`: any characters, or none.
    Run,
    /// `?`: any one character.
    One,
    /// This character, folded.
    Char(char),
}

impl Pattern {
    /// With a wildcard the text must fit as a whole; without one it must hold the pattern.
    pub fn new(text: &str) -> Self {
        if !text.contains(['*', '?']) {
            return Self::Part(folded(text));
        }
        let symbol = |c| match c {
            '*' => Symbol::Run,
            '?' => Symbol::One,
            other => Symbol::Char(fold(other)),
        };
        let mut symbols: Vec<Symbol> = text.chars().map(symbol).collect();
        symbols.dedup_by(|a, b| *a == Symbol::Run && *b == Symbol::Run);
        Self::Whole(symbols)
    }

    /// Whether there is a wildcard.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// Whether the text is one that is looked for.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => holds(text, part),
            Self::Whole(symbols) => fits(symbols, text),
        }
    }
}

/// The text with every character folded, so that two spellings that differ by case are the same.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// One character for one, so that `?` counts what a person sees.
fn fold(c: char) -> char {
    match c {
        // Most characters of most paths, which are spared the tables of all scripts.
        '\0'..='\x7f' => c.to_ascii_lowercase(),
        // Chinese, Japanese and their neighbours have no case.
        '\u{2e80}'..='\u{a63f}' => c,
        // Both are the small form of the same capital, by where it stands.
        'ς' => 'σ',
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

/// Whether the text holds the part, which is folded.
fn holds(text: &str, part: &str) -> bool {
    if holds_but_for_ascii_case(text.as_bytes(), part.as_bytes()) {
        return true;
    }
    // Only such a name could still hold it, and only for one is a new string made.
    let has_other_capitals = !text.is_ascii() && text.chars().any(|c| !c.is_ascii() && fold(c) != c);
    has_other_capitals && folded(text).contains(part)
}

fn holds_but_for_ascii_case(text: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    text.windows(part.len())
        .any(|window| window[0].to_ascii_lowercase() == *first && window[1..].eq_ignore_ascii_case(rest))
}

/// Goes through the text once, and where it does not fit back to the latest `*`, which then takes one character more.
fn fits(symbols: &[Symbol], text: &str) -> bool {
    let (mut symbol, mut left) = (0, text.chars());
    let mut retry = None;
    loop {
        let before = left.clone();
        match (symbols.get(symbol), left.next()) {
            (Some(Symbol::Run), _) => {
                symbol += 1;
                left = before;
                retry = Some((symbol, left.clone()));
            }
            (Some(Symbol::One), Some(_)) => symbol += 1,
            (Some(Symbol::Char(expected)), Some(c)) if *expected == fold(c) => symbol += 1,
            (None, None) => return true,
            // What is left is too short, however much the `*` takes.
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((after_run, after_taken)) = &mut retry else { return false };
                after_taken.next();
                symbol = *after_run;
                left = after_taken.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).matches(text)
    }

    #[test]
    fn case_does_not_matter_in_any_script() {
        for (pattern, text) in [
            ("summer", "2026/SUMMER_1.jpg"),
            ("É", "café.jpg"),
            ("жен", "ЖЕНСКОЕ.jpg"),
            ("οδος", "ΟΔΟΣΑ.jpg"),
            ("i", "İ.jpg"),
            ("k.jpg", "\u{212A}.jpg"),
            ("连衣裙", "夏/连衣裙.jpg"),
            ("", "any"),
        ] {
            assert!(matches(pattern, text), "{pattern} in {text}");
        }
        assert!(!matches("é", "cafe.jpg"));
        assert!(!matches("longer than the text", "text"));
    }

    #[test]
    fn wildcards_hold_for_the_whole_text() {
        for (pattern, text) in [
            ("*summer*", "A_Summer_B.jpg"),
            ("sku_?.jpg", "SKU_1.jpg"),
            ("*.JPG", "a.jpg"),
            ("a**b", "ab"),
            ("*ab", "aabab"),
            ("连?裙*", "连衣裙.jpg"),
            ("?.jpg", "İ.jpg"),
            ("*", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} on {text}");
        }
        for (pattern, text) in [("sku_?.jpg", "sku_12.jpg"), ("summer*", "a summer"), ("*a?", "ba"), ("?", "")] {
            assert!(!matches(pattern, text), "{pattern} on {text}");
        }
    }

    /// The plain definition.
    fn fits_plainly(symbols: &[Symbol], text: &[char]) -> bool {
        match (symbols.split_first(), text.split_first()) {
            (None, left) => left.is_none(),
            (Some((Symbol::Run, after)), left) => {
                fits_plainly(after, text) || left.is_some_and(|(_, rest)| fits_plainly(symbols, rest))
            }
            (Some((Symbol::One, after)), Some((_, rest))) => fits_plainly(after, rest),
            (Some((Symbol::Char(c), after)), Some((first, rest))) => c == first && fits_plainly(after, rest),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_plain_one(pattern in "[abé*?]{0,6}[*?]", text in "[aAbÉ]{0,8}") {
            let Pattern::Whole(symbols) = Pattern::new(&pattern) else { panic!("{pattern} has a wildcard") };
            let chars: Vec<char> = text.chars().map(fold).collect();
            prop_assert_eq!(matches(&pattern, &text), fits_plainly(&symbols, &chars));
        }

        #[test]
        fn looking_for_a_part_agrees_with_folding_all(part in "[abABéÉ]{0,3}", text in "[abAB]{0,8}|[abABéÉ]{0,8}") {
            prop_assert_eq!(matches(&part, &text), folded(&text).contains(&folded(&part)));
        }
    }
}
