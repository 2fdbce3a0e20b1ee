//! What every pattern has to stand: both binaries at work wherever they are served, and a process that dies behind every
//! transaction of a start, a rollback and a completion.

use std::collections::BTreeMap;

use migrate_runtime::{DriftOptions, Fleet, Move, Outcome, Refusal};
use migrate_tests::{Mortal, engine};
use serde_json::json;

use super::page::Section;
use super::*;

/// A pattern of `docs/phased.md`, and what binaries of before and behind it do.
pub(super) struct Pattern {
    pub(super) heading: &'static str,
    /// The rows that are there.
    pub(super) seed: &'static str,
    pub(super) old: Binary,
    pub(super) new: Binary,
    /// What a binary reads of a row that was written as number `{n}`.
    pub(super) shows: &'static str,
    /// What somebody has to put right before it can be completed.
    pub(super) cleaning: &'static str,
    /// All that a rollback has to leave as if there had never been a start.
    pub(super) before: &'static str,
    /// All that there is in the end.
    pub(super) after: &'static str,
}

/// What one version of a program does.
pub(super) struct Binary {
    /// Writes a row `r{n}`, and perhaps changes the row `shared`; nothing, if this version has nothing to write.
    pub(super) writes: &'static str,
    /// Reads all rows, as pairs of their key and what is shown of them.
    pub(super) reads: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// Those who serve a context meanwhile.
const OLD: &[Side] = &[Side::Old];
const BOTH: &[Side] = &[Side::Old, Side::New];
const NEW: &[Side] = &[Side::New];

/// Who serves a context where its migration stands.
fn serving(state: PhasedState) -> &'static [Side] {
    match state {
        PhasedState::ReadyToComplete => BOTH,
        PhasedState::Completing | PhasedState::CompleteFailed | PhasedState::Applied => NEW,
        _ => OLD,
    }
}

/// What was written while the same binaries served, stretch by stretch: each by whom, and under which number.
type Written = Vec<(&'static [Side], Vec<(Side, u32)>)>;

/// A context, and what has to be found there.
struct Tenant<'a> {
    pattern: &'a Pattern,
    db: Surreal<Any>,
    old: &'static Migrations,
    new: &'static Migrations,
    rows: BTreeMap<String, String>,
    written: Written,
    count: u32,
    deaths: usize,
}

impl<'a> Tenant<'a> {
    async fn new(pattern: &'a Pattern) -> Self {
        let section = Section::read(pattern.heading);
        let (db, old, new) = (engine().await, section.without_pattern(), section.with_pattern());
        assert!(migrator(old).migrate(&db, tenant()).await.is_served());
        rows(&db, &tenant(), pattern.seed).await;
        let (written, count, deaths) = (Vec::new(), 0, 0);
        let mut tenant = Self { pattern, db, old, new, rows: BTreeMap::new(), written, count, deaths };
        tenant.rows = tenant.read(Side::Old).await;
        assert!(tenant.rows.len() > 3, "{:?}", tenant.rows);
        tenant
    }

    fn hint(&self) -> String {
        format!("{}, behind {} deaths and {} writes", self.pattern.heading, self.deaths, self.count)
    }

    async fn state(&self) -> PhasedState {
        migrator(self.new).phased_status(&self.db, &tenant(), "app", second()).await.unwrap().state
    }

    async fn read(&self, side: Side) -> BTreeMap<String, String> {
        let text = match side {
            Side::Old => self.pattern.old.reads,
            Side::New => self.pattern.new.reads,
        };
        let found = rows(&self.db, &tenant(), text).await;
        let pairs: Vec<(String, String)> =
            serde_json::from_value(found.clone()).unwrap_or_else(|error| panic!("{}: {error}: {found}", self.hint()));
        pairs.into_iter().collect()
    }

