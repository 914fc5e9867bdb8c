//! File names made of any text, safe on every system, and told apart where they would be the same there.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// File systems take 255 bytes, and a number may have to follow.
const MAX_BYTES: usize = 200;

/// Names that Windows keeps for devices, whatever ending they have.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Gives out names of one folder, each once.
#[derive(Default)]
pub(super) struct Names {
    /// As a file system that is blind to case and to Unicode's ways of writing an accent sees them.
    taken: HashSet<String>,
}

impl Names {
    /// A safe name for this text that no other text of the folder has got.
    pub fn give(&mut self, text: &str) -> String {
        let name = safe(text);
        if self.taken.insert(folded(&name)) {
            return name;
        }
        let (stem, ending) = split(&name);
        let mut number = 2;
        loop {
            let numbered = format!("{stem} ({number}){ending}");
            if self.taken.insert(folded(&numbered)) {
                return numbered;
            }
            number += 1;
        }
    }
}

/// A name's stem, and its ending with the dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    }
}

/// A name as it was before it got a number, if it has one.
pub(super) fn without_number(name: &str) -> Option<String> {
    let (stem, ending) = split(name);
    let (stem, number) = stem.strip_suffix(')')?.rsplit_once(" (")?;
    number.parse::<usize>().is_ok().then(|| format!("{stem}{ending}"))
}

/// The text without what some system does not take in a name.
pub(super) fn safe(text: &str) -> String {
    let is_unsafe = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c) || matches!(c, '\u{2028}' | '\u{2029}');
    let mut name: String = text.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    if name.len() > MAX_BYTES {
        // The ending of a photo says what it is, and stays.
        let ending =
            name.rfind('.').filter(|dot| name.len() - dot <= 6).map_or(String::new(), |dot| name[dot..].to_owned());
        name.truncate(name.floor_char_boundary(MAX_BYTES - ending.len()));
        name.push_str(&ending);
    }
    // Windows drops dots and blanks at the end, and a dot at the beginning hides.
    let name = name.trim().trim_end_matches(['.', ' ']);
    let name = match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name.to_owned(),
    };
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    if name.is_empty() || DEVICES.contains(&stem.as_str()) { format!("_{name}") } else { name }
}

fn folded(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_no_system_takes_is_replaced() {
        for (text, expected) in [
            ("dress", "dress"),
            ("红色连衣裙", "红色连衣裙"),
            ("☕ mug", "☕ mug"),
            ("a/b", "a_b"),
            ("a\\b:c*d?e\"f<g>h|i", "a_b_c_d_e_f_g_h_i"),
            ("mug, large", "mug, large"),
            ("two\nlines", "two_lines"),
            ("..", "_"),
            ("../../etc", "_._.._etc"),
            (".hidden", "_hidden"),
            ("ends. ", "ends"),
            ("CON", "_CON"),
            ("nul.jpg", "_nul.jpg"),
            ("", "_"),
            (" ", "_"),
        ] {
            assert_eq!(safe(text), expected, "{text:?}");
        }
    }

    #[test]
    fn names_that_a_system_takes_for_the_same_are_told_apart() {
        let mut names = Names::default();
        let given: Vec<String> = ["Red", "red", "a/b", "a:b", "a.jpg", "A.jpg", "caf\u{e9}", "cafe\u{301}", "red (2)"]
            .map(|text| names.give(text))
            .into();
        assert_eq!(
            given,
            ["Red", "red (2)", "a_b", "a_b (2)", "a.jpg", "A (2).jpg", "caf\u{e9}", "cafe\u{301} (2)", "red (2) (2)"]
        );
        assert_eq!(without_number("A (2).jpg").as_deref(), Some("A.jpg"));
        assert_eq!(without_number("red (2) (2)").as_deref(), Some("red (2)"));
        assert_eq!((without_number("a.jpg"), without_number("a (b).jpg")), (None, None));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_name_of_its_own(texts in proptest::collection::vec(any::<String>(), 1..8)) {
            let mut names = Names::default();
            let mut seen = HashSet::new();
            for text in texts.iter().chain([&"x.".repeat(300), &"长".repeat(300)]) {
                let name = names.give(text);
                prop_assert!(name.len() <= 255 && !name.is_empty());
                prop_assert!(!name.contains(['/', '\\', '\0']) && name != "." && name != "..");
                prop_assert!(!name.ends_with(['.', ' ']) && !name.starts_with('.'));
                prop_assert!(seen.insert(name.to_lowercase()), "{name} twice");
            }
        }
    }
}
