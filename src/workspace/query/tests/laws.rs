//! What holds for every line, however odd.

use proptest::prelude::*;

use super::super::ast::{Node, Piece, Term, Word};
use super::super::complete;
use super::super::parse::parse;
use super::*;

/// Words, blanks, quotes and operators thrown together, which breaks more than arbitrary characters do.
fn any_line() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "tag:", "group:", "score:", "date:", "is:", "foo:", "dress", "red", "colour", "red=?", "=", "/", "\"", "\\",
        "(", ")", "-", " ", " ", "AND", "OR", "NOT", "<", "..", "0.5", "2026-03", "reviewed", "é", "红", "*", "?",
        "\u{3000}",
    ]);
    prop_oneof![prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat()), any::<String>()]
}

/// A term that the vocabulary of these tests understands.
fn any_term() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "tag:dress",
        "tag:red=yes",
        "tag:hat=no",
        "tag:\"long sleeve\"=?",
        "tag:red=proposed",
        "group:category=?",
        "group:colour=any",
        "score:<0.5",
        "has:labels",
        "is:reviewed",
        "is:unsure",
        "by:rule",
        "width:>500",
        "summer",
        "name:*1*",
    ])
}

/// A line of such terms.
fn any_query() -> impl Strategy<Value = String> {
    any_term().prop_map(str::to_owned).prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) OR {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} ({b})")),
        ]
    })
}

fn any_photo() -> impl Strategy<Value = Photo> {
    let tag = || (1..9_i64).prop_map(TagId);
    (
        prop::sample::select(vec!["summer/a1.jpg", "été/1.jpg", "b.png"]),
        prop::collection::vec((tag(), any::<bool>()), 0..4),
        prop::collection::vec(tag(), 0..4),
        prop::collection::vec((1..4_i64).prop_map(GroupId), 0..3),
        prop::option::of(0.0_f32..1.0),
        prop::sample::select(vec![Place::ToReview, Place::Reviewed, Place::Broken, Place::Missing]),
        any::<bool>(),
        prop::option::of((0..1000_u32, 0..1000_u32)),
    )
        .prop_map(|(path, labels, proposed, decided, score, place, is_unsure, size)| Photo {
            path: path.to_owned(),
            labels,
            proposed,
            decided,
            score,
            place,
            is_unsure,
            size,
            ..Photo::default()
        })
}

/// A word with or without quotes, as the parser would make it but for where it stands.
fn any_word() -> impl Strategy<Value = Word> {
    let quoted = any::<String>().prop_map(|text| vec![Piece { text, is_quoted: true, span: 0..0 }]);
    // What could be read as a key or an operator is left out.
    let bare =
        "[a-zé红*?=/<>.\\\\][a-zé红*?=/<>.\\\\-]{0,6}".prop_map(|text| Piece { text, is_quoted: false, span: 0..0 });
    let bare = (bare, prop::option::of(quoted.clone()))
        .prop_map(|(bare, quoted)| [bare].into_iter().chain(quoted.unwrap_or_default()).collect::<Vec<_>>());
    prop_oneof![quoted, bare].prop_map(|pieces| Word { pieces, span: 0..0 })
}

fn any_node() -> impl Strategy<Value = Node> {
    let key =
        "[a-z颜]{1,5}".prop_map(|text| Word { pieces: vec![Piece { text, is_quoted: false, span: 0..0 }], span: 0..0 });
    let term = (prop::option::of(key), any_word()).prop_map(|(key, value)| Node::Term(Term { key, value, span: 0..0 }));
    term.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|node| Node::Not(Box::new(node))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
            prop::collection::vec(inner, 2..4).prop_map(Node::Or),
        ]
    })
}

/// The tree as if everything stood at the beginning.
fn without_spans(node: Node) -> Node {
    let word = |word: Word| Word {
        pieces: word.pieces.into_iter().map(|piece| Piece { span: 0..0, ..piece }).collect(),
        span: 0..0,
    };
    match node {
        Node::Or(nodes) => Node::Or(nodes.into_iter().map(without_spans).collect()),
        Node::And(nodes) => Node::And(nodes.into_iter().map(without_spans).collect()),
        Node::Not(node) => Node::Not(Box::new(without_spans(*node))),
        Node::Term(term) => Node::Term(Term { key: term.key.map(word), value: word(term.value), span: 0..0 }),
    }
}

proptest! {
    #[test]
    fn any_line_is_read_or_told_where_it_is_wrong(line in any_line()) {
        if let Err(error) = Query::parse(&line, &vocabulary()) {
            prop_assert!(line.get(error.span.clone()).is_some_and(|word| !word.is_empty()), "{:?} in {:?}", error, line);
        }
    }

    #[test]
    fn completion_replaces_what_is_at_the_cursor(line in any_line(), cursor in 0..40_usize) {
        for completion in complete(&line, cursor, &vocabulary()) {
            let at = line.floor_char_boundary(cursor);
            prop_assert!(line.get(completion.replace.clone()).is_some());
            prop_assert!(completion.replace.start <= at && at <= completion.replace.end);
        }
    }

    #[test]
    fn a_printed_tree_is_read_as_the_same_tree(node in any_node()) {
        let line = node.to_string();
        let read = parse(&line).map_err(|error| TestCaseError::fail(format!("{error} in {line}")))?;
        prop_assert_eq!(read.map(without_spans), Some(node));
    }

    #[test]
    fn negation_and_order_keep_their_laws(a in any_query(), b in any_query(), photo in any_photo()) {
        let is = |line: String| asks_for(&line, &photo);
        prop_assert_eq!(is(format!("NOT NOT ({a})")), is(a.clone()));
        prop_assert_eq!(is(format!("NOT ({a})")), !is(a.clone()));
        prop_assert_eq!(is(format!("({a}) ({b})")), is(format!("({b}) AND ({a})")));
        prop_assert_eq!(is(format!("-(({a}) OR ({b}))")), is(format!("-({a}) -({b})")));
    }
}
