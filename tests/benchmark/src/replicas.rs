//! What several replicas cost that start at once, each over a connection of its own.

use std::sync::Arc;

use futures_util::future::try_join_all;
use migrate_runtime::Context;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::args::{Args, Place};
use crate::chain::Chain;
use crate::fleet::fleet;
use crate::ours::{Index, migrate};
use crate::rounds::{Measured, Question, Turn, rows, take_turns};
use crate::row::Row;
use crate::server::connection;
use crate::site::Site;
use crate::{Failure, state};

/// How many start at once.
const REPLICAS: usize = 8;
/// The fleet that is up to date, and the one that is new with the tables of each of its contexts.
const KNOWN: usize = 1_000;
const NEW: usize = 200;
const TABLES_OF_NEW: usize = 5;

/// What the replicas find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    UpToDate(Index),
    New,
}

pub(crate) async fn replicas(args: &Args) -> Result<Vec<Row>, Failure> {
    let site = Site::open(Place::Server).await?;
    let server = site.server.as_ref().ok_or("there is no server")?;
    let connections = try_join_all((0..REPLICAS).map(|_| connection_to(server.url()))).await?;
    let (known, new) = (Chain::new(1, args.fleet_tables)?, Chain::new(1, TABLES_OF_NEW)?);
    site.namespace("known").await?;
    migrate(&site.db, &fleet("known", KNOWN)?, known, Index::Without).await?;
    let mut found = Vec::new();
    for (question, finding) in [
        ("replicas, up to date", Finding::UpToDate(Index::Without)),
        ("replicas, up to date, fleet index", Finding::UpToDate(Index::With)),
        ("replicas, fresh", Finding::New),
    ] {
        eprintln!("{question} …");
        let (chain, contexts, index) = match finding {
            Finding::UpToDate(index) => (known, KNOWN, index),
            Finding::New => (new, NEW, Index::Without),
        };
        let mut measured = ["one replica", "eight replicas"].map(|name| Measured::new(name, contexts));
        take_turns(args.rounds, &mut measured, async |at, round| {
            let namespace = if finding == Finding::New { format!("new_{at}_{round}") } else { "known".to_owned() };
            site.namespace(&namespace).await?;
            let contexts = fleet(&namespace, contexts)?;
            let connections = &connections[..[1, REPLICAS][at]];
            let turn = Turn::take(&site.processes(), at_once(connections, &contexts, chain, index)).await?;
            if finding == Finding::New {
                state::check(&site.db, &contexts, chain).await?;
                site.remove_namespace(&namespace).await?;
            }
            Ok(turn)
        })
        .await;
        found.extend(rows(Question { name: question, place: "server", contexts, chain }, measured.into()));
    }
    Ok(found)
}

/// Lets a migrator run over each of these connections, and returns how many round trips there were in all.
async fn at_once(
    connections: &[Arc<Surreal<Any>>],
    contexts: &[Context],
    chain: Chain,
    index: Index,
) -> Result<Option<usize>, Failure> {
    let contexts: Arc<[Context]> = contexts.into();
    let running = connections.iter().map(|db| {
        let (db, contexts) = (Arc::clone(db), Arc::clone(&contexts));
        async move { tokio::spawn(async move { migrate(&db, &contexts, chain, index).await }).await? }
    });
    Ok(Some(try_join_all(running).await?.into_iter().sum()))
}

async fn connection_to(url: String) -> Result<Arc<Surreal<Any>>, Failure> {
    connection(&url).await.map(Arc::new)
}
