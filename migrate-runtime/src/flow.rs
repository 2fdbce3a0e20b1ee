//! The flow of a fleet's contexts: read from their source, probed in batches, brought up to date a few at a time.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt};
use tracing::{Instrument, info_span};

use crate::Database;
use crate::canaries::{Part, Stage};
use crate::consult::{consult, mend, wants_repair};
use crate::contention::Contention;
use crate::context::Context;
use crate::counted::Counted;
use crate::course::{Numbered, course};
use crate::fleet::Members;
use crate::fleet_error::{Failure, FleetError};
use crate::halt::Halted;
use crate::index::{Answer, Entry};
use crate::migrator::Migrator;
use crate::observer::Event;
use crate::outcome::{ContextReport, Outcome};
use crate::probe::Probe;
use crate::refusal::Refusal;
use crate::run::Run;

/// What came of a fleet, in its order, and the error that cut it short.
pub(crate) struct Done {
    pub(crate) reports: Vec<ContextReport>,
    pub(crate) interrupted: Option<Failure>,
}

/// A context of the fleet, with its place in the report.
struct Member {
    at: usize,
    context: Context,
    answer: Answer,
}

/// A context whose ledger was read.
struct Probed {
    member: Member,
    probe: Probe,
    lacks_something: bool,
}

/// A context that is done.
struct Finished {
    at: usize,
    part: Part,
    entry: Entry,
    report: ContextReport,
}

/// The index is asked about so many contexts at once: their names make up a message that every server accepts.
const ASKED_AT_ONCE: usize = 16_384;

/// What is to be done with the contexts of one run, and how far it is.
pub(crate) struct Flow<'a, D> {
    migrator: &'a Migrator,
    database: &'a Counted<D>,
    run: &'a Run,
    stage: Stage,
    seen: HashSet<Context>,
    /// Read from the source, and their ledgers are still to be read.
    unprobed: VecDeque<Member>,
    /// Asked about, and waiting for their turn.
    waiting: VecDeque<Probed>,
    contention: Contention,
    /// They lacked something, and others may have brought them up to date since: they are read once more before their turn.
    contested: Vec<Member>,
    /// Done, and their rows of the index are to be written anew.
    unindexed: Vec<Context>,
    refused: usize,
    reports: Vec<(usize, ContextReport)>,
    interrupted: Option<Failure>,
}

impl<'a, D: Database> Flow<'a, D> {
    pub(crate) fn new(migrator: &'a Migrator, database: &'a Counted<D>, run: &'a Run) -> Self {
        Self {
            migrator,
            database,
            run,
            stage: Stage::new(migrator.canaries.clone()),
            seen: HashSet::new(),
            unprobed: VecDeque::new(),
            waiting: VecDeque::new(),
            contention: Contention::new(migrator.concurrency),
            contested: Vec::new(),
            unindexed: Vec::new(),
            refused: 0,
            reports: Vec::new(),
            interrupted: None,
        }
    }

