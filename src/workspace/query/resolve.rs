//! A tree of words to tests on ids: keys, tags and groups are looked up, numbers and dates are read.

use jiff::tz::TimeZone;

use super::ast::{Node, Term, Word};
use super::bounds::{self, Bounds};
use super::pattern::{Pattern, folded};
use super::problem::{QueryError, QueryProblem, nearest};
use super::word_list::{BY, GROUP_STATES, HAS, Has, IS, Is, KEYS, Key, TAG_STATES, TagState, WordList};
use super::word_list::{meaning, words};
use crate::catalogue::{Group, GroupId, LabelSource, Tag, TagId, Timestamp, Vocabulary};

/// A part of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Clause {
    Any(Vec<Clause>),
    All(Vec<Clause>),
    Not(Box<Clause>),
    Test(Test),
}

/// What is asked of a photo.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Path(Pattern),
    Name(Pattern),
    Folder(Pattern),
    /// One of these tags, since several groups may have one of that name.
    Tag(Vec<(GroupId, TagId)>, TagState),
    Group {
        group: GroupId,
        is_decided: bool,
    },
    Score(Bounds<f32>),
    Has(Has),
    Is(Is),
    By(LabelSource),
    Width(Bounds<u32>),
    Height(Bounds<u32>),
    Date(Bounds<Timestamp>),
}

impl Default for Clause {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// Looks up what a line names.
pub(super) struct Resolver<'a> {
    pub vocabulary: &'a Vocabulary,
    /// Whose days dates are.
    pub zone: TimeZone,
}

impl<'a> Resolver<'a> {
    /// # Errors
    /// At the first word that names nothing.
    pub fn clause(&self, node: &Node) -> Result<Clause, QueryError> {
        let clauses = |nodes: &[Node]| nodes.iter().map(|node| self.clause(node)).collect::<Result<Vec<_>, _>>();
        Ok(match node {
            Node::Or(nodes) => Clause::Any(clauses(nodes)?),
            Node::And(nodes) => Clause::All(clauses(nodes)?),
            Node::Not(node) => Clause::Not(Box::new(self.clause(node)?)),
            Node::Term(term) => Clause::Test(self.test(term)?),
        })
    }

    fn test(&self, term: &Term) -> Result<Test, QueryError> {
        let text = term.value.text();
        let Some(key_word) = &term.key else {
            if text.is_empty() {
                return Err(QueryProblem::EmptyQuotes.at(term.span.clone()));
            }
            let pattern = Pattern::new(&text);
            return Ok(if pattern.is_whole() { Test::Name(pattern) } else { Test::Path(pattern) });
        };
        let Some(key) = meaning(KEYS, &key_word.text()) else {
            let key = key_word.text();
            let did_you_mean = nearest(&key, words(KEYS));
            return Err(QueryProblem::UnknownKey { key, did_you_mean }.at(key_word.span.clone()));
        };
        if text.is_empty() {
            return Err(QueryProblem::NoValue { key: key_word.text() }.at(term.span.clone()));
        }
        let at_value = |problem: QueryProblem| problem.at(term.value.span.clone());
        Ok(match key {
            Key::Tag => self.tag_test(term)?,
            Key::Group => self.group_test(term)?,
            Key::Is => Test::Is(one_of(IS, &term.value)?),
            Key::Has => Test::Has(one_of(HAS, &term.value)?),
            Key::By => Test::By(one_of(BY, &term.value)?),
            Key::Name => Test::Name(Pattern::new(&text)),
            Key::Folder => Test::Folder(Pattern::new(&text)),
            Key::Score => Test::Score(bounds::bounds(&text, bounds::score).map_err(at_value)?),
            Key::Width => Test::Width(bounds::bounds(&text, bounds::number).map_err(at_value)?),
            Key::Height => Test::Height(bounds::bounds(&text, bounds::number).map_err(at_value)?),
            Key::Date => Test::Date(bounds::bounds(&text, |text| bounds::date(text, &self.zone)).map_err(at_value)?),
        })
    }

