//! The schema that a database really has, as the database itself reports it.

mod difference;
mod error;
mod look;
mod read;
mod schema;
mod sections;
mod unmanaged;

pub use difference::SchemaDifference;
pub(crate) use difference::differences;
pub use error::LiveSchemaError;
pub(crate) use look::{Look, Rows, mark_expression};
pub(crate) use read::{evaluate, read};
pub use schema::LiveSchema;
pub(crate) use sections::{OF_DATABASE, OF_TABLE, OWN_TABLES};
pub use unmanaged::Unmanaged;
