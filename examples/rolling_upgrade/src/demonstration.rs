//! What is shown: three rolls of all replicas, under load from the first to the last.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::args::Args;
use crate::database::{self, Database};
use crate::error::Error;
use crate::load::Load;
use crate::release::{MODULE, NEWEST};
use crate::replica::Replica;
use crate::report::{Report, Stage};
use crate::store::{self, Connection};

/// The binaries of both releases.
const V1: &str = "notes_v1";
const V2: &str = "notes_v2";

/// Everything is over by then, one way or the other.
const LIMIT: Duration = Duration::from_mins(3);
/// For how long each stage is used as it is.
const STAY: Duration = Duration::from_millis(750);

pub(crate) async fn run(args: &Args) -> Result<Report, Error> {
    // Dropping the future ends every process that it has started.
    timeout(LIMIT, demonstrate(args)).await.map_err(|_| Error::Late(LIMIT))?
}

async fn demonstrate(args: &Args) -> Result<Report, Error> {
    let begin = Instant::now();
    let mut database = Database::start()?;
    let db = database.connect().await?;
    let tenants = (0..args.tenants).map(store::tenant).collect::<Result<Vec<_>, _>>()?;
    database::create(&db, &tenants).await?;

    let mut replicas = VecDeque::new();
    for _ in 0..args.replicas {
        replicas.push_back(Replica::start(V1, &database.url).await?);
    }
    let load = Load::start(args.tenants, replicas.iter().map(|replica| replica.address));
    let mut roll = Roll { url: &database.url, db: &db, load: &load, replicas, stages: Vec::new() };
    roll.look("version 1 serves").await?;
    roll.replace(V2, "upgrading", "upgraded").await?;
    roll.replace(V1, "downgrading", "downgraded").await?;
    roll.replace(V2, "upgrading again", "upgraded again").await?;

    let Roll { replicas, stages, .. } = roll;
    let tally = load.stop().await;
    for replica in replicas {
        replica.drain().await?;
    }
    let mut found = 0;
    for tenant in &tenants {
        let count = store::ask(&db, tenant, "count(SELECT id FROM note);", "").await;
        let count = count.map_err(|error| Error::Count(error.into()))?;
        found += count.as_u64().unwrap_or_default();
    }
    database.stop().await?;
    Ok(Report::new(tenants.len(), stages, tally, found, begin.elapsed()))
}

/// The replicas while they are replaced.
struct Roll<'a> {
    url: &'a str,
    db: &'a Connection,
    load: &'a Load,
    /// The oldest first.
    replicas: VecDeque<Replica>,
    stages: Vec<Stage>,
}

impl Roll<'_> {
    /// Replaces all replicas, one by one: a new one is ready before an old one is drained.
    async fn replace(
        &mut self,
        binary: &'static str,
        meanwhile: &'static str,
        done: &'static str,
    ) -> Result<(), Error> {
        for number in 0..self.replicas.len() {
            let new = Replica::start(binary, self.url).await?;
            self.load.add(new.address);
            self.replicas.push_back(new);
            if number == 0 {
                self.look(meanwhile).await?;
            }
            if let Some(old) = self.replicas.pop_front() {
                self.load.remove(old.address).await;
                old.drain().await?;
            }
        }
        self.look(done).await
    }

    /// Lets the service be used as it is for a while, and notes who is alive.
    async fn look(&mut self, name: &'static str) -> Result<(), Error> {
        // Who served whom before does not count.
        self.load.look();
        sleep(STAY).await;
        let registry = store::registry()?;
        let live = registry.live_replicas(self.db).await?;
        let answer = registry.everyone_at_least(self.db, MODULE, NEWEST).await?;
        self.stages.push(Stage::new(name, &live, MODULE, answer, self.load.look()));
        Ok(())
    }
}