    /// `tag:dress`, `tag:category/dress`, each with `=yes`, `=no`, `=proposed`, `=?` or nothing after it.
    fn tag_test(&self, term: &Term) -> Result<Test, QueryError> {
        let (name, state) = match term.value.split_bare('=') {
            Some((name, state)) => (name, one_of(TAG_STATES, nonempty(term, &state)?)?),
            None => (term.value.clone(), TagState::Fits),
        };
        let tags = match name.split_bare('/') {
            Some((group, name)) => {
                let group = self.group(nonempty(term, &group)?)?;
                vec![self.tag_of(group, nonempty(term, &name)?)?]
            }
            None => self.tags(nonempty(term, &name)?)?,
        };
        Ok(Test::Tag(tags.into_iter().map(|tag| (tag.group, tag.id)).collect(), state))
    }

    /// `group:colour=?`, `=any`, or a tag of it, which can be quoted if it is called so.
    fn group_test(&self, term: &Term) -> Result<Test, QueryError> {
        let Some((name, answer)) = term.value.split_bare('=') else {
            let group = self.group(&term.value)?.name.clone();
            return Err(QueryProblem::NoAnswer { group }.at(term.span.clone()));
        };
        let group = self.group(nonempty(term, &name)?)?;
        let answer = nonempty(term, &answer)?;
        if !answer.is_quoted()
            && let Some(is_decided) = meaning(GROUP_STATES, &answer.text())
        {
            return Ok(Test::Group { group: group.id, is_decided });
        }
        let tag = self.tag_of(group, answer)?;
        Ok(Test::Tag(vec![(tag.group, tag.id)], TagState::Yes))
    }

    fn group(&self, word: &Word) -> Result<&'a Group, QueryError> {
        let (name, groups) = (word.text(), &self.vocabulary.groups);
        named(groups.iter(), &name, |group| &group.name).first().copied().ok_or_else(|| {
            let did_you_mean = nearest(&name, groups.iter().map(|group| group.name.as_str()));
            QueryProblem::UnknownGroup { name, did_you_mean }.at(word.span.clone())
        })
    }

    fn tag_of(&self, group: &Group, word: &Word) -> Result<&'a Tag, QueryError> {
        let name = word.text();
        named(self.vocabulary.tags_of(group.id), &name, |tag| &tag.name).first().copied().ok_or_else(|| {
            let did_you_mean = nearest(&name, self.vocabulary.tags_of(group.id).map(|tag| tag.name.as_str()));
            let group = group.name.clone();
            QueryProblem::UnknownTagOfGroup { group, name, did_you_mean }.at(word.span.clone())
        })
    }

    /// The tags of that name in all groups.
    fn tags(&self, word: &Word) -> Result<Vec<&'a Tag>, QueryError> {
        let (name, tags) = (word.text(), &self.vocabulary.tags);
        let found = named(tags.iter(), &name, |tag| &tag.name);
        if found.is_empty() {
            let did_you_mean = nearest(&name, tags.iter().map(|tag| tag.name.as_str()));
            return Err(QueryProblem::UnknownTag { name, did_you_mean }.at(word.span.clone()));
        }
        Ok(found)
    }
}

/// Those that are called so, whatever the case; only the exact ones if there are any.
fn named<'a, T>(all: impl Iterator<Item = &'a T>, name: &str, name_of: fn(&T) -> &String) -> Vec<&'a T> {
    let as_folded = folded(name);
    let mut found: Vec<&T> = all.filter(|item| folded(name_of(item)) == as_folded).collect();
    if found.iter().any(|item| name_of(item) == name) {
        found.retain(|item| name_of(item) == name);
    }
    found
}

fn one_of<T: Copy>(list: WordList<T>, word: &Word) -> Result<T, QueryError> {
    let value = word.text();
    meaning(list, &value).ok_or_else(|| {
        let did_you_mean = nearest(&value, words(list));
        QueryProblem::UnknownValue { value, known: words(list).collect(), did_you_mean }.at(word.span.clone())
    })
}

/// A part of a value in which something stands.
fn nonempty<'a>(term: &Term, part: &'a Word) -> Result<&'a Word, QueryError> {
    if part.pieces.iter().all(|piece| piece.text.is_empty()) {
        let key = term.key.as_ref().map(Word::text).unwrap_or_default();
        return Err(QueryProblem::NoValue { key }.at(term.span.clone()));
    }
    Ok(part)
}
