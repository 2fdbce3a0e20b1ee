//! Asking for a schema until there is an answer or no further try.

use serde_json::{Map, Value};

use super::look::{Look, Rows, Seen, guarded, plain, read_guarded, read_plain, schema_expression};
use super::{LiveSchema, LiveSchemaError, Unmanaged};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::counted::Counted;
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::{Database, QueryError};

impl Migrator {
    /// Reads the schema that a context has now, leaving out the runtime's own tables and what is unmanaged.
    ///
    /// One round trip, two for a user of one database. Nothing is created, not even where the context does not exist.
    ///
    /// # Errors
    ///
    /// When the context does not exist, cannot be entered, or is not answered for until the
    /// [deadline](Self::deadline).
    pub async fn live_schema<D: Database>(
        &self,
        database: &D,
        context: &Context,
        unmanaged: &Unmanaged,
    ) -> Result<LiveSchema, LiveSchemaError> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        let look = read(self, &database, context, &[], &mut backoff).await?;
        Ok(LiveSchema::new(context.clone(), unmanaged.leave_out(look.catalog)))
    }
}

/// Reads a schema, and these rows at the same moment.
pub(crate) async fn read(
    migrator: &Migrator,
    database: &impl Database,
    context: &Context,
    rows: &[Rows],
    backoff: &mut Backoff,
) -> Result<Look, LiveSchemaError> {
    let answer = evaluate(migrator, database, context, &schema_expression(rows), Map::new(), backoff).await?;
    Look::read(answer).map_err(|reason| LiveSchemaError::Unreadable { context: context.clone(), reason })
}

/// Evaluates one expression in a context, which is never created. It may be evaluated again where an answer was lost.
pub(crate) async fn evaluate(
    migrator: &Migrator,
    database: &impl Database,
    context: &Context,
    expression: &str,
    mut variables: Map<String, Value>,
    backoff: &mut Backoff,
) -> Result<Value, LiveSchemaError> {
    variables.insert("_migrate_ns".to_owned(), context.namespace().into());
    variables.insert("_migrate_db".to_owned(), context.database().into());
    let unavailable = |reason| LiveSchemaError::Unavailable { context: context.clone(), reason };
    loop {
        let why = match ask(database, context, expression, &variables).await {
            Seen::There(answer) => return Ok(answer),
            Seen::Absent => return Err(LiveSchemaError::Absent(context.clone())),
            Seen::Again(why) => why,
            Seen::Hidden => return Err(unavailable("the user has no right to read it".to_owned())),
            Seen::Refused(reason) => return Err(unavailable(reason)),
        };
        if let Err(given_up) = backoff.again() {
            return Err(unavailable(format!("it was given up {given_up}; the last try met: {why}")));
        }
        let contexts = std::slice::from_ref(context);
        migrator.emit(Event::Waiting { contexts, reason: &why, tries: backoff.tries() });
        backoff.pause().await;
    }
}

async fn ask(database: &impl Database, context: &Context, expression: &str, variables: &Map<String, Value>) -> Seen {
    let seen = match database.query(guarded(context, expression), variables.clone()).await {
        Ok(reply) => read_guarded(reply),
        Err(error) => unanswered(&error),
    };
    match seen {
        Seen::Hidden => match database.query(plain(context, expression), variables.clone()).await {
            Ok(reply) => read_plain(context, reply),
            Err(error) => unanswered(&error),
        },
        seen => seen,
    }
}

fn unanswered(error: &QueryError) -> Seen {
    match error {
        QueryError::Refused(reason) | QueryError::TooLarge(reason) | QueryError::NotAllowed(reason) => {
            Seen::Refused(reason.clone())
        }
        QueryError::Conflict(_) | QueryError::TimedOut(_) | QueryError::Lost(_) => Seen::Again(error.to_string()),
    }
}
