use std::collections::BTreeSet;

use super::Permissions;

/// What a table definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) kind: TableType,
    pub(crate) schemafull: bool,
    /// `DROP`: what is written is discarded.
    pub(crate) drops: bool,
    pub(crate) changefeed: Option<String>,
    pub(crate) permissions: Permissions,
    pub(crate) view: Option<View>,
}

/// The `AS SELECT …` of a table that the database fills itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) text: String,
}

/// What a table may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TableType {
    Any,
    Normal,
    Relation(Relation),
}

/// The tables between which a relation table's edges run; an empty set stands for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) from: BTreeSet<String>,
    pub(crate) to: BTreeSet<String>,
    pub(crate) enforced: bool,
    pub(crate) lightweight: bool,
}