    async fn write(&mut self, side: Side, number: u32) {
        let text = match side {
            Side::Old => self.pattern.old.writes,
            Side::New => self.pattern.new.writes,
        };
        if text.is_empty() {
            return;
        }
        let numbered = |text: &str| text.replace("{n}", &number.to_string());
        rows(&self.db, &tenant(), &numbered(text)).await;
        self.rows.insert(format!("r{number}"), numbered(self.pattern.shows));
        if text.contains(":shared") {
            self.rows.insert("shared".to_owned(), numbered(self.pattern.shows));
        }
    }

    /// Lets those who serve the context write, and asserts that each of them reads all that was ever written.
    async fn serve(&mut self) {
        let sides = serving(self.state().await);
        if self.written.last().is_none_or(|(others, _)| *others != sides) {
            self.written.push((sides, Vec::new()));
        }
        for &side in sides {
            self.count += 1;
            self.write(side, self.count).await;
            self.written.last_mut().unwrap().1.push((side, self.count));
        }
        self.look(sides).await;
    }

    /// Asserts that each of those who serve the context reads all that was ever written, and that the others refuse it.
    async fn look(&self, sides: &[Side]) {
        for &side in sides {
            assert_eq!(self.read(side).await, self.rows, "{}: as {side:?} reads it", self.hint());
        }
        let report = migrator(self.old).migrate(&self.db, tenant()).await;
        if sides.contains(&Side::Old) {
            let goes_on = matches!(report.outcome, Outcome::UpToDate | Outcome::Ahead(_));
            assert!(goes_on, "{}: {report:?}", self.hint());
        } else {
            assert!(matches!(report.refusal(), Some(Refusal::Incompatible { .. })), "{}: {report:?}", self.hint());
        }
        let fleet = Fleet::contexts([tenant()]);
        let drift = migrator(self.new).drift(&self.db, fleet, &DriftOptions::new()).await.unwrap();
        assert_eq!(drift.in_sync(), 1, "{}: {drift}", self.hint());
        if sides.contains(&Side::New) {
            assert!(migrator(self.new).migrate(&self.db, tenant()).await.is_served(), "{}", self.hint());
        }
    }

    /// Makes a move at one go.
    async fn go(&self, wanted: Move) {
        let (operator, db, tenant) = (migrator(self.new), &self.db, tenant());
        let hint = self.hint();
        assert!(make(&operator, db, &tenant, wanted).await, "{hint}: {wanted:?}");
    }

    /// Makes a move by as many processes as it takes: one dies behind taking the lease, the next one behind a step of its own.
    async fn relay(&mut self, wanted: Move) {
        for life in 0.. {
            let mortal = Mortal::new(&self.db, 1 + life % 2);
            // Nobody renews it in so short a life.
            let operator = migrator(self.new).lease(Duration::from_mins(10));
            match mortal.live(make(&operator, &mortal, &tenant(), wanted)).await {
                Some(done) => {
                    assert!(done, "{}: {wanted:?}", self.hint());
                    return;
                }
                None => self.deaths += 1,
            }
            assert!(life < 200, "{}: {wanted:?} does not come to its end", self.hint());
            // Time goes by.
            rows(&self.db, &tenant(), "UPDATE _migration_lease:heartbeat SET expires_at = time::now() - 1s;").await;
            // Taking the lease changes nothing that they see, but for the first time.
            if life == 0 || life % 2 == 1 {
                self.serve().await;
            }
        }
    }

    async fn schema(&self) -> migrate_runtime::Catalog {
        let live = migrator(self.new).live_schema(&self.db, &tenant(), &Unmanaged::default()).await.unwrap();
        live.into_catalog()
    }

    /// Has it put right what a completion asks for.
    async fn clean(&mut self) {
        if !self.pattern.cleaning.is_empty() {
            rows(&self.db, &tenant(), self.pattern.cleaning).await;
            self.rows = self.read(Side::New).await;
        }
    }
}

