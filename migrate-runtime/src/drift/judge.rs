//! Whether a live schema is what it should be, without any I/O.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use migrate_core::{Catalog, Object};

use super::expected::Expected;
use super::options::Against;
use super::position::Position;
use super::state::{DriftState, DriftUnknown};
use crate::live::{SchemaDifference, Unmanaged, differences};
use crate::registry::ModuleHead;
use crate::snapshot::Snapshot;

/// What is known of one context.
pub(super) struct Known<'a> {
    pub(super) live: &'a Catalog,
    pub(super) position: &'a Position,
    /// The last applied version of each module of its ledger.
    pub(super) heads: &'a BTreeMap<String, ModuleHead>,
    /// Its newest snapshot, where it was asked for and is there.
    pub(super) snapshot: Option<&'a Snapshot>,
}

/// Decides about one context.
pub(super) fn judge(expected: &Expected<'_>, unmanaged: &Unmanaged, against: Against, known: &Known<'_>) -> DriftState {
    let is_managed = |object: &Object| expected.is_defined(object) || !unmanaged.contains(object);
    let managed = |catalog: &Catalog| -> Catalog {
        let managed = catalog.iter().filter(|(object, _)| is_managed(object));
        managed.map(|(object, definition)| (object.clone(), definition.to_owned())).collect()
    };
    let live = managed(known.live);
    let Known { position, heads, snapshot, .. } = known;
    if against == Against::NewestSnapshot {
        return match snapshot {
            None => DriftState::Unknown(DriftUnknown::NoSnapshot),
            Some(snapshot) if snapshot.modules() != *heads => {
                let taken_at = snapshot.taken_at().to_owned();
                DriftState::Unknown(DriftUnknown::OutdatedSnapshot { taken_at })
            }
            Some(snapshot) => drifted(differences(&managed(snapshot.catalog()), &live)),
        };
    }
    let embedded = expected.at(position);
    let (is_ahead, is_shared) = (!position.ahead.is_empty(), !position.strangers.is_empty());
    if heads.is_empty() && embedded.is_empty() && !live.is_empty() {
        return DriftState::Unknown(DriftUnknown::Unrecorded { objects: live.len() });
    }
    let basis: Cow<'_, Catalog> = match snapshot {
        // A later version may have changed any object.
        Some(snapshot) if is_ahead && snapshot.modules() == *heads => Cow::Owned(managed(snapshot.catalog())),
        // Another module has objects of its own.
        Some(snapshot) if !is_ahead && is_shared && explains(snapshot, position, heads) => {
            let mut basis = Catalog::clone(&embedded);
            for (object, definition) in managed(snapshot.catalog()).iter().filter(|(one, _)| !expected.is_defined(one))
            {
                basis.define(object.clone(), definition);
            }
            Cow::Owned(basis)
        }
        _ => {
            let (doubtful, certain): (Vec<_>, Vec<_>) = differences(&embedded, &live)
                .into_iter()
                .partition(|one| is_ahead || is_shared && !expected.is_defined(one.object()));
            return match (certain.is_empty(), doubtful.is_empty()) {
                (true, false) => {
                    let objects = doubtful.iter().map(|one| one.object().clone()).collect();
                    DriftState::Unknown(DriftUnknown::Unexplained { by: position.unknown_work(), objects })
                }
                _ => drifted(certain),
            };
        }
    };
    drifted(differences(&basis, &live))
}

/// Whether a snapshot is of the very versions of the modules that this binary does not have.
fn explains(snapshot: &Snapshot, position: &Position, heads: &BTreeMap<String, ModuleHead>) -> bool {
    position.strangers.iter().all(|one| snapshot.modules().get(&one.module) == heads.get(&one.module))
}

fn drifted(differences: Vec<SchemaDifference>) -> DriftState {
    if differences.is_empty() { DriftState::InSync } else { DriftState::Drifted(Arc::from(differences)) }
}
