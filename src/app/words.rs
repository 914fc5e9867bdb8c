//! The words on screen, by key, in the language that this thread speaks.
//!
//! They stand in `assets/words`, a file a language. What draws asks with `say!("key")`, which gives a text that lives
//! as long as the program, or with `say!("key", count = 3)`, which fills in numbers and names. This file knows no
//! screen: a key is all that it gets.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

/// A language that the window can speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    English,
    SimplifiedChinese,
}

/// The messages of one language, read once.
struct Messages {
    bundle: FluentBundle<FluentResource>,
    /// Those without variables, ready to be shown.
    plain: HashMap<String, String>,
}

static ENGLISH: LazyLock<Messages> =
    LazyLock::new(|| Messages::read(Language::English, include_str!("../../assets/words/en.ftl")));
static SIMPLIFIED_CHINESE: LazyLock<Messages> =
    LazyLock::new(|| Messages::read(Language::SimplifiedChinese, include_str!("../../assets/words/zh-CN.ftl")));

thread_local! {
    // The window draws on one thread; tests draw several windows on threads of their own.
    static SPOKEN: Cell<Language> = const { Cell::new(Language::English) };
}

/// The text of a key. The plain form is a `&'static str`; with values, as in `say!("num-photos", count = 3)`, it is a
/// `String`, in which whole numbers have separators and the language's plural.
macro_rules! say {
    ($key:expr) => {
        $crate::app::words::plain($crate::app::words::language(), $key)
    };
    ($key:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::app::words::filled($key, [$((stringify!($name), ::fluent_bundle::FluentValue::from($value))),+])
    };
}
pub(super) use say;

/// Sets the language of this thread's windows.
pub fn speak(language: Language) {
    SPOKEN.set(language);
}

/// The language of this thread's windows.
pub fn language() -> Language {
    SPOKEN.get()
}

impl Language {
    /// All of them, in the order in which a person chooses.
    pub const ALL: [Self; 2] = [Self::English, Self::SimplifiedChinese];

    /// The first of the system's languages that the window speaks, else English.
    pub fn of_system() -> Self {
        sys_locale::get_locales().find_map(|locale| Self::of_locale(&locale)).unwrap_or_default()
    }

    /// The language as its speakers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::SimplifiedChinese => "简体中文",
        }
    }

    /// The language as settings files call it.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::SimplifiedChinese => "zh-CN",
        }
    }

    /// The language of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Who reads Traditional Chinese reads the simplified characters more easily than English.
    fn of_locale(locale: &str) -> Option<Self> {
        match locale.split('-').next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::SimplifiedChinese),
            _ => None,
        }
    }

    fn messages(self) -> &'static Messages {
        match self {
            Self::English => &ENGLISH,
            Self::SimplifiedChinese => &SIMPLIFIED_CHINESE,
        }
    }
}

impl Messages {
    /// Reads a file that is part of the program. A fault in it costs the message that has it.
    fn read(language: Language, text: &str) -> Self {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(rest, faults)| {
            debug_assert!(faults.is_empty(), "{}: {faults:?}", language.code());
            rest
        });
        let keys: Vec<String> = resource
            .entries()
            .filter_map(
                |entry| if let Entry::Message(message) = entry { Some(message.id.name.to_owned()) } else { None },
            )
            .collect();
        let locale: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks keep mixed directions apart, which neither language has, and fonts draw them as boxes.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(with_separators));
        let added = bundle.add_resource(resource);
        debug_assert!(added.is_ok(), "{}: {added:?}", language.code());
        let plain = keys
            .into_iter()
            .filter_map(|key| {
                let mut faults = Vec::new();
                let pattern = bundle.get_message(&key)?.value()?;
                let text = bundle.format_pattern(pattern, None, &mut faults).into_owned();
                // What lacks a value is not plain.
                faults.is_empty().then_some((key, text))
            })
            .collect();
        Self { bundle, plain }
    }
}

/// The text of a key without variables. One that is missing shows as its key.
pub fn plain(language: Language, key: &'static str) -> &'static str {
    language.messages().plain.get(key).map_or_else(|| missing(key), String::as_str)
}

/// The text of a key with its variables filled in.
pub fn filled<const N: usize>(key: &'static str, values: [(&'static str, FluentValue<'_>); N]) -> String {
    let bundle = &language().messages().bundle;
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return missing(key).to_owned();
    };
    let values: FluentArgs<'_> = values.into_iter().collect();
    let mut faults = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&values), &mut faults).into_owned();
    debug_assert!(faults.is_empty(), "{key}: {faults:?}");
    text
}

fn missing(key: &'static str) -> &'static str {
    debug_assert!(false, "no catalogue of words has `{key}`");
    key
}

/// A count with a separator between thousands.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How whole numbers are written; anything else is left to Fluent.
fn with_separators<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value >= 1000.0 && number.value.fract() == 0.0 => {
            Some(grouped(number.value as usize))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_plurals_and_separators() {
        speak(Language::English);
        let photos = |count: usize| say!("num-photos", count = count);
        assert_eq!([photos(0), photos(1), photos(1_234_567)], ["0 photos", "1 photo", "1,234,567 photos"]);
        speak(Language::SimplifiedChinese);
        assert_eq!(say!("num-photos", count = 1234), "1,234 张照片");
    }

    #[test]
    fn locales_are_taken_by_their_language() {
        for (locale, language) in [
            ("en-GB", Some(Language::English)),
            ("zh", Some(Language::SimplifiedChinese)),
            ("zh-Hans-CN", Some(Language::SimplifiedChinese)),
            ("ZH-TW", Some(Language::SimplifiedChinese)),
            ("de-DE", None),
            ("C", None),
            ("", None),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
        for language in Language::ALL {
            assert_eq!(Language::of_code(language.code()), Some(language));
        }
    }
}
