/// Something that a definition or a statement names beside its own object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reference {
    /// A record link in a type, or an endpoint of a relation.
    Link(String),
    /// A table that a view selects from: it must exist before the view.
    Source(String),
    /// A table that a body reads when it runs.
    Read(String),
    /// A table that a body goes through or to by an arrow.
    Edge(String),
    /// A table of which a body updates or deletes records when it runs.
    Change(String),
    /// A table that a body creates records in when it runs.
    Create(String),
    /// That a body creates records in a table whose name only its run can tell.
    CreateAnywhere,
    /// The analyzer of a full-text index.
    Analyzer(String),
    /// The function that an analyzer passes text through first, or a call.
    Call(Call),
}

/// A call of a function that the schema defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) function: String,
    /// How many arguments are given, or `None` where that is decided elsewhere.
    pub(crate) arguments: Option<usize>,
}