    /// Brings all of them up to date.
    ///
    /// What was probed and waits is bounded, so that a slow database holds back the source instead of filling the memory.
    /// Everything that waits for an answer is polled at any time, so that no answer lies about while a deadline passes.
    pub(crate) async fn run(mut self, members: Members) -> Result<Done, FleetError> {
        let Migrator { concurrency, probe_batch, .. } = *self.migrator;
        let chunk = if self.run.index.is_some() { ASKED_AT_ONCE } else { probe_batch };
        let mut source = course(members, &self.migrator.canaries)?.ready_chunks(chunk);
        let mut source_is_open = true;
        let mut consulting = FuturesOrdered::new();
        // In order, so that the first who lack something are the same ones in every replica.
        let mut probing = FuturesOrdered::new();
        let mut probing_again = FuturesUnordered::new();
        let mut applying = FuturesUnordered::new();
        let mut mending = FuturesUnordered::new();
        loop {
            while applying.len() < self.contention.at_once()
                && let Some((part, probed)) = self.next()
            {
                applying.push(self.bring_up_to_date(part, probed));
            }
            if applying.len() < self.contention.at_once() && probing_again.is_empty() && !self.contested.is_empty() {
                let batch = self.some_contested();
                probing_again.push(probe(self.migrator, self.database, batch));
            }
            let behind = self.waiting.len() + self.contested.len();
            while !self.unprobed.is_empty() && probing.len() + behind.div_ceil(probe_batch) < concurrency {
                let batch = self.unprobed.drain(..probe_batch.min(self.unprobed.len())).collect();
                probing.push_back(probe(self.migrator, self.database, batch));
            }
            let has_room = self.unprobed.is_empty() && consulting.is_empty();
            let is_over = !source_is_open && has_room && self.waiting.is_empty() && self.contested.is_empty();
            let is_over = is_over && probing.is_empty() && probing_again.is_empty() && applying.is_empty();
            if self.unindexed.len() >= probe_batch || is_over && !self.unindexed.is_empty() {
                let batch = self.unindexed.split_off(self.unindexed.len().saturating_sub(probe_batch));
                mending.push(mend(self.migrator, self.database, self.run, batch));
            }
            tokio::select! {
                Some(finished) = applying.next(), if !applying.is_empty() => self.finished(finished),
                Some(batch) = probing.next(), if !probing.is_empty() => self.probed(batch),
                Some(batch) = probing_again.next(), if !probing_again.is_empty() => {
                    self.contention.found(batch.iter().filter(|probed| probed.lacks_something).count());
                    self.waiting.extend(batch);
                }
                Some(members) = consulting.next(), if !consulting.is_empty() => self.consulted(members),
                Some(_) = mending.next(), if !mending.is_empty() => {}
                chunk = source.next(), if source_is_open && has_room => match chunk {
                    None => source_is_open = false,
                    Some(chunk) => {
                        let (contexts, is_open) = self.take_in(chunk);
                        source_is_open = is_open;
                        consulting.push_back(consulted(self.migrator, self.database, self.run, contexts));
                    }
                },
                else => break,
            }
        }
        self.reports.sort_by_key(|(at, _)| *at);
        let reports = self.reports.into_iter().map(|(_, report)| report).collect();
        Ok(Done { reports, interrupted: self.interrupted })
    }

    /// The contexts that the source gave and that are new, and whether it may be asked for more.
    fn take_in(&mut self, chunk: Vec<Numbered>) -> (Vec<(usize, Context)>, bool) {
        let mut contexts = Vec::with_capacity(chunk.len());
        for member in chunk {
            match member {
                Ok((at, context)) if self.seen.insert(context.clone()) => contexts.push((at, context)),
                Ok((_, context)) => self.migrator.emit(Event::ContextRepeated { context: &context }),
                Err(error) => {
                    self.interrupted = Some(error);
                    return (contexts, false);
                }
            }
        }
        (contexts, true)
    }

    /// Those that the index confirms are done; the ledgers of the others are read.
    fn consulted(&mut self, (members, elapsed): (Vec<Member>, Duration)) {
        let before = self.reports.len();
        for member in members {
            if member.answer.entry == Entry::Confirmed {
                if self.stage.passes(&member.context) {
                    self.migrator.emit(Event::CanariesPassed {});
                }
                let report = ContextReport::confirmed(member.context, member.answer.strangers, elapsed);
                self.migrator.emit(Event::ContextFinished { report: &report });
                self.reports.push((member.at, report));
            } else {
                self.unprobed.push_back(member);
            }
        }
        let confirmed = self.reports.len() - before;
        if confirmed > 0 {
            self.migrator.emit(Event::IndexConfirmed { contexts: confirmed });
        }
    }

