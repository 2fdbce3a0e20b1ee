//! What a stepwise migration asks without writing anything.

use std::time::Duration;

use migrate_core::Object;
use serde_json::Value;

use super::build::{Build, Unbuilt};
use super::script::Scripts;
use super::{Stepwise, read_of};
use crate::backoff::Backoff;
use crate::observer::Event;
use crate::outcome::Applied;
use crate::probe::is_in;
use crate::script::Script;
use crate::{Database, QueryError, StatementErrorKind};

impl<D: Database> Stepwise<'_, D> {
    /// Waits until an index is ready. That the lease was lost meanwhile is for the next step to notice.
    pub(super) async fn wait_for(
        &self,
        scripts: &Scripts<'_>,
        index: &Object,
        backoff: &mut Backoff,
    ) -> Result<(), Unbuilt> {
        let script = scripts.ask_build(index);
        let mut pause = Duration::from_millis(10);
        loop {
            match Build::read(&self.ask(&script).await?)? {
                Build::Ready => return Ok(()),
                Build::Running { rows } => {
                    let (context, migration) = (self.attempt.context, Applied::from(self.step));
                    self.attempt.telemetry.emit(Event::IndexBuilding { context, migration, index, rows });
                }
            }
            // The database answers: its time to do so begins anew.
            backoff.restart();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// What the database says of an index.
    async fn ask(&self, script: &Script) -> Result<Value, Unbuilt> {
        let reply = self.attempt.database.query(script.text.clone(), script.variables.clone()).await;
        let reply = reply.map_err(|error| Unbuilt::Unknown(error.to_string()))?;
        if let Some(value) = read_of(script, &reply, self.attempt.context) {
            return Ok(value);
        }
        match &reply.0[..] {
            // It was removed while it was built, or its table was.
            [Ok(entered), Err(error)]
                if is_in(self.attempt.context, entered)
                    && matches!(error.kind, StatementErrorKind::Other | StatementErrorKind::NoSuchTable) =>
            {
                Err(Unbuilt::Broken(error.message.clone()))
            }
            _ => Err(Unbuilt::Unknown("the database did not say how far the index is".to_owned())),
        }
    }

    /// Who holds the lease, if somebody else does.
    pub(super) async fn holder(&self, scripts: &Scripts<'_>) -> Result<Option<String>, QueryError> {
        let script = scripts.look();
        let reply = self.attempt.database.query(script.text.clone(), script.variables.clone()).await?;
        let Some(lease) = read_of(&script, &reply, self.attempt.context) else { return Ok(None) };
        let is_held = lease["held"] == true && lease["owner"] != scripts.owner;
        let name = |key: &str| lease["by"][key].as_str().unwrap_or("?").to_owned();
        Ok(is_held.then(|| format!("replica {} of {}", name("replica"), name("binary"))))
    }

    /// The answer to a text that only asks.
    pub(super) async fn read(&self, script: &Script) -> Result<Value, String> {
        let reply = self.attempt.database.query(script.text.clone(), script.variables.clone()).await;
        let reply = reply.map_err(|error| error.to_string())?;
        if let Some(value) = read_of(script, &reply, self.attempt.context) {
            return Ok(value);
        }
        let error = reply.0.into_iter().find_map(Result::err);
        Err(error.map_or_else(|| "the database gave no answer".to_owned(), |error| error.message))
    }
}
