//! What new tenants cost.

use std::time::Duration;

use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::args::{Args, Place};
use crate::chain::Chain;
use crate::contender::Contender;
use crate::fleet::fleet;
use crate::proxy::Proxy;
use crate::rounds::{Measured, Question, Turn, rows, take_turns};
use crate::row::Row;
use crate::server::connection;
use crate::site::Site;
use crate::{Failure, state};

/// So many contexts are given to one that goes through them one by one.
const ONE_BY_ONE: usize = 4;

pub(crate) async fn fresh(args: &Args, place: Place, length: usize) -> Result<Vec<Row>, Failure> {
    let chain = Chain::new(length, args.tables)?;
    let site = Site::open(place).await?;
    let is_left_out = |who: &Contender| args.without_peers && who.most(args) < usize::MAX;
    let who: Vec<_> = Contender::ALL.into_iter().filter(|who| !is_left_out(who)).collect();
    let given = |who: &Contender| if who.most(args) < usize::MAX { args.fresh.min(ONE_BY_ONE) } else { args.fresh };
    let mut measured: Vec<_> = who.iter().map(|who| Measured::new(who.name(), given(who))).collect();
    let given: Vec<_> = measured.iter().map(|one| one.given).collect();
    take_turns(args.rounds, &mut measured, async |at, round| {
        make(&site, &site.db, who[at], &format!("fresh_{at}_{round}"), given[at], chain).await
    })
    .await;
    if let Some(server) = &site.server {
        let proxy = Proxy::before(server.address(), Duration::ZERO).await?;
        for (at, one) in measured.iter_mut().enumerate().filter(|(_, one)| one.failure.is_none()) {
            let db = connection(&proxy.url()).await?;
            let before = proxy.traffic();
            let made = make(&site, &db, who[at], &format!("counted_{at}"), given[at], chain).await;
            one.note(made);
            one.traffic = Some(proxy.traffic().since(before));
        }
    }
    Ok(rows(Question { name: "fresh", place: place.name(), contexts: args.fresh, chain }, measured))
}

/// Makes contexts in a namespace that is new, over this connection, checks that they have what they should, and removes them.
async fn make(
    site: &Site,
    db: &Surreal<Any>,
    who: Contender,
    namespace: &str,
    contexts: usize,
    chain: Chain,
) -> Result<Turn, Failure> {
    site.namespace(namespace).await?;
    let contexts = fleet(namespace, contexts)?;
    let turn = Turn::take(&site.processes(), who.migrate(db, &contexts, chain)).await?;
    state::check(&site.db, &contexts, chain).await?;
    site.remove_namespace(namespace).await?;
    Ok(turn)
}