    /// What was read waits for its turn, or to be read once more.
    fn probed(&mut self, batch: Vec<Probed>) {
        self.waiting.extend(batch);
        // Canaries are the same in every replica, and so is who waits for them.
        if self.contention.is_met() && self.stage.is_over() {
            let (contested, rest): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.waiting).into_iter().partition(|probed| probed.lacks_something);
            self.waiting = rest.into();
            self.contested.extend(contested.into_iter().map(|probed| probed.member));
        }
    }

    /// Some that may have been brought up to date by others meanwhile: those of a random choice are least likely under way somewhere else.
    fn some_contested(&mut self) -> Vec<Member> {
        // Where nothing is applied any more, they are only read.
        let is_halted = self.run.halt.reason().is_some();
        let reads = if is_halted { usize::MAX } else { self.contention.reads() };
        let count = reads.min(self.migrator.probe_batch).min(self.contested.len());
        (0..count).map(|_| self.contested.swap_remove(fastrand::usize(..self.contested.len()))).collect()
    }

    fn bring_up_to_date(&mut self, part: Part, probed: Probed) -> impl Future<Output = Finished> + use<'a, D> {
        self.stage.begins(part);
        let (migrator, database, run) = (self.migrator, self.database, self.run);
        let Probed { member: Member { at, context, answer: Answer { entry, .. } }, probe, .. } = probed;
        let span = info_span!("migrate", %context);
        let finished = async move {
            let backoff = migrator.patience.begin(database.silence());
            let probe = migrator.admitted(database, &context, probe, run).await;
            let report = migrator.applier.bring_up_to_date(database, context, probe, backoff, run).await;
            Finished { at, part, entry, report }
        };
        finished.instrument(span)
    }

    /// The next context that may begin, taken out of those that wait.
    fn next(&mut self) -> Option<(Part, Probed)> {
        let may_begin = |probed: &Probed| {
            let lacks_something = probed.lacks_something && self.run.halt.reason().is_none();
            self.stage.part(&probed.member.context, lacks_something)
        };
        let (at, part) = self.waiting.iter().enumerate().find_map(|(at, probed)| Some((at, may_begin(probed)?)))?;
        Some((part, self.waiting.remove(at)?))
    }

    fn finished(&mut self, Finished { at, part, entry, report }: Finished) {
        if report.is_overtaken() {
            self.contention.lost();
            self.probed(Vec::new());
        } else if report.outcome == Outcome::Migrated {
            self.contention.won();
        }
        let is_last_canary = self.stage.ends(part);
        if let Outcome::Refused(refusal) = &report.outcome
            && !matches!(refusal, Refusal::NotAttempted { .. })
        {
            self.refused += 1;
            let (refused, halt) = (self.refused, &self.run.halt);
            if part == Part::Canary && halt.set(Halted::Canary(report.context.clone())) {
                self.migrator.emit(Event::CanaryRefused { context: &report.context, refusal });
            }
            let is_used_up = self.migrator.failure_budget.is_some_and(|budget| refused >= budget.get());
            if is_used_up && halt.set(Halted::FailureBudget { refused }) {
                self.migrator.emit(Event::BudgetExhausted { refused });
            }
        }
        if is_last_canary && self.run.halt.reason().is_none() {
            self.migrator.emit(Event::CanariesPassed {});
        }
        if wants_repair(entry, &report) {
            self.unindexed.push(report.context.clone());
        }
        self.reports.push((at, report));
    }
}

/// What the index says of these contexts, and how long it took to ask.
async fn consulted<D: Database>(
    migrator: &Migrator,
    database: &Counted<D>,
    run: &Run,
    contexts: Vec<(usize, Context)>,
) -> (Vec<Member>, Duration) {
    let start = Instant::now();
    let asked: Vec<_> = contexts.iter().map(|(_, context)| context).collect();
    let answers = if asked.is_empty() { Vec::new() } else { consult(migrator, database, run, &asked).await };
    let members = contexts.into_iter().zip(answers).map(|((at, context), answer)| Member { at, context, answer });
    (members.collect(), start.elapsed())
}

/// Learns about a batch of contexts, in one round trip.
async fn probe<D: Database>(migrator: &Migrator, database: &Counted<D>, batch: Vec<Member>) -> Vec<Probed> {
    let mut backoff = migrator.patience.begin(database.silence());
    let contexts: Vec<_> = batch.iter().map(|member| member.context.clone()).collect();
    let answers = migrator.probe_until(database, &contexts, &mut backoff).await;
    let probed = |(member, probe)| {
        let lacks_something = migrator.applier.lacks_something(&probe);
        Probed { member, probe, lacks_something }
    };
    batch.into_iter().zip(answers).map(probed).collect()
}
