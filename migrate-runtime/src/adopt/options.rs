use std::collections::BTreeMap;

use migrate_core::{Migrations, Version};

use super::error::AdoptionError;
use super::foreign::ForeignLedger;
use super::mapping::last_applied;
use super::tool::Tool;
use crate::baseline::{At, BaselineError, Strangers, Wanted, select};
use crate::context::Context;
use crate::live::Unmanaged;

/// Whose ledger is adopted, for which module, and how its entries are mapped to the module's migrations.
///
/// An entry is the migration that [`map`](Self::map) says it is; or else the one with the same checksum, where the tool
/// recorded one; or the one whose version is the entry's time (`V20230101120000__…`); or the only one of the same name,
/// in whatever spelling (`AddUser`, `add user` and `add_user` are one). An entry that is none of them is refused, and so is
/// one without those before it. `SurrealKit` records definitions only, so there the schema says what was applied.
#[derive(Clone, Debug)]
#[must_use]
pub struct Adoption {
    pub(super) tool: Tool,
    module: String,
    version: Option<Version>,
    map: BTreeMap<String, Version>,
    unmanaged: Unmanaged,
    strangers: Strangers,
}

impl Adoption {
    /// Adopts the ledger of a tool for this module.
    pub fn of(tool: Tool, module: impl Into<String>) -> Self {
        Self {
            tool,
            module: module.into(),
            version: None,
            map: BTreeMap::new(),
            unmanaged: Unmanaged::none(),
            strangers: Strangers::default(),
        }
    }

    /// This entry is the module's migration of this version: the name of a script, or the version that the tool gave it.
    /// Several entries may be the same one.
    pub fn map(mut self, entry: impl Into<String>, version: Version) -> Self {
        self.map.insert(entry.into(), version);
        self
    }

    /// Everything that the tool has applied makes up this version, which the schema is verified against. Nothing is mapped.
    pub fn at(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Objects that match are none of the migrations' business, unless the module defines them.
    pub fn unmanaged(self, unmanaged: Unmanaged) -> Self {
        Self { unmanaged, ..self }
    }

    /// What to do about all other objects that no module defines.
    pub fn strangers(self, strangers: Strangers) -> Self {
        Self { strangers, ..self }
    }

    pub(super) fn wanted(
        &self,
        modules: &[&'static Migrations],
        ledger: &ForeignLedger,
        context: &Context,
    ) -> Result<Wanted, AdoptionError> {
        let only = |at| select(modules, &BTreeMap::from([(self.module.clone(), at)]));
        let detected = only(At::Detected)?;
        let (module, _) = detected.first().copied().ok_or_else(|| BaselineError::NoSuchModule(self.module.clone()))?;
        let targets = match (self.version, ledger) {
            (Some(version), _) => only(At::Version(version))?,
            (None, ForeignLedger::SurrealKit { .. }) => detected,
            (None, ForeignLedger::SurrealdbMigrations { migrations } | ForeignLedger::Surql { migrations }) => {
                for &version in self.map.values() {
                    only(At::Version(version))?;
                }
                let last = last_applied(context, self.tool, module, &self.map, migrations)?;
                last.map(|version| (module, At::Version(version))).into_iter().collect()
            }
        };
        let unmanaged = self.unmanaged.clone().and(Unmanaged::declared(modules)).and_tables(self.tool.tables());
        Ok(Wanted { targets, unmanaged, strangers: self.strangers })
    }
}
