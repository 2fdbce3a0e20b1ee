use std::collections::BTreeSet;

use crate::operation::Lowered;
use crate::write::Action;

/// The tables of which a migration has deleted rows so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deleted {
    tables: BTreeSet<String>,
    /// Whether rows were deleted of tables that only the run can tell, such as those that a subquery selects.
    elsewhere: bool,
}

impl Deleted {
    /// Adds what a statement deletes.
    pub(super) fn note(&mut self, lowered: &Lowered) {
        for write in lowered.writes().filter(|write| write.action == Action::Delete) {
            self.tables.extend(write.tables.iter().cloned());
            self.elsewhere |= write.elsewhere;
        }
    }

    /// Whether rows of this table may have been deleted.
    pub(crate) fn may_be_of(&self, table: &str) -> bool {
        self.elsewhere || self.tables.contains(table)
    }
}
