use std::ops::Range;

use super::spanned::Tree;
use crate::write::Action;

/// The statements of a text that write rows, in the order of the text; `None` where nobody can tell where they stand.
pub(super) fn writes(text: &str) -> Option<Vec<(Action, Range<usize>)>> {
    let tree = Tree::parse(text)?;
    let nodes = tree.nodes();
    let mut found: Vec<(usize, usize, Action)> = Vec::new();
    let mut add = |action: Action, range: Range<usize>| found.push((range.start, range.end, action));
    nodes.create_stmt.iter().for_each(|node| add(Action::Create, tree.range(node)));
    nodes.update_stmt.iter().for_each(|node| add(Action::Update, tree.range(node)));
    nodes.upsert_stmt.iter().for_each(|node| add(Action::Upsert, tree.range(node)));
    nodes.delete_stmt.iter().for_each(|node| add(Action::Delete, tree.range(node)));
    nodes.relate_stmt.iter().for_each(|node| add(Action::Relate, tree.range(node)));
    for node in &nodes.insert_stmt {
        add(if node.relation { Action::InsertRelation } else { Action::Insert }, tree.range(node));
    }
    // A text that was read twice, as two things that it might have been, is one all the same.
    found.sort_by_key(|&(start, end, _)| (start, end));
    found.dedup_by_key(|(start, ..)| *start);
    Some(found.into_iter().map(|(start, end, action)| (action, start..end)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_write_is_found_where_it_stands() {
        let text = "{ CREATE a; IF true { DELETE b WHERE (UPDATE c) } ELSE { RELATE a:1->d->a:2 }; LET $x = (UPSERT e); \
                    INSERT INTO f {}; INSERT RELATION INTO g { in: a:1, out: a:2 } }";
        let found: Vec<_> = writes(text).unwrap().into_iter().map(|(_, range)| &text[range]).collect();
        assert_eq!(
            found,
            [
                "CREATE a",
                "DELETE b WHERE (UPDATE c)",
                "UPDATE c",
                "RELATE a:1->d->a:2",
                "UPSERT e",
                "INSERT INTO f {}",
                "INSERT RELATION INTO g { in: a:1, out: a:2 }"
            ]
        );
    }
}
