//! What is wrong with a line, and at which word.

use std::ops::Range;

use super::pattern::folded;

/// A line that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The bytes of the word to underline; never empty.
    pub span: Range<usize>,
    /// The window words it in the person's language.
    pub message: QueryProblem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryProblem {
    #[error("the quote is not closed; add a \" at its end")]
    UnclosedQuote,
    #[error("the parenthesis is not closed; add a ) at its end")]
    UnclosedParenthesis,
    #[error("no parenthesis was opened before this one; remove it, or quote it to look for it")]
    UnopenedParenthesis,
    #[error("nothing stands between the parentheses")]
    EmptyParentheses,
    #[error("nothing stands between the quotes")]
    EmptyQuotes,
    #[error("nothing stands before the operator; quote it to look for it")]
    NothingBefore,
    #[error("nothing stands after the operator; quote it to look for it")]
    NothingAfter,
    #[error("too many parentheses stand in each other")]
    TooDeep,
    #[error("`{key}:` cannot be asked for; quote it to look for it{}", hint(did_you_mean.as_deref()))]
    UnknownKey { key: String, did_you_mean: Option<String> },
    #[error("something is missing in `{key}:`")]
    NoValue { key: String },
    #[error("`{value}` is none of {}{}", known.join(", "), hint(did_you_mean.as_deref()))]
    UnknownValue { value: String, known: Vec<&'static str>, did_you_mean: Option<String> },
    #[error("no tag is called `{name}`{}", hint(did_you_mean.as_deref()))]
    UnknownTag { name: String, did_you_mean: Option<String> },
    #[error("no tag of {group} is called `{name}`{}", hint(did_you_mean.as_deref()))]
    UnknownTagOfGroup { group: String, name: String, did_you_mean: Option<String> },
    #[error("no tag group is called `{name}`{}", hint(did_you_mean.as_deref()))]
    UnknownGroup { name: String, did_you_mean: Option<String> },
    #[error("say what {group} should be: {group}=? while it is open, {group}=any once it is decided, or a tag")]
    NoAnswer { group: String },
    #[error("`{text}` is no whole number")]
    NotANumber { text: String },
    #[error("`{text}` is no score; scores go from 0 to 1")]
    NotAScore { text: String },
    #[error("`{text}` is no date; write 2026, 2026-03 or 2026-03-31")]
    NotADate { text: String },
    #[error("nothing lies between these two; the smaller one comes first")]
    Reversed,
}

impl QueryProblem {
    pub(super) fn at(self, span: Range<usize>) -> QueryError {
        QueryError { span, message: self }
    }
}

fn hint(did_you_mean: Option<&str>) -> String {
    did_you_mean.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// The name that was probably meant, if one is near: a slip in every third letter at most, whatever the case.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let typed = folded(typed);
    let length = typed.chars().count();
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&typed, &folded(name)), name))
        // A single letter that is another one is no slip.
        .filter(|(slips, name)| *slips <= (length / 3).max(1) && *slips < length.min(name.chars().count()))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_a_stranger_is_not() {
        let names = ["dress", "shoes", "红色", "蓝色", "a"];
        assert_eq!(nearest("Drses", names), Some("dress".into()));
        assert_eq!(nearest("shoe", names), Some("shoes".into()));
        assert_eq!(nearest("红色的", names), Some("红色".into()));
        assert_eq!(nearest("hat", names), None);
        assert_eq!(nearest("b", names), None);
        assert_eq!(nearest("", names), None);
    }
}
