//! The service: one replica of one release.
//!
//! A request is a line, `write TENANT TEXT` or `read TENANT`, and so is its answer: `ok` or `failed` with the reason.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use migrate_runtime::{Fleet, Gate, Membership, Migrator};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::error::Error;
use crate::release::Release;
use crate::store::{self, Connection, ask};
use crate::{replica, stdin};

struct Service {
    release: &'static Release,
    db: Connection,
    gate: Gate<Connection>,
}

/// How long what was begun may take once this is told to end. By far the longest is a database that is gone.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until standard input ends; then finishes what was begun, and says in the registry that it is gone.
pub(crate) async fn serve(release: &'static Release, url: &str) -> Result<(), Error> {
    let mut told = stdin::ended();
    let (service, membership) = tokio::select! {
        started = start(release, url) => started?,
        _ = &mut told => return Ok(()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Listen)?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    writeln!(std::io::stdout(), "{}{address}", replica::READY).map_err(Error::Output)?;

    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut told => break,
            accepted = listener.accept() => {
                let (stream, _) = accepted.map_err(Error::Listen)?;
                requests.spawn(answer(Arc::clone(&service), stream));
            }
            Some(_) = requests.join_next() => {}
        }
    }
    let finished = async {
        requests.join_all().await;
        membership.leave().await
    };
    timeout(GRACE, finished).await.map_err(|_| Error::Late(GRACE))??;
    Ok(())
}

async fn start(release: &'static Release, url: &str) -> Result<(Arc<Service>, Membership), Error> {
    let db = store::open(url).await?;
    let migrator = Migrator::new([release.schema])?.applied_by("notes", release.number);
    // First of all: whoever looks who is alive has to see this replica before it touches anything.
    let membership = store::registry()?.join(&migrator, Arc::clone(&db)).await?;
    let gate = Gate::new(migrator, Arc::clone(&db));
    let report = gate.migrate_all(Fleet::databases_of(store::NAMESPACE)).await?;
    if !report.all_served() {
        return Err(Error::Migrate(report.to_string()));
    }
    Ok((Arc::new(Service { release, db, gate }), membership))
}

/// Answers one request. Whether the client hears it is for the client to say.
async fn answer(service: Arc<Service>, stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    if stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let answer = match perform(&service, line.trim_end()).await {
            Ok(()) => format!("ok {}\n", service.release.name),
            Err(reason) => format!("failed {}\n", reason.replace('\n', " ")),
        };
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

async fn perform(service: &Service, request: &str) -> Result<(), String> {
    let mut words = request.splitn(3, ' ');
    let expression = match words.next() {
        Some("write") => service.release.write,
        Some("read") => service.release.read,
        _ => return Err("a request begins with `write` or `read`".to_owned()),
    };
    let number = words.next().and_then(|number| number.parse().ok()).ok_or("a tenant is a number")?;
    let tenant = store::tenant(number).map_err(|error| error.to_string())?;
    service.gate.ensure(&tenant).await.map_err(|refusal| refusal.to_string())?;
    let text = words.next().unwrap_or_default();
    ask(&service.db, &tenant, expression, text).await.map(drop).map_err(|error| error.to_string())
}
