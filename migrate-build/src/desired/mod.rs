//! The next migration, from what the schema shall be: the way from the chain's last schema to that.

mod draft;
mod link;
mod next;
mod own_words;
mod read;
mod rename;
mod rollout;
mod start;

use std::collections::BTreeMap;

use migrate_core::{Catalog, Object};

use crate::analysis::Schema;

pub use self::next::{Breakage, Consent, Next, NextError, Rollout, Wish};
pub use self::rename::{ParseRenameError, Rename};
pub use self::start::Dynamic;

/// What the schema shall be, by its definitions alone.
#[derive(Clone, Debug)]
pub struct Desired {
    schema: Schema,
    /// The statements as they were written, of those that can be used as they are.
    own: BTreeMap<Object, String>,
}

impl Desired {
    /// The schema as a database reports it.
    pub fn catalog(&self) -> Catalog {
        self.schema.catalog()
    }
}
