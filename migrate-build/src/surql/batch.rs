use std::ops::Range;

use surrealdb_sql::{Expr, Fields, Idiom, Literal, Part, TopLevelExpr};

use super::ParsedStatement;
use super::spanned::Tree;

/// Some of a table's rows, as many as a `LIMIT` lets through, which a statement writes: `UPDATE (SELECT … LIMIT n) SET …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Where the `SELECT` stands in the text.
    pub(crate) select: Range<usize>,
    pub(crate) takes: Takes,
    pub(crate) end: End,
    /// How many rows it selects at most, where that is a number in the text.
    pub(crate) limit: Option<u32>,
}

/// What the `SELECT` of a [`Batch`] gives of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `SELECT VALUE id`: enough to tell one batch from the next.
    Ids,
    /// Anything else.
    Other,
}

/// What keeps the same rows from being selected again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// They are deleted, or a condition may leave out those that were written.
    Possible,
    /// Nothing.
    Never,
}

impl ParsedStatement {
    /// The batch that the statement writes, if it writes one. `text` is the whole text that it was parsed from.
    pub(crate) fn batch(&self, text: &str) -> Option<Batch> {
        let TopLevelExpr::Expr(expr) = &self.ast else { return None };
        let (what, deletes) = match expr {
            Expr::Update(update) => (&update.what, false),
            Expr::Delete(delete) => (&delete.what, true),
            _ => return None,
        };
        let [Expr::Select(select)] = &what[..] else { return None };
        let limit = select.limit.as_ref().filter(|_| !select.only)?;
        let limit = match &limit.0 {
            Expr::Literal(Literal::Integer(rows)) => u32::try_from(*rows).ok(),
            _ => None,
        };
        let takes = if takes_ids(&select.fields) { Takes::Ids } else { Takes::Other };
        let end = if deletes || select.cond.is_some() { End::Possible } else { End::Never };
        let own = text.get(self.range.clone())?;
        Some(Batch { select: locate(own, self.range.start)?, takes, end, limit })
    }
}

fn takes_ids(fields: &Fields) -> bool {
    let Fields::Value(selector) = fields else { return false };
    matches!(&selector.expr, Expr::Idiom(Idiom(parts)) if matches!(&parts[..], [Part::Field(name)] if name.as_str() == "id"))
}

/// Where the first `SELECT` of a statement stands: that of its target, for nothing that could hold one comes before.
fn locate(statement: &str, offset: usize) -> Option<Range<usize>> {
    let tree = Tree::parse(statement)?;
    let selects = tree.nodes().select_stmt.iter().map(|select| tree.range(select));
    let first = selects.min_by_key(|range| range.start)?;
    Some(offset + first.start..offset + first.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Diagnostics, Source, surql};

    fn batch(text: &str) -> Option<(String, Takes, End)> {
        let source = Source::new("V1__test.surql", text);
        let statements = surql::parse(&source, &mut Diagnostics::default()).unwrap();
        let batch = statements.last().unwrap().batch(text)?;
        Some((text[batch.select].to_owned(), batch.takes, batch.end))
    }

    #[test]
    fn the_rows_of_a_limited_selection_are_a_batch() {
        let select = "SELECT VALUE id FROM a WHERE b = (SELECT VALUE c FROM ONLY d LIMIT 1) LIMIT 1000";
        let found = Some((select.to_owned(), Takes::Ids, End::Possible));
        assert_eq!(batch(&format!("CREATE x; UPDATE ({select}) SET b = (SELECT * FROM d LIMIT 3)")), found);
        assert_eq!(batch(&format!("DELETE ( {select} ) RETURN NONE;")), found);
    }

    #[test]
    fn what_it_takes_and_whether_it_can_end_is_told() {
        let (_, takes, end) = batch("UPDATE (SELECT VALUE id FROM a LIMIT 5) SET b = 1").unwrap();
        assert_eq!((takes, end), (Takes::Ids, End::Never));
        let (_, takes, end) = batch("DELETE (SELECT * FROM a LIMIT 5)").unwrap();
        assert_eq!((takes, end), (Takes::Other, End::Possible));
    }

    #[test]
    fn how_many_rows_it_has_at_most_is_told_where_the_text_says_so() {
        let limit = |limit: &str| {
            let text = format!("UPDATE (SELECT VALUE id FROM a WHERE b LIMIT {limit}) SET b = 1");
            let source = Source::new("V1__test.surql", text.as_str());
            surql::parse(&source, &mut Diagnostics::default()).unwrap()[0].batch(&text).unwrap().limit
        };
        assert_eq!((limit("1000"), limit("$rows"), limit("10 + 5")), (Some(1000), None, None));
    }

    #[test]
    fn anything_else_is_no_batch() {
        for text in [
            "UPDATE a SET b = (SELECT VALUE id FROM a LIMIT 5)",
            "UPDATE (SELECT VALUE id FROM a WHERE b) SET b = 1",
            "UPDATE (SELECT VALUE id FROM a LIMIT 5), c:1 SET b = 1",
            "UPDATE (SELECT VALUE id FROM ONLY a:1 LIMIT 1) SET b = 1",
            "SELECT VALUE id FROM a LIMIT 5",
            "CREATE a",
        ] {
            assert_eq!(batch(text), None, "{text}");
        }
    }
}
