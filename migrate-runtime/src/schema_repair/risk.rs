//! What a repair loses, without any I/O.

use std::collections::BTreeSet;

use migrate_core::{Catalog, DifferenceClass, Object, ObjectKind, UndoSafety};
use serde::Serialize;

use super::history::{LedgerRepair, LedgerRepaired};
use super::statement::{is_redacted, word};
use super::way::is_view;
use crate::live::SchemaDifference;
use crate::undo::{Gone, UndoImpact, has_values};

/// Why somebody has to agree to a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SchemaRepairLoss {
    /// How much it takes to agree to it.
    #[serde(serialize_with = "word")]
    pub safety: UndoSafety,
    /// What is lost, in one sentence without a full stop.
    pub reason: String,
}

/// Of which objects it is asked how many rows they have.
pub(super) struct Asked {
    /// What goes.
    pub(super) goes: UndoImpact,
    /// What else matters: tables with indexes that are missing, fields with another type, tables that become views.
    pub(super) others: UndoImpact,
}

impl Asked {
    pub(super) fn of(differences: &[SchemaDifference]) -> Self {
        let gone = |object: &Object| Gone { object: object.clone(), rows: None };
        let (mut goes, mut others) = (Vec::new(), BTreeSet::new());
        for difference in differences.iter().filter(|one| one.class() == DifferenceClass::Real) {
            let object = difference.object();
            match (difference, object.kind()) {
                (SchemaDifference::Added { .. }, _) => goes.push(gone(object)),
                (_, ObjectKind::Index) => {
                    let table = object.table().unwrap_or_default().to_owned();
                    others.insert(Object::new(ObjectKind::Table, table));
                }
                (SchemaDifference::Changed { .. }, ObjectKind::Field | ObjectKind::Table) => {
                    others.insert(object.clone());
                }
                _ => {}
            }
        }
        let known = |goes| UndoImpact::Known { goes, restored: Vec::new(), recreated: Vec::new() };
        Self { goes: known(goes), others: known(others.iter().map(gone).collect()) }
    }

    /// How many rows have it now.
    fn rows(&self, object: &Object) -> u64 {
        let all = self.goes.goes().iter().chain(self.others.goes());
        all.filter(|one| one.object == *object).find_map(|one| one.rows).unwrap_or_default()
    }

    /// The tables among the others that have rows.
    pub(super) fn filled(&self) -> BTreeSet<String> {
        let is_filled = |one: &&Gone| one.object.kind() == ObjectKind::Table && one.rows.is_some_and(|rows| rows > 0);
        self.others.goes().iter().filter(is_filled).map(|one| one.object.name().to_owned()).collect()
    }
}

/// What is lost by bringing a live schema to what it should be, and by saying so in the ledger.
pub(super) fn losses(
    differences: &[SchemaDifference],
    asked: &Asked,
    live: &Catalog,
    ledger: &[LedgerRepair],
) -> Vec<SchemaRepairLoss> {
    let goes_whole = |table: &str| {
        let table = Object::new(ObjectKind::Table, table.to_owned());
        asked.goes.goes().iter().any(|one| one.object == table)
    };
    let of_difference = |difference: &SchemaDifference| {
        let object = difference.object();
        let found = match difference {
            SchemaDifference::Added { .. } if object.table().is_some_and(goes_whole) => None,
            SchemaDifference::Added { live, .. } => removed(object, live, asked.rows(object)),
            SchemaDifference::Changed { expected, live, .. } => changed(object, expected, live, asked.rows(object)),
            SchemaDifference::Removed { .. } => None,
        };
        found.map(|(safety, reason)| SchemaRepairLoss { safety, reason })
    };
    let real = differences.iter().filter(|one| one.class() == DifferenceClass::Real);
    let mut losses: Vec<_> = real.filter_map(of_difference).collect();
    losses.extend(ledger.iter().filter_map(|one| recorded(one, live)));
    losses
}

fn removed(object: &Object, live: &str, rows: u64) -> Option<(UndoSafety, String)> {
    let reason = match object.kind() {
        ObjectKind::Table if is_view(live) => return None,
        ObjectKind::Table => format!("{object} goes, with {}", records(rows)),
        ObjectKind::Field if !has_values(object) || live.contains(" COMPUTED ") => return None,
        ObjectKind::Field => format!("{object} goes, and {} in it", with_a_value(rows)),
        ObjectKind::Access | ObjectKind::User => format!("{object} goes, and nobody can sign in by it any more"),
        ObjectKind::Sequence | ObjectKind::Bucket | ObjectKind::Model => format!("{object} goes, with what it holds"),
        _ => return None,
    };
    Some((UndoSafety::DataLoss, reason))
}

fn changed(object: &Object, expected: &str, live: &str, rows: u64) -> Option<(UndoSafety, String)> {
    match object.kind() {
        _ if is_redacted(object) => {
            Some((UndoSafety::Unsafe, format!("{object} is made anew, and what was given out by it counts no more")))
        }
        ObjectKind::Table if is_view(expected) && !is_view(live) => {
            Some((UndoSafety::DataLoss, format!("{object} is computed again, and {} of its own go", records(rows))))
        }
        ObjectKind::Field if rows > 0 && !keeps_values(expected, live) => Some((
            UndoSafety::DataLoss,
            format!("{object} gets another type, and {} in it that may not fit", with_a_value(rows)),
        )),
        ObjectKind::Sequence | ObjectKind::Bucket | ObjectKind::Model => {
            Some((UndoSafety::DataLoss, format!("{object} is made anew, and what it holds goes")))
        }
        _ => None,
    }
}

