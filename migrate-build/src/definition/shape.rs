use super::{Access, Api, Event, Field, Function, Index, Param, Table};

/// What a definition says, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Table(Table),
    Field(Field),
    Index(Index),
    Event(Event),
    Function(Function),
    Param(Param),
    Api(Api),
    Access(Access),
    /// Nothing is asked about it beyond its text.
    Opaque,
}

impl Shape {
    pub(crate) const fn table(&self) -> Option<&Table> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }

    pub(crate) const fn field(&self) -> Option<&Field> {
        if let Self::Field(field) = self { Some(field) } else { None }
    }

    pub(crate) const fn index(&self) -> Option<&Index> {
        if let Self::Index(index) = self { Some(index) } else { None }
    }

    pub(crate) const fn function(&self) -> Option<&Function> {
        if let Self::Function(function) = self { Some(function) } else { None }
    }

    pub(crate) const fn access(&self) -> Option<&Access> {
        if let Self::Access(access) = self { Some(access) } else { None }
    }
}
