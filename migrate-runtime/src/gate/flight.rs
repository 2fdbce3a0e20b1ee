//! The work on one context, in a task of its own that outlives whoever asked for it.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tracing::{Instrument, info_span};

use crate::Database;
use crate::context::Context;
use crate::gate::book::{Answer, Flight, Landed, Landing};
use crate::gate::existence::{Existence, Unanswered, existence};
use crate::gate::keeper::Keeper;
use crate::outcome::Outcome;
use crate::refusal::Refusal;

/// A handle for those who wait.
#[derive(Clone, Debug)]
pub(crate) struct Flying(watch::Receiver<Option<Landed>>);

impl Flying {
    /// Waits until it has landed.
    pub(crate) async fn landed(mut self) -> Landed {
        let landed = self.0.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone());
        landed.unwrap_or(Landed::Abandoned)
    }
}

/// Whoever works on one context. However it ends, by a panic or with its runtime too, it tells those who wait.
pub(crate) struct Pilot<D> {
    keeper: Arc<Keeper<D>>,
    context: Context,
    flight: Flight,
    landing: Option<Landing>,
    tell: watch::Sender<Option<Landed>>,
}

impl<D: Database + 'static> Pilot<D> {
    /// What is known of the context, or the flight that will know, which is started where there is none.
    pub(crate) fn join_or_start(keeper: &Arc<Keeper<D>>, context: &Context, now: Instant) -> Answer<Flying> {
        let (tell, hear) = watch::channel(None);
        let flying = Flying(hear);
        let flight = match keeper.write(|book| book.start(context, flying.clone(), now)) {
            Ok(flight) => flight,
            Err(answer) => return answer,
        };
        keeper.flights.send_modify(|flights| *flights += 1);
        let pilot = Self { keeper: Arc::clone(keeper), context: context.clone(), flight, landing: None, tell };
        let span = info_span!("gate", %context);
        tokio::spawn(pilot.fly().instrument(span));
        Answer::Flying(flying)
    }

    async fn fly(mut self) {
        self.landing = Some(self.work().await);
    }

    async fn work(&self) -> Landing {
        if let Err(landing) = self.look().await {
            return landing;
        }
        // The semaphores are never closed, so each of these holds a permit.
        let _permit = self.keeper.migrating.acquire().await;
        let report = self.keeper.migrator.migrate(&self.keeper.database, self.context.clone()).await;
        match report.outcome {
            Outcome::Refused(refusal) => Landing::Refused(refusal),
            Outcome::UpToDate | Outcome::Migrated | Outcome::Ahead(_) => Landing::Served,
        }
    }

    /// Looks whether the context exists: the migrator would create it.
    async fn look(&self) -> Result<(), Landing> {
        let _permit = self.keeper.looking.acquire().await;
        match Unanswered::overcome(|| existence(&self.keeper.database, &self.context)).await {
            Ok(Existence::Exists | Existence::Hidden) => Ok(()),
            Ok(Existence::Absent) => Err(Landing::NoSuchContext),
            Err(refusal) => Err(Landing::Refused(refusal)),
        }
    }
}

impl<D> Drop for Pilot<D> {
    fn drop(&mut self) {
        let unfinished = || {
            if !std::thread::panicking() {
                return Landing::Abandoned;
            }
            let reason = format!("the task that brings {} up to date panicked", self.context);
            Landing::Refused(Refusal::Unavailable { reason })
        };
        let landing = self.landing.take().unwrap_or_else(unfinished);
        let (now, jitter) = (Instant::now(), fastrand::f64());
        let landed = self.keeper.write(|book| book.land(&self.context, self.flight, landing, now, jitter));
        // Kept for those who have yet to look, should nobody wait at this moment.
        self.tell.send_replace(Some(landed));
        self.keeper.flights.send_modify(|flights| *flights -= 1);
    }
}
