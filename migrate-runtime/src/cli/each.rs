//! One thing done with each context of a command line, a few at a time.

use futures_util::stream::{self, StreamExt};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::ended::Ended;
use super::error::CommandError;
use super::progress::Progress;
use super::session::Session;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::{Database, Refusal, SnapshotError};

/// So many are worked on at once: each may be a whole schema.
const AT_ONCE: usize = 4;

/// Every context with what came of it.
///
/// As JSON it is an object with `contexts`, each with `namespace`, `database` and either `found` or `kind` and `reason`.
pub(super) struct Each<T, E>(pub(super) Vec<(Context, Result<T, E>)>);

/// Why there is nothing of a context.
pub(super) trait Kind: std::fmt::Display {
    /// One word for it.
    fn kind(&self) -> &'static str;
}

impl Kind for Refusal {
    fn kind(&self) -> &'static str {
        self.kind()
    }
}

impl Kind for SnapshotError {
    fn kind(&self) -> &'static str {
        super::error::of_snapshot(self)
    }
}

impl<T, E> Each<T, E> {
    /// One that fails does not keep the others from it.
    pub(super) async fn of<D, F>(
        session: &Session<'_, D>,
        fleet: Fleet,
        what: &'static str,
        of_one: impl Fn(Context) -> F,
    ) -> Result<Self, CommandError>
    where
        D: Database,
        F: Future<Output = Result<T, E>>,
    {
        let Session { migrator, database, .. } = session;
        let contexts = migrator.contexts_of(&Counted::new(*database, migrator.counters()), fleet).await?;
        let progress = &Progress::reading(session.presentation, what);
        progress.expect(contexts.len());
        let working = contexts.into_iter().map(|context| {
            let one = of_one(context.clone());
            async move {
                let one = one.await;
                progress.advance();
                (context, one)
            }
        });
        Ok(Self(progress.during(stream::iter(working).buffered(AT_ONCE).collect()).await))
    }

    pub(super) fn ended(&self) -> Ended {
        Ended::failed_if(self.0.iter().any(|(_, one)| one.is_err()))
    }
}

impl<T: Serialize, E: Kind> Serialize for Each<T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("contexts", &self.0.iter().map(One).collect::<Vec<_>>())?;
        map.end()
    }
}

struct One<'a, T, E>(&'a (Context, Result<T, E>));

impl<T: Serialize, E: Kind> Serialize for One<'_, T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self((context, one)) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("namespace", context.namespace())?;
        map.serialize_entry("database", context.database())?;
        match one {
            Ok(found) => map.serialize_entry("found", found)?,
            Err(error) => {
                map.serialize_entry("kind", error.kind())?;
                map.serialize_entry("reason", &error.to_string())?;
            }
        }
        map.end()
    }
}
