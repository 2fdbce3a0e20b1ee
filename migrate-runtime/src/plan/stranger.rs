use std::collections::BTreeMap;

use migrate_core::Version;
use serde::Serialize;

use crate::handover::is_called;
use crate::ledger::Row;
use crate::order::Modules;
use crate::refusal::number;

/// A module that a database knows and this binary does not have: it was dropped, or another binary shares the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stranger {
    /// The module, as recorded.
    pub module: String,
    /// The latest of its versions that is applied.
    #[serde(serialize_with = "number")]
    pub version: Version,
}

/// The modules in the ledger that are not, and were not formerly, one of these.
pub(crate) fn strangers(modules: &Modules, rows: &[Row]) -> Vec<Stranger> {
    let is_known = |name: &str| modules.iter().any(|one| is_called(one, name));
    let mut latest: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_in_place() && !is_known(&row.module)) {
        let latest = latest.entry(&row.module).or_insert(row);
        if latest.version < row.version {
            *latest = row;
        }
    }
    // One that ends in a row which stands for no text goes on under another name.
    let latest = latest.into_values().filter(|row| row.chain != Row::MARKER);
    latest.map(|row| Stranger { module: row.module.clone(), version: row.version }).collect()
}