/// Whether a move came to its end.
async fn make<D: migrate_runtime::Database>(operator: &Migrator, db: &D, context: &Context, wanted: Move) -> bool {
    let moved = match wanted {
        Move::Start => return operator.migrate(db, context.clone()).await.is_served(),
        Move::Complete => operator.complete(db, context, "app", second()).await,
        Move::Rollback => operator.rollback(db, context, "app", second()).await,
    };
    matches!(
        moved.unwrap_or_else(|error| panic!("{wanted:?}: {error}")).state,
        PhasedState::Applied | PhasedState::RolledBack
    )
}

/// What was there behind the rollback and in the end.
type Left = [(migrate_runtime::Catalog, Value); 2];

/// Start, rollback, start, completion, with a death behind every transaction.
async fn interrupted(pattern: &Pattern) -> (Left, Written) {
    let mut tenant = Tenant::new(pattern).await;
    tenant.serve().await;
    tenant.relay(Move::Start).await;
    tenant.serve().await;
    tenant.relay(Move::Rollback).await;
    tenant.serve().await;
    let back = (tenant.schema().await, rows(&tenant.db, &super::tenant(), pattern.before).await);
    tenant.written.push((OLD, Vec::new()));
    tenant.relay(Move::Start).await;
    tenant.serve().await;
    tenant.clean().await;
    tenant.relay(Move::Complete).await;
    tenant.serve().await;
    let end = (tenant.schema().await, rows(&tenant.db, &super::tenant(), pattern.after).await);
    // Each step of each phase is one of them, and twice so.
    let steps = tenant.new.get(second()).unwrap().phased().unwrap().steps().len();
    assert!(tenant.deaths > 2 * steps, "{}", tenant.hint());
    ([back, end], tenant.written)
}

/// The same without any interruption, and with the same writes before and behind the moves.
async fn at_one_go(pattern: &Pattern, written: &Written) -> Left {
    let mut tenant = Tenant::new(pattern).await;
    let sides: Vec<_> = written.iter().map(|(sides, _)| *sides).collect();
    assert_eq!(sides, [OLD, BOTH, OLD, OLD, BOTH, NEW], "{}: who served when", tenant.hint());
    let mut back = None;
    for (at, (sides, writes)) in written.iter().enumerate() {
        match at {
            0 => {}
            1 | 4 => tenant.go(Move::Start).await,
            2 => tenant.go(Move::Rollback).await,
            3 => back = Some((tenant.schema().await, rows(&tenant.db, &super::tenant(), pattern.before).await)),
            _ => {
                tenant.clean().await;
                tenant.go(Move::Complete).await;
            }
        }
        for &(side, number) in writes {
            tenant.write(side, number).await;
        }
        tenant.look(sides).await;
    }
    [back.unwrap(), (tenant.schema().await, rows(&tenant.db, &super::tenant(), pattern.after).await)]
}

/// What would be there if the old binary had been alone until the rollback.
async fn alone(pattern: &Pattern, written: &Written) -> Value {
    let mut tenant = Tenant::new(pattern).await;
    for &(side, number) in written.iter().take(3).flat_map(|(_, writes)| writes) {
        if side == Side::Old || !pattern.new.writes.is_empty() {
            tenant.write(Side::Old, number).await;
        }
    }
    rows(&tenant.db, &super::tenant(), pattern.before).await
}

/// Tries a pattern.
pub(super) async fn stands(pattern: &Pattern) {
    let section = Section::read(pattern.heading);
    assert_eq!(section.warnings(), [""; 0], "{}", pattern.heading);
    let ([back, end], written) = interrupted(pattern).await;
    let [smooth_back, smooth_end] = at_one_go(pattern, &written).await;
    assert_eq!(back.0, section.without_pattern().catalog_at(None), "{}: behind the rollback", pattern.heading);
    assert_eq!(back, smooth_back, "{}: behind the rollback", pattern.heading);
    assert_eq!(back.1, alone(pattern, &written).await, "{}: behind the rollback", pattern.heading);
    assert_eq!(end.0, section.with_pattern().catalog_at(None), "{}: in the end", pattern.heading);
    assert_eq!(end, smooth_end, "{}: in the end", pattern.heading);
    assert_ne!(end.1, json!([]), "{}: rows are left", pattern.heading);
}
