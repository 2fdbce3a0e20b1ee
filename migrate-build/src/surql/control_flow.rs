use std::collections::BTreeMap;
use std::ops::Range;

use surrealdb_ast::{Expr, NodeId};

use super::regions::Regions;
use super::spanned::Tree;
use super::traps::{Findings, Subject};
use crate::rules::{m401_return, m402_break, m403_continue};

/// Finds each `RETURN`, `BREAK` and `CONTINUE` that acts on the migration itself.
pub(super) fn check(tree: &Tree<'_>, subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let nodes = tree.nodes();
    // An expression may be kept twice, but the place it names is one.
    let mut breaks = BTreeMap::new();
    let mut continues = BTreeMap::new();
    for expr in &nodes.expr {
        match expr {
            Expr::Break(place) => breaks.insert(number(*place), tree.range(place)),
            Expr::Continue(place) => continues.insert(number(*place), tree.range(place)),
            _ => None,
        };
    }
    if nodes.return_stmt.is_empty() && breaks.is_empty() && continues.is_empty() {
        return;
    }

    let regions = Regions::of(tree);
    for node in &nodes.return_stmt {
        let start = tree.range(node).start;
        if !regions.take_return(start) {
            findings.push(keyword(start, "RETURN"), |source, range| {
                m401_return::diagnostic(source, range, subject.statement.kind, subject.following)
            });
        }
    }
    for range in breaks.into_values().filter(|range| !regions.take_jump(range.start)) {
        findings.push(keyword(range.start, "BREAK"), m402_break::diagnostic);
    }
    for range in continues.into_values().filter(|range| !regions.take_jump(range.start)) {
        findings.push(keyword(range.start, "CONTINUE"), m403_continue::diagnostic);
    }
}

fn keyword(start: usize, word: &str) -> Range<usize> {
    start..start.saturating_add(word.len())
}

fn number<T>(id: NodeId<T>) -> u32 {
    id.into_u32()
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::{codes, diagnostics};

    #[test]
    fn what_takes_a_keyword_is_the_region_it_stands_in() {
        let text = "FOR $a IN [1] { [2].map(|$b| { RETURN $b }); BREAK; RETURN 3; FOR $c IN [4] { CONTINUE } }; BREAK;
            UPDATE t SET a = (1 + { RETURN 2 }), b = [|$a| { RETURN 1 }] RETURN { RETURN 5 }";
        assert_eq!(codes(text), ["M401", "M402", "M401"]);
        let columns: Vec<_> = diagnostics(text).iter().map(|found| found.position().unwrap().column).collect();
        assert_eq!(columns, [53, 93, 83]);
    }

    #[test]
    fn many_regions_take_no_quadratic_time() {
        let closures = "|$a| { RETURN 1 },".repeat(20_000);
        assert!(codes(&format!("LET $a = [{closures}]")).is_empty());
    }
}
