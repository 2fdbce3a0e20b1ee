use clap::Args;
use serde_json::json;

use super::ended::Ended;
use super::error::CommandError;
use super::names;
use super::session::Session;
use super::table::table;
use crate::context::Context;
use crate::{Database, Registry, ReplicaInfo};

/// Shows which binaries are running and at which versions, from the registry that they join. Nothing is written.
///
/// A replica is alive until its row expires by the server's clock; one that never joined is not seen.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = "\
Example:
  migrate replicas --in ops/system

Exit codes: 0 done, 1 the registry could not be read, 2 usage")]
pub struct Replicas {
    /// The system context that they join; that of this program unless given.
    #[arg(long = "in", id = "replicas_in", value_name = "NAMESPACE/DATABASE", value_parser = names::context)]
    context: Option<Context>,
}

impl Replicas {
    /// The context whose registry is read, where the command line names one.
    pub(super) const fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    pub(super) async fn run<D: Database>(self, session: Session<'_, D>) -> Result<Ended, CommandError> {
        let named = self.context.map(Registry::new);
        let registry = named.or_else(|| session.registry.clone()).ok_or(CommandError::NoRegistry)?;
        let replicas = registry.live_replicas(session.database).await?;
        session.print(&json!({ "replicas": replicas }), || shown(&replicas))?;
        Ok(Ended::Done)
    }
}

fn shown(replicas: &[ReplicaInfo]) -> String {
    if replicas.is_empty() {
        return "no replica has joined, or none is alive".to_owned();
    }
    let row = |replica: &ReplicaInfo| {
        let modules: Vec<_> =
            replica.modules.iter().map(|(module, head)| format!("{module} V{}", head.version)).collect();
        let version = replica.version.as_deref().unwrap_or_default();
        let process = format!("{}:{}", replica.host.as_deref().unwrap_or("?"), replica.process);
        vec![format!("{} {version}", replica.binary), process, modules.join(", "), replica.started_at.clone()]
    };
    table(&["binary", "process", "modules", "since"], replicas.iter().map(row))
}
