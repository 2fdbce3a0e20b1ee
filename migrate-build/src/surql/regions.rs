use std::cmp::Reverse;
use std::ops::Range;

use surrealdb_ast::{
    AccessType, AlterKind, Expr, FieldDefault, FieldPermissions, InsertData, NodeId, NodeListId, OnDelete, Permission,
    RecordData, TablePermissions,
};

use super::spanned::Tree;

/// What a part of a statement does with a `RETURN`, `BREAK` or `CONTINUE` inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// The body of a `FOR`: it takes `BREAK` and `CONTINUE`.
    Loop,
    /// The body of a closure: it takes `RETURN`.
    Closure,
    /// Text that the database stores and runs later, such as the body of a function: it takes `RETURN`.
    Stored,
    /// What is written, or decides what is written: the engine takes a `RETURN` there as the value of the expression.
    Value,
}

/// The regions of a statement. Whatever lies in none of them acts on the migration itself.
///
/// They lie within each other or apart, as the nodes of a tree do, so they are kept in the order of the text, each with
/// the one around it: a text with many of them is looked through once, not once for each.
pub(super) struct Regions(Vec<Placed>);

struct Placed {
    range: Range<usize>,
    region: Region,
    /// The index of the one around it.
    around: Option<usize>,
}

impl Regions {
    /// Finds the regions of a statement.
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let mut finder = Finder { tree, found: Vec::new() };
        finder.bodies();
        finder.stored_clauses();
        finder.stored_handlers();
        finder.values();
        Self::place(finder.found)
    }

    fn place(mut found: Vec<(Range<usize>, Region)>) -> Self {
        found.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut placed: Vec<Placed> = Vec::with_capacity(found.len());
        let mut open: Vec<usize> = Vec::new();
        for (range, region) in found {
            while open.pop_if(|outer| placed[*outer].range.end < range.end).is_some() {}
            let around = open.last().copied();
            open.push(placed.len());
            placed.push(Placed { range, region, around });
        }
        Self(placed)
    }

    /// Whether something takes a `RETURN` that stands at an offset.
    pub(super) fn take_return(&self, at: usize) -> bool {
        self.around(at).any(|region| region != Region::Loop)
    }

    /// Whether a loop takes a `BREAK` or `CONTINUE` that stands at an offset. No other region hands them on to a loop
    /// around it: there they can only fail, which in stored text may be long after the migration.
    pub(super) fn take_jump(&self, at: usize) -> bool {
        self.around(at).next() == Some(Region::Loop)
    }

    /// What lies around an offset, from the inside out.
    fn around(&self, at: usize) -> impl Iterator<Item = Region> {
        let begun = self.0.partition_point(|placed| placed.range.start <= at);
        let last = begun.checked_sub(1).and_then(|last| self.0.get(last));
        let outwards = std::iter::successors(last, |placed| placed.around.and_then(|around| self.0.get(around)));
        outwards.filter(move |placed| placed.range.contains(&at)).map(|placed| placed.region)
    }
}

/// Goes through the kinds of statement that hold regions.
struct Finder<'a> {
    tree: &'a Tree<'a>,
    found: Vec<(Range<usize>, Region)>,
}

