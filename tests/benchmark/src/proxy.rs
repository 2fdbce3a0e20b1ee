//! A connection that is watched and may take its time: each piece of what passes arrives later, in each direction, and none
//! waits for another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Failure;
use crate::frames::Frames;

/// A TCP proxy in front of a server, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    passed: Arc<Passed>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Passed {
    queries: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

/// What a server was sent, and what it answered.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Traffic {
    pub(crate) queries: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

impl Proxy {
    /// Delays what passes by half of `latency` in each direction.
    pub(crate) async fn before(server: SocketAddr, latency: Duration) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let passed = Arc::<Passed>::default();
        let seen = Arc::clone(&passed);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                // Without it, the delay would be that of the operating system.
                if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
                    continue;
                }
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let (sent, received) = (Arc::clone(&seen), Arc::clone(&seen));
                let mut frames = Frames::default();
                let count = move |piece: &[u8]| {
                    sent.queries.fetch_add(frames.begun(piece), Ordering::Relaxed);
                    sent.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
                };
                tokio::spawn(pass(from_client, to_server, latency / 2, count));
                let count = move |piece: &[u8]| {
                    received.received.fetch_add(piece.len() as u64, Ordering::Relaxed);
                };
                tokio::spawn(pass(from_server, to_client, latency / 2, count));
            }
        });
        Ok(Self { address, passed, accepting })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// What has passed so far.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            queries: self.passed.queries.load(Ordering::Relaxed),
            bytes_sent: self.passed.sent.load(Ordering::Relaxed),
            bytes_received: self.passed.received.load(Ordering::Relaxed),
        }
    }
}

impl Traffic {
    /// What has passed since another look.
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            queries: self.queries - before.queries,
            bytes_sent: self.bytes_sent - before.bytes_sent,
            bytes_received: self.bytes_received - before.bytes_received,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes on what comes, each piece when its time has come, until a side closes.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
    mut count: impl FnMut(&[u8]),
) {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let writing = async move {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep_until(due.into()).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            count(&buffer[..read]);
            if sender.send((Instant::now() + delay, buffer[..read].to_vec())).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(writing, reading);
}
