use std::fmt;

use migrate_core::{Catalog, Migrations, Object, ObjectKind, UndoSafety, Version};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::decide::Decided;
use super::impact::{Gone, UndoImpact, fields_alone, has_value, impact};
use super::ledger::{Key, Stand};
use super::target::UndoTarget;
use crate::context::{Context, quote};
use crate::order::Modules;
use crate::plan::Stranger;
use crate::refusal::number;

/// What would be undone in one context, in order, and what that costs.
///
/// It is good for the ledger that it was made from: [`Migrator::undo`](crate::Migrator::undo) refuses it once that has
/// changed. `Display` is for a person; the JSON form is in `FORMATS.md`.
#[derive(Clone, Debug)]
#[must_use = "a plan undoes nothing by itself"]
pub struct UndoPlan {
    pub(super) context: Context,
    pub(super) target: UndoTarget,
    pub(super) steps: Vec<UndoStep>,
    pub(super) not_in_this_binary: Vec<Stranger>,
    pub(super) stand: Stand,
}

/// One migration to undo.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct UndoStep {
    /// Its module, as recorded.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name, as recorded.
    pub name: String,
    /// Its file name, as recorded.
    pub file: String,
    /// The statements that undo it.
    pub statements: String,
    /// Where they come from.
    pub source: UndoSource,
    /// What running them loses.
    #[serde(serialize_with = "word")]
    pub safety: UndoSafety,
    /// Why that is so, each in one sentence without a full stop.
    pub reasons: Vec<String>,
    /// What to do about it.
    pub recommendation: &'static str,
    /// What of the schema and its data goes.
    #[serde(flatten)]
    pub impact: UndoImpact,
    /// What a replica could apply on top of it, and must not meanwhile.
    #[serde(skip)]
    pub(super) above: Vec<Key>,
    /// The statements that take values out of the rows of which the fields go.
    #[serde(skip)]
    pub(super) clearing: Vec<String>,
}

/// Where the statements come from that undo a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoSource {
    /// The build derived them.
    Derived,
    /// A down file.
    Explicit,
    /// The ledger row, written by the binary that applied the migration.
    Ledger,
}

impl fmt::Display for UndoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Derived => "derived",
            Self::Explicit => "explicit",
            Self::Ledger => "ledger",
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn word<S: Serializer>(safety: &UndoSafety, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(safety.word())
}

impl UndoPlan {
    /// The context.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// What was asked for.
    pub const fn target(&self) -> &UndoTarget {
        &self.target
    }

    /// The migrations to undo, in order.
    pub fn steps(&self) -> &[UndoStep] {
        &self.steps
    }

    /// The modules of which the database has migrations that stay and that this binary does not know. Whether they require
    /// something that goes it cannot tell.
    pub fn not_in_this_binary(&self) -> &[Stranger] {
        &self.not_in_this_binary
    }

    /// The worst of its steps: safe, where there is nothing to undo.
    pub fn safety(&self) -> UndoSafety {
        self.steps.iter().map(|step| step.safety).max().unwrap_or(UndoSafety::Safe)
    }

    /// Whether somebody has to agree to it beforehand.
    pub fn requires_approval(&self) -> bool {
        self.safety() > UndoSafety::Safe
    }

    /// What goes and holds data now, with the step it goes with.
    pub fn loses(&self) -> impl Iterator<Item = (&UndoStep, &Gone)> {
        self.steps.iter().flat_map(|step| step.impact.loses().map(move |gone| (step, gone)))
    }
}

impl UndoStep {
    pub(super) fn key(&self) -> Key {
        (self.module.clone(), self.version)
    }

    /// What is decided about a migration, without the rows that it concerns.
    pub(super) fn new(modules: &Modules, decided: &Decided<'_>, live: &Catalog) -> Self {
        let row = &decided.recorded.row;
        let impact = decided.known.map_or(UndoImpact::Unknown, |(module, place)| impact(modules[module], place));
        Self {
            module: row.module.clone(),
            version: row.version,
            name: row.name.clone(),
            file: decided.recorded.file.clone(),
            statements: decided.text.clone(),
            source: decided.source,
            safety: decided.safety,
            reasons: Vec::new(),
            recommendation: "",
            above: above(modules, decided),
            clearing: clearing(impact.goes(), live).into_iter().map(|(_, statement)| statement).collect(),
            impact,
        }
    }

