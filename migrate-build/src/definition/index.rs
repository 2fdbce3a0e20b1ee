/// What an index definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// The indexed paths, as text.
    pub(crate) columns: Vec<String>,
    pub(crate) kind: IndexKind,
    /// The definition without its comment: as long as this stays the same, the index itself does.
    pub(crate) structure: String,
}

/// What an index is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IndexKind {
    Plain,
    Unique,
    /// With the name of its analyzer.
    FullText(String),
    Vector,
    Count,
}
