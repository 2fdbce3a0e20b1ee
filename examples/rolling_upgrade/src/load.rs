//! The users of the service: they send requests all the time, to one replica after the other, and try nothing again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How many requests are under way at once, at most.
const USERS: usize = 4;
/// Between two requests of a user.
const PAUSE: Duration = Duration::from_millis(15);
/// An answer that takes longer is a failure.
const LIMIT: Duration = Duration::from_secs(10);
/// How many reasons of failures are kept.
const REASONS: usize = 5;

/// What came of the requests so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// Writes that were confirmed.
    pub(crate) written: u64,
    /// How many each release answered.
    pub(crate) answered: BTreeMap<String, u64>,
    /// Which tenants each release served, since this was last asked for.
    pub(crate) served: BTreeMap<u8, BTreeSet<String>>,
    /// The first reasons for which requests failed.
    pub(crate) reasons: Vec<String>,
}

/// Requests to whichever replicas are in the rotation.
pub(crate) struct Load {
    shared: Arc<Shared>,
    users: JoinSet<()>,
    stop: watch::Sender<bool>,
}

struct Shared {
    tenants: u8,
    turn: AtomicUsize,
    number: AtomicU32,
    /// A request holds a clone of its replica, so that it is seen when the last one is done.
    rotation: Mutex<Vec<Arc<SocketAddr>>>,
    tally: Mutex<Tally>,
}

impl Load {
    /// Begins to send requests to these replicas.
    pub(crate) fn start(tenants: u8, replicas: impl IntoIterator<Item = SocketAddr>) -> Self {
        let rotation = Mutex::new(replicas.into_iter().map(Arc::new).collect());
        let (turn, number, tally) = (AtomicUsize::new(0), AtomicU32::new(0), Mutex::default());
        let shared = Arc::new(Shared { tenants, turn, number, rotation, tally });
        let (stop, stopped) = watch::channel(false);
        let mut users = JoinSet::new();
        for _ in 0..USERS {
            users.spawn(use_it(Arc::clone(&shared), stopped.clone()));
        }
        Self { shared, users, stop }
    }

    /// Sends requests to this replica too.
    pub(crate) fn add(&self, address: SocketAddr) {
        lock(&self.shared.rotation).push(Arc::new(address));
    }

    /// Sends no more requests to this replica, and waits until those under way are answered.
    pub(crate) async fn remove(&self, address: SocketAddr) {
        let removed: Vec<_> = lock(&self.shared.rotation).extract_if(.., |one| **one == address).collect();
        while removed.iter().any(|one| Arc::strong_count(one) > 1) {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// What came of the requests so far, and which tenants were served by whom since the last look.
    pub(crate) fn look(&self) -> Tally {
        let mut tally = lock(&self.shared.tally);
        let seen = tally.clone();
        tally.served.clear();
        seen
    }

    /// Ends it, once all requests under way are answered.
    pub(crate) async fn stop(self) -> Tally {
        self.stop.send_replace(true);
        self.users.join_all().await;
        lock(&self.shared.tally).clone()
    }
}

async fn use_it(shared: Arc<Shared>, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let replica = {
            let rotation = lock(&shared.rotation);
            rotation.get(shared.turn.fetch_add(1, Relaxed) % rotation.len().max(1)).cloned()
        };
        let number = shared.number.fetch_add(1, Relaxed);
        // Writes and reads take turns, and each goes through all tenants, beginning with another one each time: or the
        // same tenants would always meet the same replicas.
        let (is_write, tenants) = (number.is_multiple_of(2), u32::from(shared.tenants));
        let tenant = (number / 2 + number / (2 * tenants)) % tenants;
        let request = if is_write { format!("write {tenant} note {number}\n") } else { format!("read {tenant}\n") };
        let answer = match &replica {
            Some(replica) => send(**replica, &request).await,
            None => Err("no replica is in the rotation".to_owned()),
        };
        {
            let mut tally = lock(&shared.tally);
            tally.requests += 1;
            match answer {
                Ok(release) => {
                    tally.written += u64::from(is_write);
                    *tally.answered.entry(release.clone()).or_default() += 1;
                    let tenant = u8::try_from(tenant).unwrap_or(u8::MAX);
                    tally.served.entry(tenant).or_default().insert(release);
                }
                Err(reason) => {
                    tally.failures += 1;
                    if tally.reasons.len() < REASONS {
                        tally.reasons.push(format!("{}: {reason}", request.trim_end()));
                    }
                }
            }
        }
        drop(replica);
        sleep(PAUSE).await;
    }
}

/// Sends one request, and returns the release that answered it.
async fn send(address: SocketAddr, request: &str) -> Result<String, String> {
    let exchange = async {
        let mut stream = BufReader::new(TcpStream::connect(address).await?);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = timeout(LIMIT, exchange).await.map_err(|_| format!("no answer within {LIMIT:?}"))?;
    let answer = answer.map_err(|error| error.to_string())?;
    match answer.trim_end().strip_prefix("ok ") {
        Some(release) => Ok(release.to_owned()),
        None => Err(format!("the replica answered {:?}", answer.trim_end())),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