    /// Says why it is as safe as it is, once the rows are counted.
    pub(super) fn judge(&mut self) {
        let mut reasons = Vec::new();
        for Gone { object, rows } in self.impact.loses() {
            let rows = rows.unwrap_or_default();
            reasons.push(match object.kind() {
                ObjectKind::Table => format!("{object} goes, with {}", records(rows)),
                _ => format!(
                    "{object} goes, and {} {} a value in it",
                    records(rows),
                    if rows == 1 { "has" } else { "have" }
                ),
            });
        }
        let holds_data = !reasons.is_empty();
        if let UndoImpact::Known { recreated, .. } = &self.impact {
            let tables = recreated.iter().filter(|one| one.kind() == ObjectKind::Table);
            reasons.extend(tables.map(|table| format!("{table} comes back without the records that it had")));
        }
        let is_known = self.impact != UndoImpact::Unknown;
        if !is_known {
            reasons.push("this binary does not hold the migration and cannot tell what goes".to_owned());
        }
        match self.safety {
            UndoSafety::Safe if reasons.is_empty() => reasons.push("nothing that goes holds data".to_owned()),
            UndoSafety::DataLoss if !holds_data && is_known => {
                reasons.push("values written since may be lost or become invalid; what goes holds none now".to_owned());
            }
            UndoSafety::Unsafe => reasons.push(
                "the migration took something away that its undo does not bring back, or what its undo does cannot be told"
                    .to_owned(),
            ),
            UndoSafety::Safe | UndoSafety::DataLoss => {}
        }
        self.recommendation = match (self.safety, holds_data) {
            (_, true) => "stop whatever writes it, and export it first",
            (UndoSafety::Safe, false) => "nothing has to be saved first",
            (UndoSafety::DataLoss, false) => "stop whatever writes it first",
            (UndoSafety::Unsafe, false) => "make a backup of the database first, and look at it afterwards",
        };
        self.reasons = reasons;
    }
}

fn records(rows: u64) -> String {
    if rows == 1 { "1 record".to_owned() } else { format!("{rows} records") }
}

/// What a replica could apply on top of a migration: the next of its module, and what requires it.
fn above(modules: &Modules, decided: &Decided<'_>) -> Vec<Key> {
    let row = &decided.recorded.row;
    let key = |module: usize, at: usize| {
        let module: &Migrations = modules.get(module)?;
        Some((module.module().to_owned(), module.as_slice().get(at)?.version()))
    };
    let Some((module, at)) = decided.known else {
        return row.version.next().map(|next| (row.module.clone(), next)).into_iter().collect();
    };
    // Of a later binary nobody knows more than that it goes on counting.
    let next = key(module, at + 1).or_else(|| Some((row.module.clone(), row.version.next()?)));
    let requires = modules.turns().iter().filter(|turn| turn.needs.contains(&(module, at)));
    next.into_iter().chain(requires.filter_map(|turn| key(turn.module, turn.at))).collect()
}

/// The statements that take values out of rows, one for each table that stays, by its name.
pub(crate) fn clearing(goes: &[Gone], live: &Catalog) -> Vec<(String, String)> {
    let fields = fields_alone(goes);
    let mut tables: Vec<_> = fields.iter().filter_map(|field| field.table()).collect();
    tables.sort_unstable();
    tables.dedup();
    // The records of a view are computed.
    let is_plain = |table: &&str| {
        live.get(&Object::new(ObjectKind::Table, (*table).to_owned())).is_some_and(|text| !text.contains(" AS SELECT "))
    };
    let clear = |table: &str| {
        let of_table: Vec<_> = fields.iter().filter(|field| field.table() == Some(table)).collect();
        let paths: Vec<_> = of_table.iter().map(|field| field.name()).collect();
        let conditions: Vec<_> = of_table.iter().map(|field| has_value(field)).collect();
        let (paths, conditions) = (paths.join(", "), conditions.join(" OR "));
        (table.to_owned(), format!("UPDATE {} UNSET {paths} WHERE {conditions} RETURN NONE;\n", quote(table)))
    };
    tables.into_iter().filter(is_plain).map(clear).collect()
}

impl fmt::Display for UndoPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.steps.len();
        write!(f, "undo of {} in {}: ", self.target, self.context)?;
        match count {
            0 => return f.write_str("nothing to undo"),
            1 => f.write_str("1 migration")?,
            _ => write!(f, "{count} migrations")?,
        }
        if self.requires_approval() {
            write!(f, ", to be approved as {}", self.safety())?;
        }
        for (at, step) in self.steps.iter().enumerate() {
            write!(f, "\n{}. {step}", at + 1)?;
        }
        for Stranger { module, version } in &self.not_in_this_binary {
            write!(f, "\nnot known to this binary: {module} up to V{version}, which may require something that goes")?;
        }
        Ok(())
    }
}

impl fmt::Display for UndoStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, name, safety, source, .. } = self;
        write!(f, "{module} V{version}__{name}   {}   {source}", safety.word().to_uppercase())?;
        if let UndoImpact::Known { goes, restored, recreated } = &self.impact {
            for Gone { object, rows } in goes {
                write!(f, "\n     goes        {object}")?;
                if let Some(rows) = rows {
                    write!(f, "   {}", records(*rows))?;
                }
            }
            restored.iter().try_for_each(|object| write!(f, "\n     as before   {object}"))?;
            recreated.iter().try_for_each(|object| write!(f, "\n     comes back  {object}"))?;
        }
        self.reasons.iter().try_for_each(|reason| write!(f, "\n     because     {reason}"))?;
        write!(f, "\n     so          {}", self.recommendation)?;
        self.statements.lines().try_for_each(|line| write!(f, "\n     | {line}"))
    }
}

impl Serialize for UndoPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        map.serialize_entry("to", &self.target)?;
        map.serialize_entry("safety", self.safety().word())?;
        map.serialize_entry("requires_approval", &self.requires_approval())?;
        map.serialize_entry("steps", &self.steps)?;
        map.serialize_entry("not_in_this_binary", &self.not_in_this_binary)?;
        map.serialize_entry("ledger", &self.stand.lines())?;
        map.end()
    }
}
