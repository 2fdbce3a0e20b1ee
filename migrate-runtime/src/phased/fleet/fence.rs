//! What a completion asserts in its own transactions: that no older replica is alive.

use migrate_core::Migration;

use crate::Reply;
use crate::StatementErrorKind;
use crate::context::Context;
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::script::{CONTEXT_GUARD, Role, Script};

/// How a run completes phased migrations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Completion {
    /// The context of the replica registry, where older replicas are to be looked for.
    pub(crate) fence: Option<Fence>,
    /// What the operator has overridden, for the log.
    pub(crate) overrides: Vec<&'static str>,
}

impl Completion {
    /// One that asks this registry, with nothing overridden.
    pub(crate) fn asking(registry: &Registry) -> Self {
        Self { fence: Some(Fence::of(registry)), overrides: Vec::new() }
    }
}

/// The replica registry that a transaction asks.
///
/// It is asked in the transaction that says in the ledger that the completion is begun, and once more in the one of its first step.
/// An older replica joins the registry first and reads the ledger then. So if it did not see that word, it had joined before it was
/// written, and the first step sees the replica: it is taken back, and nothing was broken.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    registry: Context,
}

impl Fence {
    /// The question to this registry.
    pub(super) fn of(registry: &Registry) -> Self {
        Self { registry: registry.context().clone() }
    }

    /// Adds the question to a transaction in this context, which it goes back to.
    pub(crate) fn push(&self, script: &mut Script, back: &Context) {
        script.variables.insert("_migrate_registry_ns".to_owned(), self.registry.namespace().into());
        script.variables.insert("_migrate_registry_db".to_owned(), self.registry.database().into());
        script.push(0, Role::Replicas, &format!("{}\n", self.registry.use_statement()));
        script.push(
            0,
            Role::Replicas,
            "IF session::ns() != $_migrate_registry_ns OR session::db() != $_migrate_registry_db \
             { THROW 'the replica registry cannot be entered' };\n",
        );
        script.push(
            0,
            Role::Replicas,
            // Where nobody has ever joined, there is no table.
            "LET $_migrate_older = IF (INFO FOR DB).tables._migration_replica = NONE { [] } ELSE { \
             (SELECT VALUE string::concat(binary, ' ', version ?? '', ' on ', host ?? '?') \
             FROM _migration_replica WHERE expires_at > time::now() \
             AND (modules[$_migrate_0.module].version ?? 0) < $_migrate_0.version) };\n",
        );
        script.push(
            0,
            Role::Replicas,
            "IF array::len($_migrate_older) > 0 \
             { THROW 'older replicas are alive: ' + array::join($_migrate_older, ', ') };\n",
        );
        script.push(0, Role::Replicas, &format!("{}\n", back.use_statement()));
        script.push(0, Role::Guard, CONTEXT_GUARD);
    }
}

/// Why a completion was held back, where the registry or what it says was the reason.
pub(crate) fn withheld(script: &Script, reply: &Reply, module: &str, migration: &Migration) -> Option<Refusal> {
    let slots = script.slots.iter().zip(&reply.0);
    let mut asked =
        slots.filter(|((_, role), _)| *role == Role::Replicas).filter_map(|(_, result)| result.as_ref().err());
    let error = asked.find(|error| {
        !matches!(
            error.kind,
            StatementErrorKind::Bystander
                | StatementErrorKind::Conflict
                | StatementErrorKind::TimedOut
                | StatementErrorKind::NoSuchContext
        )
    })?;
    let reason = match error.kind {
        StatementErrorKind::Thrown => error.message.clone(),
        _ => format!("the replica registry cannot be asked: {}", error.message),
    };
    let reason = reason.strip_prefix("An error occurred: ").unwrap_or(&reason).to_owned();
    Some(Refusal::Withheld { module: module.to_owned(), version: migration.version(), reason })
}
