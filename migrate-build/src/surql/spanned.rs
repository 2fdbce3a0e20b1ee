use std::any::Any;
use std::ops::Range;

use surrealdb_ast::{Ast, AstSpan, Expr, Library, NodeId, NodeListId, Query, RecordId, RecordIdKey};
use surrealdb_parser::{Config, Parser};

/// The syntax tree of a text with positions.
///
/// Its nodes lie in one list per kind, so that a question such as "where does a `RETURN` stand" is answered by a list,
/// without walking the tree and without the danger of forgetting a branch of it.
pub(super) struct Tree<'a> {
    text: &'a str,
    query: Query,
    ast: Ast,
}

impl<'a> Tree<'a> {
    /// Parses a text that servers accept. `None` where the parser that keeps positions does not follow theirs, or does
    /// not know all of them.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (query, ast) = Parser::enter_parse::<Query>(text, config()).ok()?;
        let tree = Self { text, query, ast };
        tree.is_located().then_some(tree)
    }

    /// What a record id string such as `r"a:[{ RETURN 1 }]"` holds is parsed as a text of its own, whose positions are not
    /// those of the statement. It matters only if the string may hold expressions.
    fn is_located(&self) -> bool {
        let holds_expressions = |id: &RecordId| {
            matches!(self.ast[id.key], RecordIdKey::Array(_) | RecordIdKey::Object(_) | RecordIdKey::Range(_))
        };
        !(may_hold_record_id_string(self.text) && self.nodes().record_id.iter().any(holds_expressions))
    }

    /// The text it was parsed from.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    /// All its nodes.
    pub(super) fn nodes(&self) -> &Library {
        self.ast.library()
    }

    /// The value of a name or string.
    pub(super) fn string(&self, id: NodeId<String>) -> &str {
        &self.ast[id]
    }

    /// The nodes of a list.
    pub(super) fn list<T: Any>(&self, first: NodeListId<T>) -> impl Iterator<Item = NodeId<T>> {
        self.ast.iter_list(Some(first))
    }

    /// A list within a list.
    pub(super) fn inner<T: Any>(&self, list: NodeId<NodeListId<T>>) -> NodeListId<T> {
        self.ast[list]
    }

    /// The bytes of a node.
    pub(super) fn range(&self, node: &impl AstSpan) -> Range<usize> {
        let span = node.ast_span(&self.ast);
        let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        offset(span.start)..offset(span.end)
    }

    /// The bytes of an expression with its operands: of a binary one, the parser gives the operator only.
    pub(super) fn extent(&self, expr: NodeId<Expr>) -> Range<usize> {
        let Range { mut start, mut end } = self.range(&expr);
        let mut first = expr;
        while let Some(next) = self.operand(first, Side::Left) {
            first = next;
            start = start.min(self.range(&first).start);
        }
        let mut last = expr;
        while let Some(next) = self.operand(last, Side::Right) {
            last = next;
            end = end.max(self.range(&last).end);
        }
        start..end
    }

    fn operand(&self, expr: NodeId<Expr>, side: Side) -> Option<NodeId<Expr>> {
        match (&self.ast[expr], side) {
            (Expr::Covered(inner) | Expr::Throw(inner), _) => Some(*inner),
            (Expr::Binary(node), Side::Left) => Some(self.ast[*node].left),
            (Expr::Binary(node), Side::Right) => Some(self.ast[*node].right),
            (Expr::Idiom(node), Side::Left) => Some(self.ast[*node].left),
            (Expr::Postfix(node), Side::Left) => Some(self.ast[*node].left),
            (Expr::Prefix(node), Side::Right) => Some(self.ast[*node].right),
            _ => None,
        }
    }

    /// What the text says at a range: empty if the range is not one of it.
    pub(super) fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// Where the one statement of a text ends.
pub(super) fn end_of_statement(text: &str) -> Option<usize> {
    let tree = Tree::parse(text)?;
    let end = tree.range(&tree.query.exprs?).end;
    text.is_char_boundary(end).then_some(end)
}

/// Whether an `r` stands before a quote and behind nothing that it could be the end of.
fn may_hold_record_id_string(text: &str) -> bool {
    let prefix = |window: &[u8]| matches!(window, [b'r' | b'R', b'\'' | b'"']);
    let mut behind = b' ';
    text.as_bytes().windows(2).any(|window| {
        let found = prefix(window) && !(behind.is_ascii_alphanumeric() || behind == b'_');
        behind = window[0];
        found
    })
}

/// Everything on: whatever servers accept is to be located.
const fn config() -> Config {
    Config {
        depth_limit: 1024,
        generate_warnings: false,
        feature_bearer_access: true,
        feature_surrealism: true,
        quirk_redefine: true,
        quirk_block_first_no_semi: true,
        quirk_delete_permission_field: true,
        quirk_legacy_place_productions: true,
        quirk_no_controlflow_check: true,
    }
}
