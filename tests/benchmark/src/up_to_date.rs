//! What a start costs where there is nothing to do.

use std::time::Duration;

use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::args::{Args, Place};
use crate::cell::Cell;
use crate::chain::Chain;
use crate::contender::Contender;
use crate::fleet::fleet;
use crate::proxy::Proxy;
use crate::rounds::{Measured, Question, Turn, rows, take_turns};
use crate::row::Row;
use crate::server::{Server, connection};
use crate::site::Site;
use crate::{Failure, memory, state};

/// How much later an answer arrives of a database that is somewhere else.
const LATENCY: Duration = Duration::from_millis(2);

/// Those who are measured in one database, and the fleets that they find up to date.
struct Fleets {
    who: Vec<Contender>,
    measured: Vec<Measured>,
    chain: Chain,
}

/// On a server or embedded, as it is.
pub(crate) async fn near(args: &Args, place: Place, cell: Cell) -> Result<Vec<Row>, Failure> {
    let site = Site::open(place).await?;
    let own = [Contender::Limit, Contender::Ours, Contender::Indexed, Contender::Sequential];
    let peers = [Contender::ByHand, Contender::SurrealKit, Contender::Overshift];
    let peers = peers.into_iter().filter(|_| !args.without_peers);
    let mut fleets = Fleets::prepare(args, &site, cell, own.into_iter().chain(peers).collect()).await?;
    fleets.look(args.rounds, &site, &site.db).await;
    if let Some(server) = &site.server {
        fleets.count(server).await?;
        // What the analysis of a long chain gave back to the allocator would hide what a run takes.
        if cell.migrations == 1 {
            fleets.weigh(args, cell, server).await;
        }
    }
    Ok(fleets.rows(place.name(), cell))
}

/// On a server that is two milliseconds away.
pub(crate) async fn far(args: &Args, cell: Cell) -> Result<Vec<Row>, Failure> {
    let site = Site::open(Place::Server).await?;
    let server = site.server.as_ref().ok_or("there is no server")?;
    let who = vec![Contender::Limit, Contender::Ours, Contender::Indexed, Contender::Sequential];
    let mut fleets = Fleets::prepare(args, &site, cell, who).await?;
    let proxy = Proxy::before(server.address(), LATENCY).await?;
    fleets.look(args.rounds, &site, &connection(&proxy.url()).await?).await;
    Ok(fleets.rows("server, 2 ms away", cell))
}

impl Fleets {
    /// Makes each fleet once.
    async fn prepare(args: &Args, site: &Site, cell: Cell, who: Vec<Contender>) -> Result<Self, Failure> {
        let chain = Chain::new(cell.migrations, args.fleet_tables)?;
        let given = |who: &Contender| cell.contexts.min(who.most(args));
        let mut measured: Vec<_> = who.iter().map(|who| Measured::new(who.name(), given(who))).collect();
        // There is no other way to a fleet that the bare texts can ask about.
        make(site, Contender::Ours, cell.contexts, chain).await?;
        for (who, one) in who.iter().zip(&mut measured) {
            if who.namespace() != Contender::Ours.namespace() {
                let made = make(site, *who, one.given, chain).await;
                one.note(made);
            }
        }
        Ok(Self { who, measured, chain })
    }

    /// Lets each find out that its fleet is up to date.
    async fn look(&mut self, rounds: usize, site: &Site, db: &Surreal<Any>) {
        let processes = site.processes();
        let Self { who, measured, chain } = self;
        let given: Vec<_> = measured.iter().map(|one| one.given).collect();
        take_turns(rounds, measured, async |at, _| {
            let contexts = fleet(who[at].namespace(), given[at])?;
            Turn::take(&processes, who[at].look(db, &contexts, *chain)).await
        })
        .await;
    }

    /// Counts what each sends to the server.
    async fn count(&mut self, server: &Server) -> Result<(), Failure> {
        let proxy = Proxy::before(server.address(), Duration::ZERO).await?;
        for (who, one) in self.who.iter().zip(&mut self.measured).filter(|(_, one)| one.failure.is_none()) {
            let db = connection(&proxy.url()).await?;
            let contexts = fleet(who.namespace(), one.given)?;
            let before = proxy.traffic();
            let looked = who.look(&db, &contexts, self.chain).await;
            one.note(looked);
            one.traffic = Some(proxy.traffic().since(before));
        }
        Ok(())
    }

    /// Measures the memory of those who are given the whole fleet.
    async fn weigh(&mut self, args: &Args, cell: Cell, server: &Server) {
        for (who, one) in self.who.iter().zip(&mut self.measured) {
            if one.given == cell.contexts && who.namespace() == Contender::Ours.namespace() {
                let weighed = memory::measure(args, *who, cell, server).await;
                one.memory = one.note(weighed);
            }
        }
    }

    fn rows(self, place: &'static str, cell: Cell) -> Vec<Row> {
        let question = Question { name: "up to date", place, contexts: cell.contexts, chain: self.chain };
        rows(question, self.measured)
    }
}

/// Makes a fleet, and checks that it is one.
async fn make(site: &Site, who: Contender, contexts: usize, chain: Chain) -> Result<(), Failure> {
    site.namespace(who.namespace()).await?;
    let contexts = fleet(who.namespace(), contexts)?;
    who.migrate(&site.db, &contexts, chain).await?;
    state::check(&site.db, &contexts, chain).await
}
