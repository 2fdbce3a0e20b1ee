//! A rollout in waves: what the next one waits for, and what keeps it from beginning.

use std::sync::{Arc, Mutex};

use migrate_runtime::{AwaitedEnd, Event, Halted, Stop, Wave, WhenReady};
use migrate_tests::engine;
use serde_json::json;

use super::*;

/// What happened, in order: a database that was moved, or `|` behind a wave.
#[derive(Clone, Default)]
struct Course(Arc<Mutex<Vec<String>>>);

impl Course {
    fn watch(&self, migrator: Migrator) -> Migrator {
        let told = Arc::clone(&self.0);
        migrator.observer(move |event: &Event<'_>| {
            let word = match event {
                Event::ContextFinished { report, .. } => report.context.database().to_owned(),
                Event::WaveFinished { wave, of, .. } => format!("|{wave} of {of}"),
                _ => return,
            };
            told.lock().unwrap().push(word);
        })
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The completion fails there: it asserts that every name is filled.
async fn unfilled(db: &Surreal<Any>, context: &Context) {
    rows(db, context, "UPDATE user:1 SET full_name = NONE;").await;
}

async fn complete(db: &Surreal<Any>, migrator: &Migrator) -> RolloutReport {
    migrator.complete_all(db, fleet(), "app", second(), &RolloutOptions::new()).await.unwrap()
}

#[tokio::test]
async fn a_wave_begins_when_the_one_before_it_is_done_and_in_the_order_of_the_fleet() {
    let db = engine().await;
    let _new = ready(&db).await;
    let course = Course::default();
    // Many at once, so that nothing but the waves keeps the second one back.
    let waves = course.watch(operator().concurrency(8).rollout_waves([Wave::contexts(1), Wave::percent(75)]));
    let report = complete(&db, &waves).await;
    assert!(report.is_done(), "{report}");
    let mut happened = course.take();
    happened[2..4].sort();
    assert_eq!(happened, ["a", "|1 of 3", "b", "c", "|2 of 3", "d"]);
    let counts: Vec<_> = report.waves.iter().map(|wave| (wave.until, wave.moved)).collect();
    assert_eq!(counts, [(1, 1), (3, 2), (4, 1)]);
    assert!(report.to_string().contains("\nwave 2     until 3 contexts: 2 moved"), "{report}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["waves"][1], json!({ "until": 3, "moved": 2, "refused": 0, "not_tried": 0 }));
    // What is there already is of no wave.
    assert_eq!(complete(&db, &waves).await.waves.iter().map(|wave| wave.until).collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn no_wave_follows_one_in_which_a_context_was_refused_unless_a_budget_allows_it() {
    let db = engine().await;
    let _new = ready(&db).await;
    unfilled(&db, &contexts()[1]).await;
    let waves = || operator().rollout_waves([Wave::percent(50)]);
    let report = complete(&db, &waves()).await;
    assert_eq!(words(&report), ["moved", "refused", "not_reached", "not_reached"], "{report}");
    assert_eq!(report.halted, Some(Halted::Wave { wave: 1, refused: 1 }));
    assert!(report.to_string().contains("halted     a context of wave 1 was refused"), "{report}");
    let last = report.waves[1];
    assert_eq!((last.until, last.moved, last.not_tried), (4, 0, 2));
    // Of the three that are left, the first wave has two.
    let report = complete(&db, &waves().failure_budget(2)).await;
    assert_eq!(words(&report), ["already_there", "refused", "moved", "moved"], "{report}");
    assert_eq!(report.waves.iter().map(|wave| wave.until).collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test]
async fn behind_a_wave_somebody_has_time_to_pause_it_or_to_stop_it() {
    let db = engine().await;
    let _new = ready(&db).await;
    let hour = Duration::from_hours(1);
    let stop = Stop::default();
    let told = stop.clone();
    let waves = operator().rollout_waves([Wave::contexts(2)]).bake(hour).stopped_by(&stop);
    let waves = waves.observer(move |event: &Event<'_>| {
        if let Event::WaveFinished { pause, .. } = event {
            assert_eq!(*pause, Duration::from_hours(1));
            told.now();
        }
    });
    let report = complete(&db, &waves).await;
    assert_eq!(words(&report), ["moved", "moved", "not_reached", "not_reached"], "{report}");
    assert_eq!(report.halted, Some(Halted::Stopped));

    let (pausing, paused) = (db.clone(), Arc::new(tokio::sync::Notify::new()));
    let baked = Arc::clone(&paused);
    let waves = operator().rollout_waves([Wave::contexts(1)]).bake(Duration::from_millis(500));
    let waves = waves.observer(move |event: &Event<'_>| {
        if matches!(event, Event::WaveFinished { .. }) {
            baked.notify_one();
        }
    });
    let running = tokio::spawn(async move { complete(&db, &waves).await });
    paused.notified().await;
    operator().pause_rollout(&pausing, "app", second(), "it looks bad").await.unwrap();
    let report = running.await.unwrap();
    assert_eq!(words(&report), ["already_there", "already_there", "moved", "not_reached"], "{report}");
    assert!(matches!(report.halted, Some(Halted::Paused(_))), "{report}");
}

#[tokio::test]
async fn starts_and_rollbacks_go_in_waves_as_well_and_a_canary_is_of_the_first() {
    let db = engine().await;
    written(&db).await;
    let course = Course::default();
    let canary = contexts()[3].clone();
    let waves = course.watch(operator().rollout_waves([Wave::contexts(2)]).canary_contexts([canary]));
    let options = RolloutOptions::new();
    let started = waves.start_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert!(started.is_done(), "{started}");
    assert_eq!(course.take(), ["d", "a", "|1 of 2", "b", "c"]);
    let back = waves.rollback_all(&db, fleet(), "app", second(), &options).await.unwrap();
    assert!(back.is_done(), "{back}");
    assert_eq!(course.take(), ["d", "a", "|1 of 2", "b", "c"]);
}

#[tokio::test]
async fn who_waits_for_a_completion_tries_again_where_a_wave_met_what_passes() {
    let db = engine().await;
    let _new = ready(&db).await;
    let held = "UPSERT _migration_lease:holder SET token = 90, owner = 'somebody', by = { binary: 'other', replica: '00' }; \
                UPSERT _migration_lease:heartbeat SET token = 90, expires_at = time::now() + 1s;";
    rows(&db, &contexts()[0], held).await;
    let waves = operator().rollout_waves([Wave::contexts(1)]).wait(Duration::from_millis(50));
    let when = WhenReady::new().every(Duration::from_millis(100)).timeout(Duration::from_mins(1));
    let awaited = waves.complete_when_ready(&db, fleet, "app", second(), &when).await.unwrap();
    assert_eq!(awaited.end, AwaitedEnd::Completed, "{awaited}");
    assert_eq!(states(&db).await, [PhasedState::Applied; 4]);
}