impl Finder<'_> {
    fn bodies(&mut self) {
        let nodes = self.tree.nodes();
        for node in &nodes.for_stmt {
            self.found.push((self.tree.range(&node.body), Region::Loop));
        }
        for node in &nodes.closure {
            self.push(node.body, Region::Closure);
        }
        for node in &nodes.define_function_stmt {
            self.found.push((self.tree.range(&node.body), Region::Stored));
            self.permission(node.permission.as_ref());
        }
        for node in &nodes.alter_function_stmt {
            self.found.extend(node.body.map(|body| (self.tree.range(&body), Region::Stored)));
            self.permission(node.permission.as_ref());
        }
    }

    fn stored_clauses(&mut self) {
        let nodes = self.tree.nodes();
        for node in &nodes.define_field {
            self.stored([node.value, node.assert, node.computed, node.default.as_ref().map(default)]);
            self.stored([node.on_delete.as_ref().and_then(on_delete)]);
            self.field_permissions(node.permissions.as_ref());
        }
        for node in &nodes.alter_field_stmt {
            self.stored([set(node.value.as_ref()).copied(), set(node.assert.as_ref()).copied()]);
            self.stored([set(node.default.as_ref()).map(default), set(node.on_delete.as_ref()).and_then(on_delete)]);
            self.field_permissions(node.permissions.as_ref());
        }
        for node in &nodes.define_table_stmt {
            self.table_permissions(node.permission.as_ref());
        }
        for node in &nodes.alter_table_stmt {
            self.table_permissions(node.permissions.as_ref());
        }
        for node in &nodes.define_param {
            self.permission(node.permission.as_ref());
        }
        for node in &nodes.alter_param_stmt {
            self.permission(node.permissions.as_ref());
        }
    }

    fn stored_handlers(&mut self) {
        let nodes = self.tree.nodes();
        for node in &nodes.define_event {
            self.stored([node.condition]);
            self.list(node.then, Region::Stored);
        }
        for node in &nodes.alter_event_stmt {
            self.stored([set(node.condition.as_ref()).copied()]);
            if let Some(then) = set(node.then.as_ref()) {
                self.list(*then, Region::Stored);
            }
        }
        for node in &nodes.define_access {
            self.stored([node.authenticate, node.context]);
            if let Some(AccessType::Record(record)) = &node.ty {
                self.stored([record.signup, record.signin]);
            }
        }
        for node in &nodes.alter_access_stmt {
            self.stored([set(node.authenticate.as_ref()).copied(), set(node.context.as_ref()).copied()]);
        }
        for node in &nodes.api_action {
            self.stored([Some(node.action)]);
            self.permission(node.permission.as_ref());
        }
        for node in &nodes.define_api {
            self.stored([node.fallback]);
            self.permission(node.base_permission.as_ref());
        }
        for node in &nodes.alter_api_stmt {
            self.stored([set(node.fallback.as_ref()).copied()]);
        }
    }

    /// Proven position by position on the engine; it does not do the same in a `SELECT`, nor in most other places.
    fn values(&mut self) {
        let nodes = self.tree.nodes();
        for node in &nodes.assignment {
            self.push(node.value, Region::Value);
        }
        let data = nodes.create_stmt.iter().map(|node| &node.data);
        let data = data.chain(nodes.update_stmt.iter().map(|node| &node.data));
        let data = data.chain(nodes.upsert_stmt.iter().map(|node| &node.data));
        let data = data.chain(nodes.relate_stmt.iter().map(|node| &node.data));
        for data in data.flatten() {
            match data {
                RecordData::Content(expr)
                | RecordData::Patch(expr)
                | RecordData::Merge(expr)
                | RecordData::Replace(expr) => self.push(*expr, Region::Value),
                // Each assignment was found above, and an `UNSET` holds no value.
                RecordData::Set(_) | RecordData::Unset(_) => {}
            }
        }
        for node in &nodes.insert_stmt {
            match &node.data {
                InsertData::Expr(expr) => self.push(*expr, Region::Value),
                InsertData::Tuples(tuples) => {
                    for row in self.tree.list(tuples.values) {
                        self.list(self.tree.inner(row), Region::Value);
                    }
                }
            }
        }
        let conditions = nodes.update_stmt.iter().map(|node| node.condition);
        let conditions = conditions.chain(nodes.upsert_stmt.iter().map(|node| node.condition));
        let conditions = conditions.chain(nodes.delete_stmt.iter().map(|node| node.condition));
        let params = nodes.define_param.iter().map(|node| node.value);
        let params = params.chain(nodes.alter_param_stmt.iter().map(|node| node.value));
        for expr in conditions.chain(params).flatten() {
            self.push(expr, Region::Value);
        }
    }

    fn push(&mut self, expr: NodeId<Expr>, region: Region) {
        self.found.push((self.tree.extent(expr), region));
    }

    fn list(&mut self, exprs: NodeListId<Expr>, region: Region) {
        for expr in self.tree.list(exprs) {
            self.push(expr, region);
        }
    }

    fn stored<const N: usize>(&mut self, exprs: [Option<NodeId<Expr>>; N]) {
        for expr in exprs.into_iter().flatten() {
            self.push(expr, Region::Stored);
        }
    }

    fn permission(&mut self, permission: Option<&Permission>) {
        if let Some(Permission::Where(expr)) = permission {
            self.push(*expr, Region::Stored);
        }
    }

    fn field_permissions(&mut self, permissions: Option<&FieldPermissions>) {
        for one in permissions.into_iter().flat_map(|all| [&all.create, &all.update, &all.select]) {
            self.permission(one.as_ref());
        }
    }

    fn table_permissions(&mut self, permissions: Option<&TablePermissions>) {
        for one in permissions.into_iter().flat_map(|all| [&all.create, &all.update, &all.select, &all.delete]) {
            self.permission(one.as_ref());
        }
    }
}

const fn set<T>(clause: Option<&AlterKind<T>>) -> Option<&T> {
    match clause {
        Some(AlterKind::Set(value)) => Some(value),
        Some(AlterKind::Drop(_)) | None => None,
    }
}

const fn default(default: &FieldDefault) -> NodeId<Expr> {
    let (FieldDefault::Always(expr) | FieldDefault::Some(expr)) = default;
    *expr
}

const fn on_delete(action: &OnDelete) -> Option<NodeId<Expr>> {
    match action {
        OnDelete::Then(expr) => Some(*expr),
        OnDelete::Reject | OnDelete::Ignore | OnDelete::Cascade | OnDelete::Unset => None,
    }
}
