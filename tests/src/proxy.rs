use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a [`Proxy`] does to what passes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// It passes.
    Clear,
    /// Each piece of it passes this much later.
    Slow(Duration),
    /// Nothing passes any more, in either direction, and no connection ends.
    BlackHole,
    /// The connection ends instead of bringing the next transaction to the server; then it clears up.
    CutBefore,
    /// The next transaction reaches the server, and the connection ends instead of bringing its answer back; then it
    /// clears up.
    CutBehind,
}

/// A TCP proxy between the SDK and a server: the connection that fails.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: Arc<Mutex<Weather>>,
    cuts: watch::Sender<usize>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A proxy in front of a server, which need not be up.
    ///
    /// # Panics
    ///
    /// When there is no port to listen on.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port to listen on");
        let address = listener.local_addr().expect("a listener has an address");
        let weather = Arc::new(Mutex::new(Weather::Clear));
        let cuts = watch::Sender::new(0);
        let link = Link { weather: Arc::clone(&weather), cuts: cuts.clone() };
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let link = link.clone();
                tokio::spawn(async move { link.connect(client, server).await });
            }
        });
        Self { address, weather, cuts, accepting }
    }

    /// Where the SDK connects to.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// What happens from now on, on every connection.
    pub fn set(&self, weather: Weather) {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// How many connections were ended on purpose.
    pub fn cuts(&self) -> usize {
        *self.cuts.borrow()
    }

    /// Ends every connection now.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What one connection through the proxy knows.
#[derive(Clone)]
struct Link {
    weather: Arc<Mutex<Weather>>,
    cuts: watch::Sender<usize>,
}

/// Why a connection ends.
enum End {
    /// A side closed it.
    Closed,
    /// The weather did.
    Cut,
}

impl Link {
    async fn connect(self, client: TcpStream, server: SocketAddr) {
        let mut cuts = self.cuts.subscribe();
        let Ok(server) = TcpStream::connect(server).await else { return };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let is_held = watch::Sender::new(false);
        let end = tokio::select! {
            end = self.requests(from_client, to_server, &is_held) => end,
            end = self.answers(from_server, to_client, &is_held) => end,
            _ = cuts.changed() => return,
        };
        if matches!(end, Ok(End::Cut)) {
            self.cuts.send_modify(|cuts| *cuts += 1);
        }
    }

    fn weather(&self) -> Weather {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The weather that a transaction meets: a cut happens to one of them only.
    fn weather_of_transaction(&self) -> Weather {
        let mut weather = self.weather.lock().unwrap_or_else(PoisonError::into_inner);
        match *weather {
            Weather::CutBefore | Weather::CutBehind => std::mem::replace(&mut *weather, Weather::Clear),
            other => other,
        }
    }

    /// Brings requests to the server, one WebSocket frame at a time.
    async fn requests(
        &self,
        mut client: OwnedReadHalf,
        mut server: OwnedWriteHalf,
        is_held: &watch::Sender<bool>,
    ) -> io::Result<End> {
        let mut received = Vec::new();
        let mut is_upgraded = false;
        loop {
            while let Some(length) = if is_upgraded { frame(&received) } else { head(&received) } {
                is_upgraded = true;
                let piece: Vec<u8> = received.drain(..length).collect();
                let weather = if is_transaction(&piece) { self.weather_of_transaction() } else { self.weather() };
                match weather {
                    Weather::CutBefore if is_transaction(&piece) => return Ok(End::Cut),
                    Weather::CutBehind if is_transaction(&piece) => {
                        is_held.send_replace(true);
                    }
                    weather => pass(weather).await,
                }
                server.write_all(&piece).await?;
            }
            if client.read_buf(&mut received).await? == 0 {
                return Ok(End::Closed);
            }
        }
    }

    /// Brings answers to the client, unless they are held back; then the connection ends with the answer to a query.
    async fn answers(
        &self,
        mut server: OwnedReadHalf,
        mut client: OwnedWriteHalf,
        is_held: &watch::Sender<bool>,
    ) -> io::Result<End> {
        let mut held = Vec::new();
        let mut piece = vec![0; 1 << 16];
        loop {
            let length = server.read(&mut piece).await?;
            if length == 0 {
                return Ok(End::Closed);
            }
            if *is_held.borrow() {
                held.extend_from_slice(&piece[..length]);
                // Each result of a query has a status; nothing else that the server sends has one.
                if contains(&held, b"OK") || contains(&held, b"ERR") {
                    return Ok(End::Cut);
                }
                continue;
            }
            pass(self.weather()).await;
            client.write_all(&piece[..length]).await?;
        }
    }
}

async fn pass(weather: Weather) {
    match weather {
        Weather::Slow(delay) => tokio::time::sleep(delay).await,
        Weather::BlackHole => std::future::pending().await,
        Weather::Clear | Weather::CutBefore | Weather::CutBehind => {}
    }
}

/// How long the HTTP request is that asks for a WebSocket, once all of it is there.
fn head(received: &[u8]) -> Option<usize> {
    received.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
}

/// How long the first WebSocket frame of a client is, once all of it is there (RFC 6455, section 5.2).
fn frame(received: &[u8]) -> Option<usize> {
    let (header, length) = frame_header(received)?;
    let end = header.checked_add(length)?;
    (received.len() >= end).then_some(end)
}

/// How long the header of a frame with a mask is, and how long its payload.
fn frame_header(received: &[u8]) -> Option<(usize, usize)> {
    const MASK: usize = 4;
    match received.get(1)? & 0x7f {
        126 => Some((4 + MASK, u16::from_be_bytes(received.get(2..4)?.try_into().ok()?).into())),
        127 => {
            let length = u64::from_be_bytes(received.get(2..10)?.try_into().ok()?);
            Some((10 + MASK, usize::try_from(length).ok()?))
        }
        short => Some((2 + MASK, short.into())),
    }
}

/// Whether a frame of a client brings a query with a transaction.
fn is_transaction(frame: &[u8]) -> bool {
    let Some((header, _)) = frame_header(frame).filter(|(header, _)| *header <= frame.len()) else { return false };
    let mask = &frame[header - 4..header];
    let payload: Vec<u8> = frame[header..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    contains(&payload, b"BEGIN;")
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![0x82, 0x80 | u8::try_from(payload.len()).unwrap()];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    #[test]
    fn a_frame_counts_once_all_of_it_is_there() {
        let whole = masked(b"BEGIN; COMMIT;");
        assert_eq!(frame(&whole), Some(whole.len()));
        for part in 0..whole.len() {
            assert_eq!(frame(&whole[..part]), None, "{part} bytes");
        }
    }

    #[test]
    fn a_transaction_is_told_through_the_mask() {
        assert!(is_transaction(&masked(b"BEGIN; COMMIT")));
        assert!(!is_transaction(&masked(b"SELECT 1;")));
        assert!(!is_transaction(b"GET / HTTP/1.1\r\nBEGIN;\r\n\r\n"));
    }
}
