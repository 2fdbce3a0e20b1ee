use std::ops::Range;

use surrealdb_ast::{Expr, InsertInto, NodeId};

use super::spanned::Tree;
use super::traps::Findings;
use crate::rules::{m408_reserved_parameter, m412_reserved_table};

/// Finds what touches the parameters and tables that migrations are recorded with.
pub(super) fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    for param in &tree.nodes().params {
        if m408_reserved_parameter::is_reserved(tree.string(param.text)) {
            findings.push(tree.range(param), m408_reserved_parameter::diagnostic);
        }
    }
    tables(tree, findings);
}

/// Reading them is harmless; only what a statement writes to or defines is looked at.
fn tables(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let nodes = tree.nodes();
    let names = nodes.ident.iter().map(|name| (tree.range(name), tree.string(name.text)));
    // `type::table('…')` and the like.
    let strings = nodes.str.iter().map(|literal| (tree.range(literal), tree.string(literal.text)));
    let mut reserved: Vec<_> =
        names.chain(strings).filter(|(_, name)| m412_reserved_table::is_reserved(name)).collect();
    reserved.sort_by_key(|(range, _)| range.start);
    reserved.dedup();
    if reserved.is_empty() {
        return;
    }
    let targets = targets(tree);
    for (range, name) in reserved {
        let target = targets.iter().any(|target| target.start <= range.start && range.end <= target.end);
        if target {
            findings.push(range, |source, range| m412_reserved_table::diagnostic(source, range, name));
        } else if !tree.slice(&range).contains(name) && !targets.is_empty() {
            // A record id string or an escaped name: where it stands is not known, so it may be a target.
            findings.push(0..tree.text().len(), |source, range| m412_reserved_table::diagnostic(source, range, name));
        }
    }
}

/// What is written to, defined, altered or removed.
fn targets(tree: &Tree<'_>) -> Vec<Range<usize>> {
    let mut targets = Targets { tree, found: Vec::new() };
    let nodes = tree.nodes();

    let lists = nodes.create_stmt.iter().map(|node| node.targets);
    let lists = lists.chain(nodes.update_stmt.iter().map(|node| node.targets));
    let lists = lists.chain(nodes.upsert_stmt.iter().map(|node| node.targets));
    let lists = lists.chain(nodes.delete_stmt.iter().map(|node| node.targets));
    targets.all(lists.flat_map(|list| tree.list(list)));
    targets.all(nodes.relate_stmt.iter().flat_map(|node| [node.from, node.through, node.to]));
    for insert in &nodes.insert_stmt {
        match &insert.into {
            Some(InsertInto::Table(table)) => targets.found.push(tree.range(table)),
            Some(InsertInto::Param(_)) => {}
            // Then the records name their table themselves.
            None => targets.found.push(tree.range(insert)),
        }
    }

    targets.all(nodes.define_table_stmt.iter().map(|node| node.name));
    targets.all(nodes.define_field.iter().map(|node| node.table));
    targets.all(nodes.define_index.iter().map(|node| node.table));
    targets.all(nodes.define_event.iter().map(|node| node.table));
    targets.all(nodes.alter_table_stmt.iter().map(|node| node.name));
    targets.all(nodes.alter_field_stmt.iter().map(|node| node.table));
    targets.all(nodes.alter_index_stmt.iter().map(|node| node.table));
    targets.all(nodes.alter_event_stmt.iter().map(|node| node.table));
    targets.all(nodes.remove_table_stmt.iter().map(|node| node.name));
    targets.all(nodes.remove_field.iter().map(|node| node.table));
    targets.all(nodes.remove_index.iter().map(|node| node.table));
    targets.all(nodes.remove_event.iter().map(|node| node.table));
    targets.all(nodes.rebuild_stmt.iter().map(|node| node.table));
    targets.found
}

struct Targets<'a> {
    tree: &'a Tree<'a>,
    found: Vec<Range<usize>>,
}

impl Targets<'_> {
    fn all(&mut self, exprs: impl IntoIterator<Item = NodeId<Expr>>) {
        self.found.extend(exprs.into_iter().map(|expr| self.tree.extent(expr)));
    }
}
