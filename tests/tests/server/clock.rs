//! All times in a ledger are the server's: no replica's clock is ever asked.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use migrate_runtime::{Fleet, Migrator};
use migrate_tests::{Faulty, Storage, assert_migrated, chain, ledger, log, rows};
use serde_json::Value;

use crate::replica::{Order, Replica};
use crate::{contexts, server};

/// A library that, loaded before all others, sets a process's clock to the year that `CLOCK_YEAR` names. The clock that
/// only measures goes on as it did.
const OTHER_TIMES: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    const char *year = getenv("CLOCK_YEAR");
    if (year && clock == CLOCK_REALTIME) now->tv_sec = (atol(year) - 1970) * 31557600L;
    return result;
}
"#;

fn build_other_times(folder: &Path) -> String {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, OTHER_TIMES).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    assert!(compiled.expect("a C compiler, as the build needs one").success());
    library.display().to_string()
}

/// Every time that the ledger and the log of a context hold, as the database writes it.
fn times<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Vec<&'a str> {
    rows.into_iter().flat_map(|row| [&row["applied_at"], &row["at"]]).filter_map(Value::as_str).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn replicas_of_other_centuries_share_a_fleet_and_leave_the_times_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let library = build_other_times(folder.path());
    let server = server(Storage::Memory);
    let db = server.root().await;
    let url = server.url();
    let order = Order { url: &url, chain: "split", namespace: "ages", contexts: 3, token: None };
    let now = || async { rows(&db, &contexts("ages", 1)[0], "time::now();").await.as_str().unwrap().to_owned() };
    let begin = now().await;
    let replicas = [1980, 2020, 2100].map(|year| {
        let environment = [("LD_PRELOAD", library.as_str()), ("CLOCK_YEAR", &year.to_string())];
        let mut replica = Replica::start_with(&order, &environment);
        let since_1970 = Duration::from_secs((year - 1970) * 31_557_600);
        assert_eq!(replica.begun(), Some(since_1970), "the clock of the replica is set");
        replica
    });
    for replica in replicas {
        let ended = replica.ended();
        assert!(ended.is_success, "{}{}", ended.stderr, ended.report);
    }
    let end = now().await;
    assert!(holds_a_time(&begin), "{begin}");
    for context in contexts("ages", 3) {
        assert_migrated(&db, &context, chain("split").unwrap()).await;
        let (ledger, log) = (ledger(&db, &context).await, log(&db, &context).await);
        let times = times(ledger.iter().chain(&log));
        assert_eq!(times.len(), 2 * chain("split").unwrap().len());
        // The text of a time sorts as the time does.
        assert!(times.iter().all(|&at| begin.as_str() <= at && at <= end.as_str()), "{begin} {times:?} {end}");
        let ids: Vec<_> = log.iter().map(|row| row["version"].as_u64().unwrap()).collect();
        assert_eq!(ids, [1, 2, 3, 4], "the log is in the order in which it was written");
    }
}

#[tokio::test]
async fn nothing_that_is_sent_holds_a_time() {
    let server = server(Storage::Memory);
    let db = Faulty::new(server.root().await, []);
    let migrator = Migrator::new([chain("split").unwrap()]).unwrap();
    let report = migrator.migrate_all(&db, Fleet::contexts(contexts("timeless", 2))).await.unwrap();
    assert_eq!(report.counts().migrated, 2, "{report}");
    let sent = db.texts().into_iter().chain(db.variables());
    sent.for_each(|sent| assert!(!holds_a_time(&sent), "{sent}"));
}

/// Whether a text holds a time as the database writes it.
fn holds_a_time(text: &str) -> bool {
    let is_hour =
        |part: &[u8]| matches!(part, [b'T', tens, ones, b':'] if tens.is_ascii_digit() && ones.is_ascii_digit());
    text.as_bytes().windows(4).any(is_hour)
}
