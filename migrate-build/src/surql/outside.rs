use std::ops::Range;

use surrealdb_ast::{Base, DefineConfigKind, RemoveConfigKind};

use super::spanned::Tree;
use super::traps::Findings;
use crate::rules::{m410_namespace_or_database, m411_above_database};

/// Finds what reaches beyond the database that the migration runs in.
pub(super) fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    namespaces_and_databases(tree, findings);
    users_and_accesses(tree, findings);
    system(tree, findings);
}

fn namespaces_and_databases(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let nodes = tree.nodes();
    let namespaces = nodes.define_ns_stmt.iter().map(|node| node.name);
    let namespaces = namespaces.chain(nodes.alter_ns_stmt.iter().map(|node| node.name));
    let namespaces = namespaces.chain(nodes.remove_ns_stmt.iter().map(|node| node.name));
    let databases = nodes.define_db_stmt.iter().map(|node| node.name);
    let databases = databases.chain(nodes.alter_db_stmt.iter().map(|node| node.name));
    let databases = databases.chain(nodes.remove_db_stmt.iter().map(|node| node.name));
    for name in namespaces.chain(databases) {
        findings.push(tree.range(&name), m410_namespace_or_database::diagnostic);
    }
}

fn users_and_accesses(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let nodes = tree.nodes();
    let named = nodes.define_user.iter().map(|node| (node.name, &node.base));
    let named = named.chain(nodes.alter_user_stmt.iter().map(|node| (node.name, &node.base)));
    let named = named.chain(nodes.remove_user.iter().map(|node| (node.name, &node.base)));
    let named = named.chain(nodes.define_access.iter().map(|node| (node.name, &node.base)));
    let named = named.chain(nodes.alter_access_stmt.iter().map(|node| (node.name, &node.base)));
    let named = named.chain(nodes.remove_access.iter().map(|node| (node.name, &node.base)));
    for (name, base) in named {
        above(base_after(tree, tree.range(&name)), base, findings);
    }
    for node in &nodes.access_stmt {
        if let Some(base) = &node.base {
            above(base_after(tree, tree.range(&node.access)), base, findings);
        }
    }
}

fn system(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let nodes = tree.nodes();
    for node in &nodes.alter_system {
        findings.push(tree.range(node), m411_above_database::system);
    }
    let configs = nodes.define_config.iter().map(|node| (tree.range(node), &node.inner));
    let configs = configs.chain(nodes.alter_config_stmt.iter().map(|node| (tree.range(node), &node.kind)));
    for (range, kind) in configs {
        if matches!(kind, DefineConfigKind::Default(_)) {
            findings.push(range, m411_above_database::default_config);
        }
    }
    for node in &nodes.remove_config {
        if matches!(node.kind, RemoveConfigKind::Default) {
            findings.push(tree.range(node), m411_above_database::default_config);
        }
    }
}

fn above(range: Range<usize>, base: &Base, findings: &mut Findings<'_>) {
    let what = match base {
        Base::Database => return,
        Base::Root => "ROOT",
        Base::Namespace => "NAMESPACE",
    };
    findings.push(range, |source, range| m411_above_database::base(source, range, what));
}

/// The base that follows a name, as in `USER a ON ROOT`, or the name where something stands between.
fn base_after(tree: &Tree<'_>, name: Range<usize>) -> Range<usize> {
    let text = tree.text();
    let word = |from: usize| {
        let rest = text.get(from..)?;
        let start = from + (rest.len() - rest.trim_start().len());
        let letters = text.get(start..)?.bytes().take_while(u8::is_ascii_alphabetic).count();
        Some(start..start + letters)
    };
    let on = word(name.end).filter(|on| tree.slice(on).eq_ignore_ascii_case("on"));
    on.and_then(|on| word(on.end)).filter(|base| !base.is_empty()).unwrap_or(name)
}
