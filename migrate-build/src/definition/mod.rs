//! What a `DEFINE` says, in our own words: the text that the database would report, and what the rules ask about it.

mod access;
mod constant;
mod field;
mod function;
mod index;
mod permission;
mod reception;
mod reference;
mod shape;
mod table;
mod value_type;
mod value_type_text;

use migrate_core::{Object, ObjectKind};

pub(crate) use self::access::{Access, Secret};
pub(crate) use self::constant::Constant;
pub(crate) use self::field::{DefaultValue, Field, Required};
pub(crate) use self::function::{Api, Event, Function, Param};
pub(crate) use self::index::{Index, IndexKind};
pub(crate) use self::permission::{Permission, Permissions};
pub(crate) use self::reception::Reception;
pub(crate) use self::reference::{Call, Reference};
pub(crate) use self::shape::Shape;
pub(crate) use self::table::{Relation, Table, TableType, View};
pub(crate) use self::value_type::ValueType;

/// One definition: its object, its canonical text and what that text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) object: Object,
    /// What `INFO` would report; for a config with `DEFINE CONFIG` before it, so that every text is a statement.
    pub(crate) text: String,
    pub(crate) shape: Shape,
    /// What it names beside itself.
    pub(crate) references: Vec<Reference>,
}

impl Definition {
    /// The statement that puts this definition in the place of whatever is there.
    pub(crate) fn overwriting(&self) -> String {
        let keyword = self.object.kind().keyword().to_uppercase();
        let head = format!("DEFINE {keyword} ");
        match self.text.strip_prefix(&head) {
            Some(rest) => format!("{head}OVERWRITE {rest}"),
            None => self.text.clone(),
        }
    }

    /// Whether the text holds `[REDACTED]` in the place of a key or a hash, and so cannot be executed.
    pub(crate) const fn is_redacted(&self) -> bool {
        matches!(self.object.kind(), ObjectKind::Access | ObjectKind::User)
    }
}
