use std::fmt::Write;

use clap::Args;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::ended::Ended;
use super::error::{CommandError, of_schema};
use super::progress::Progress;
use super::selection::Selection;
use super::session::Session;
use crate::context::Context;
use crate::counted::Counted;
use crate::{Database, LiveSchema, LiveSchemaError, Unmanaged};

/// Shows the schema that each database has, as the database itself reports it. Nothing is written.
///
/// The runtime's own tables are left out. It ends with 1 where a database could not be read or does not exist.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = "\
Example:
  migrate live --ns acme --db eu --unmanaged 'audit_*'

Exit codes: 0 done, 1 a database could not be read or does not exist, 2 usage")]
pub struct Live {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Leaves out objects that match: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
}

/// So many are read at once: each is a whole schema.
const AT_ONCE: usize = 4;

type Read = (Context, Result<LiveSchema, LiveSchemaError>);

impl Live {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let fleet = session.select(self.selection)?;
        let unmanaged = Unmanaged::matching(&self.unmanaged);
        let Session { migrator, database, .. } = &session;
        let contexts = migrator.contexts_of(&Counted::new(*database, migrator.counters()), fleet).await?;
        let (unmanaged, progress) = (&unmanaged, &Progress::reading(session.presentation, "schemas read"));
        progress.expect(contexts.len());
        let reading = contexts.into_iter().map(async |context| {
            let schema = migrator.live_schema(*database, &context, unmanaged).await;
            progress.advance();
            (context, schema)
        });
        let schemas: Vec<Read> = progress.during(stream::iter(reading).buffered(AT_ONCE).collect()).await;
        let json: Vec<_> = schemas.iter().map(as_json).collect();
        session.print(&json!({ "contexts": json }), || shown(&schemas))?;
        Ok(Ended::failed_if(schemas.iter().any(|(_, schema)| schema.is_err())))
    }
}

fn as_json((context, schema): &Read) -> Value {
    match schema {
        Ok(schema) => json!(schema),
        Err(error) => json!({
            "namespace": context.namespace(),
            "database": context.database(),
            "kind": of_schema(error),
            "reason": error.to_string(),
        }),
    }
}

/// Definitions are never broken: they are there to be copied.
fn shown(schemas: &[Read]) -> String {
    let mut text = String::new();
    for (context, schema) in schemas {
        let _ = writeln!(text, "-- {context}");
        match schema {
            Err(error) => {
                let _ = writeln!(text, "-- {error}");
            }
            Ok(schema) => {
                for (_, definition) in schema.catalog().iter() {
                    let _ = writeln!(text, "{definition};");
                }
            }
        }
    }
    text
}