fn recorded(one: &LedgerRepair, live: &Catalog) -> Option<SchemaRepairLoss> {
    let LedgerRepair { module, version, name, becomes, was, writes_rows } = one;
    let migration = format!("{module} V{version}__{name}");
    let reason = match (becomes, was.as_deref(), writes_rows) {
        (LedgerRepaired::RolledBack, _, true) => {
            format!(
                "{migration} is recorded as undone, what it did to rows stays, and the next start does it once more"
            )
        }
        (LedgerRepaired::Applied, Some("applied"), _) => {
            format!("{migration} is recorded with another text or history, and that is replaced")
        }
        // Where there is nothing, there was nothing to be done to rows.
        (LedgerRepaired::Applied, _, true) if !live.is_empty() => {
            format!("{migration} is recorded as applied, and what it does to rows is not done")
        }
        (LedgerRepaired::Applied, _, true) => {
            format!("{migration} is recorded as applied, and its rows are not written")
        }
        (LedgerRepaired::Applied | LedgerRepaired::RolledBack, ..) => return None,
    };
    Some(SchemaRepairLoss { safety: UndoSafety::Unsafe, reason })
}

/// Whether two definitions of a field are certain to take the same values: they give it the same type, and none computes it.
fn keeps_values(one: &str, other: &str) -> bool {
    let is_computed = |text: &str| text.contains(" COMPUTED ");
    type_of(one).is_some() && type_of(one) == type_of(other) && is_computed(one) == is_computed(other)
}

/// The type in a definition as the database prints it, or `None` where a literal could hide its end.
fn type_of(definition: &str) -> Option<&str> {
    const NEXT: [&str; 8] =
        [" DEFAULT ", " READONLY", " VALUE ", " ASSERT ", " COMPUTED ", " REFERENCE", " COMMENT ", " PERMISSIONS "];
    let (head, rest) = definition.split_once(" TYPE ").unwrap_or((definition, ""));
    let end = NEXT.iter().filter_map(|keyword| rest.find(keyword)).min().unwrap_or(rest.len());
    let found = rest.get(..end)?;
    let is_plain = |text: &str| !text.contains(['\'', '"', '`', '⟨']);
    (is_plain(found) && is_plain(head)).then_some(found)
}

fn records(rows: u64) -> String {
    if rows == 1 { "1 record".to_owned() } else { format!("{rows} records") }
}

fn with_a_value(rows: u64) -> String {
    format!("{} {} a value", records(rows), if rows == 1 { "has" } else { "have" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        text.parse().unwrap()
    }

    #[test]
    fn a_field_that_keeps_its_type_keeps_its_values() {
        let of = |rest: &str| format!("DEFINE FIELD a ON t TYPE {rest} PERMISSIONS FULL");
        assert!(keeps_values(&of("int"), &of("int ASSERT $value > 1 COMMENT 'x'")));
        assert!(!keeps_values(&of("int"), &of("number")));
        assert!(!keeps_values(&of("int"), &of("int COMPUTED 1")));
        assert!(!keeps_values(&of("'a VALUE b'"), &of("'a VALUE c'")), "a literal may look like a clause");
    }

    #[test]
    fn what_holds_data_is_lost_and_what_does_not_is_not() {
        let lost = |name: &str, live: &str| removed(&object(name), live, 2).map(|(safety, _)| safety);
        assert_eq!(lost("table a", "DEFINE TABLE a"), Some(UndoSafety::DataLoss));
        assert_eq!(lost("table a", "DEFINE TABLE a AS SELECT * FROM b"), None);
        assert_eq!(lost("field a.b", "DEFINE FIELD b ON a"), Some(UndoSafety::DataLoss));
        for name in ["field a.b.*", "index a.i", "event a.e", "param p", "function f"] {
            assert_eq!(lost(name, ""), None, "{name}");
        }
        assert_eq!(lost("field a.b", "DEFINE FIELD b ON a COMPUTED 1"), None);
        let signed = changed(&object("access k"), "DEFINE ACCESS k", "DEFINE ACCESS k x", 0).unwrap();
        assert_eq!(signed.0, UndoSafety::Unsafe);
    }

    #[test]
    fn what_only_the_ledger_says_is_lost_where_rows_are_concerned() {
        let repair = |becomes, was: Option<&str>, writes_rows| LedgerRepair {
            module: "app".to_owned(),
            version: migrate_core::Version::FIRST,
            name: "m".to_owned(),
            becomes,
            was: was.map(ToOwned::to_owned),
            writes_rows,
        };
        let is_lost = |one: LedgerRepair| recorded(&one, &Catalog::new()).is_some();
        assert!(!is_lost(repair(LedgerRepaired::Applied, None, false)));
        assert!(is_lost(repair(LedgerRepaired::Applied, None, true)));
        assert!(is_lost(repair(LedgerRepaired::Applied, Some("applied"), false)));
        assert!(!is_lost(repair(LedgerRepaired::Applied, Some("failed"), false)));
        assert!(!is_lost(repair(LedgerRepaired::RolledBack, Some("applied"), false)));
        assert!(is_lost(repair(LedgerRepaired::RolledBack, Some("applied"), true)));
    }
}
