//! Tokens to a tree: `OR` binds least, then `AND`, which may be left out, then `NOT` or a leading minus.

use std::ops::Range;

use super::ast::{Node, Term};
use super::problem::{QueryError, QueryProblem};
use super::token::{Token, TokenKind, tokens};

/// Deeper than anybody types, and shallow enough for the stack of any thread.
const MAX_DEPTH: usize = 50;

/// The tree of a line; none if nothing stands there. Keys and names are not looked at yet.
///
/// # Errors
/// Where quotes or parentheses do not pair, or an operator lacks what it joins.
pub(super) fn parse(text: &str) -> Result<Option<Node>, QueryError> {
    let tokens = tokens(text);
    if let Some(span) = tokens.unclosed_quote {
        return Err(QueryProblem::UnclosedQuote.at(span));
    }
    if tokens.list.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: &tokens.list, at: 0, depth: 0 };
    let node = parser.either()?;
    match parser.next() {
        None => Ok(Some(node)),
        // Whatever else could follow was taken as a part of the line.
        Some(token) => Err(QueryProblem::UnopenedParenthesis.at(token.span.clone())),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn next(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn previous(&self) -> Option<&'a Token> {
        self.at.checked_sub(1).map(|index| &self.tokens[index])
    }

    /// Steps over the next token if it is of that kind.
    fn take(&mut self, kind: &TokenKind) -> bool {
        let is_there = self.next().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(is_there);
        is_there
    }

    fn either(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all()?];
        while self.take(&TokenKind::Or) {
            nodes.push(self.all()?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    fn all(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.operand()?];
        while self.take(&TokenKind::And) || self.is_at_operand() {
            nodes.push(self.operand()?);
        }
        Ok(one_or(nodes, Node::And))
    }

    fn is_at_operand(&self) -> bool {
        self.next().is_some_and(|token| matches!(token.kind, TokenKind::Open | TokenKind::Not | TokenKind::Word(_)))
    }

    fn operand(&mut self) -> Result<Node, QueryError> {
        let Some(token) = self.next().filter(|_| self.is_at_operand()) else { return Err(self.nothing_here()) };
        self.at += 1;
        match &token.kind {
            TokenKind::Word(word) => Ok(Node::Term(Term::new(word.clone()))),
            TokenKind::Not => self.deeper(&token.span, Self::operand).map(|node| Node::Not(Box::new(node))),
            _ => {
                let node = self.deeper(&token.span, Self::either)?;
                if self.take(&TokenKind::Close) {
                    Ok(node)
                } else {
                    Err(QueryProblem::UnclosedParenthesis.at(token.span.clone()))
                }
            }
        }
    }

    fn deeper(
        &mut self,
        span: &Range<usize>,
        read: fn(&mut Self) -> Result<Node, QueryError>,
    ) -> Result<Node, QueryError> {
        if self.depth == MAX_DEPTH {
            return Err(QueryProblem::TooDeep.at(span.clone()));
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    /// Why no operand stands here: blames the operator before it, else what stands in its place.
    fn nothing_here(&self) -> QueryError {
        let problem = |problem: QueryProblem, token: &Token| problem.at(token.span.clone());
        match (self.previous(), self.next()) {
            (Some(before), _) if matches!(before.kind, TokenKind::And | TokenKind::Or | TokenKind::Not) => {
                problem(QueryProblem::NothingAfter, before)
            }
            (Some(open), Some(close)) if close.kind == TokenKind::Close => {
                QueryProblem::EmptyParentheses.at(open.span.start..close.span.end)
            }
            (None, Some(close)) if close.kind == TokenKind::Close => problem(QueryProblem::UnopenedParenthesis, close),
            (_, Some(operator)) => problem(QueryProblem::NothingBefore, operator),
            (Some(open), None) => problem(QueryProblem::UnclosedParenthesis, open),
            (None, None) => QueryProblem::NothingBefore.at(0..0),
        }
    }
}

/// A list of one is that one.
fn one_or(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { join(nodes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree, with parentheses around everything that is joined.
    fn shape(text: &str) -> String {
        fn write(node: &Node) -> String {
            let joined = |nodes: &[Node], by: &str| nodes.iter().map(write).collect::<Vec<_>>().join(by);
            match node {
                Node::Or(nodes) => format!("({})", joined(nodes, " | ")),
                Node::And(nodes) => format!("({})", joined(nodes, " & ")),
                Node::Not(node) => format!("!{}", write(node)),
                Node::Term(term) => term.to_string(),
            }
        }
        parse(text).unwrap().as_ref().map_or_else(String::new, write)
    }

    fn fault(text: &str) -> (&str, QueryProblem) {
        let error = parse(text).unwrap_err();
        (&text[error.span], error.message)
    }

    #[test]
    fn operators_bind_as_they_should() {
        assert_eq!(shape("  "), "");
        assert_eq!(shape("a b OR c AND d"), "((a & b) | (c & d))");
        assert_eq!(shape("a AND (b OR c)"), "(a & (b | c))");
        assert_eq!(shape("NOT a b"), "(!a & b)");
        assert_eq!(shape("-a -(b OR c)"), "(!a & !(b | c))");
        assert_eq!(shape("NOT -a"), "!!a");
        assert_eq!(shape("a(b)c"), "(a & b & c)");
        assert_eq!(shape("a and or not"), "(a & and & or & not)");
        assert_eq!(shape("\"AND\" - a-b"), "(\"AND\" & - & a-b)");
    }

    #[test]
    fn only_letters_make_a_key() {
        let key = |text: &str| match parse(text).unwrap().unwrap() {
            Node::Term(term) => term.key.map(|key| key.text()),
            _ => None,
        };
        assert_eq!(key("tag:a:b"), Some("tag".into()));
        assert_eq!(key("颜色:红"), Some("颜色".into()));
        for word in ["12:30", ":a", "\"tag\":a", "a\"b\":c", "\"tag:a\""] {
            assert_eq!(key(word), None, "{word}");
        }
    }

    #[test]
    fn errors_point_at_the_word() {
        assert_eq!(fault("a \"b c"), ("\"b c", QueryProblem::UnclosedQuote));
        assert_eq!(fault("a AND (b"), ("(", QueryProblem::UnclosedParenthesis));
        assert_eq!(fault("a ("), ("(", QueryProblem::UnclosedParenthesis));
        assert_eq!(fault("a) b"), (")", QueryProblem::UnopenedParenthesis));
        assert_eq!(fault(")"), (")", QueryProblem::UnopenedParenthesis));
        assert_eq!(fault("a ( ) b"), ("( )", QueryProblem::EmptyParentheses));
        assert_eq!(fault("OR a"), ("OR", QueryProblem::NothingBefore));
        assert_eq!(fault("(AND a)"), ("AND", QueryProblem::NothingBefore));
        assert_eq!(fault("a AND"), ("AND", QueryProblem::NothingAfter));
        assert_eq!(fault("a AND OR b"), ("AND", QueryProblem::NothingAfter));
        assert_eq!(fault("(a OR)"), ("OR", QueryProblem::NothingAfter));
        assert_eq!(fault("a NOT"), ("NOT", QueryProblem::NothingAfter));
        assert_eq!(fault(&"(".repeat(100_000)), ("(", QueryProblem::TooDeep));
        assert_eq!(fault(&"-".repeat(100_000)), ("-", QueryProblem::TooDeep));
    }
}
