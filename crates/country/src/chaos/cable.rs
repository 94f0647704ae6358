//! A cable: bytes go through it both ways, whatever they mean, until it breaks; most often in the middle of a message.
//!
//! Unlike a [`crate::network::Wire`], which loses whole requests, a cable does not know where one ends. It carries HTTP between nodes,
//! and what a node says to its database.

use crate::network::with_each_connection;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    fmt, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// Where a cable ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// At an address.
    Tcp(SocketAddr),
    /// At a socket of this machine: a private PostgreSQL has no other.
    Unix(PathBuf),
}

/// How connections break by themselves: after a number of bytes in one direction that is drawn for each, small ones as often as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaks {
    /// The fewest bytes, above 0.
    pub least: u64,
    /// About the most.
    pub most: u64,
}

/// A line to one target. Dropped, it is gone with all of its connections.
pub struct Cable {
    address: SocketAddr,
    line: Arc<Line>,
    listener: JoinHandle<()>,
}

struct Line {
    state: Mutex<State>,
    /// Counts up when all connections are to end at once.
    severed: watch::Sender<u64>,
    cuts: AtomicU64,
}

struct State {
    target: Target,
    breaks: Option<Breaks>,
    dice: StdRng,
}

impl fmt::Debug for Cable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cable").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Cable {
    /// A cable to a target, whole until it is told otherwise. Where it breaks follows from the seed and the order of connections.
    pub async fn to(target: Target, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = State { target, breaks: None, dice: StdRng::seed_from_u64(seed) };
        let line = Line { state: Mutex::new(state), severed: watch::Sender::new(0), cuts: AtomicU64::new(0) };
        let line = Arc::new(line);
        let carried = Arc::clone(&line);
        let listener =
            tokio::spawn(with_each_connection(listener, move |stream| carry(stream, Arc::clone(&carried))));
        Ok(Self { address, line, listener })
    }

    /// Where it begins.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads elsewhere from now on; connections that are there stay where they are.
    pub fn lead_to(&self, target: Target) {
        self.line.state().target = target;
    }

    /// How later connections break; those of before stay as they are.
    pub fn breaks(&self, breaks: Option<Breaks>) {
        self.line.state().breaks = breaks;
    }

    /// Ends all connections that there are, wherever in a message they are.
    pub fn sever(&self) {
        self.line.severed.send_modify(|times| *times += 1);
    }

    /// How many connections were cut so far.
    pub fn cuts(&self) -> u64 {
        self.line.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics holding it")
    }

    /// Where a new connection leads, and how many bytes it carries there and back.
    fn decide(&self) -> (Target, [u64; 2]) {
        let mut state = self.state();
        let mut carries = [u64::MAX; 2];
        if let Some(Breaks { least, most }) = state.breaks {
            // A power of two first, so that a few bytes are as likely as many.
            let power = state.dice.random_range(least.max(1).ilog2()..=most.max(least).max(1).ilog2());
            let bytes = state.dice.random_range(1 << power..2 << power);
            carries[usize::from(state.dice.random_range(0..2_u8) == 1)] = bytes;
        }
        (state.target.clone(), carries)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn open(target: &Target) -> io::Result<Box<dyn Stream>> {
    Ok(match target {
        Target::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Target::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

/// Whoever is let go of hears that the connection has ended: a broken cable does not say goodbye.
async fn carry(near: TcpStream, line: Arc<Line>) {
    let mut severed = line.severed.subscribe();
    let _ = near.set_nodelay(true);
    let (target, [there, back]) = line.decide();
    // Where nobody listens, the connection ends at once.
    let Ok(far) = open(&target).await else { return };
    let (near_reads, near_writes) = tokio::io::split(near);
    let (far_reads, far_writes) = tokio::io::split(far);
    tokio::select! {
        ended = async { tokio::try_join!(pump(near_reads, far_writes, there), pump(far_reads, near_writes, back)) } => {
            if matches!(&ended, Err(Ended::Cut)) {
                line.cuts.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(()) = severed.changed() => {
            line.cuts.fetch_add(1, Ordering::Relaxed);
        }
    }
}

enum Ended {
    Cut,
    Broken,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// Carries bytes one way until there are no more, or so many have been carried.
async fn pump<R, W>(mut from: ReadHalf<R>, mut to: WriteHalf<W>, mut carries: u64) -> Result<(), Ended>
where
    R: AsyncRead + Send,
    W: AsyncWrite + Send,
{
    let mut piece = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            to.shutdown().await?;
            return Ok(());
        }
        let whole = u64::try_from(length).unwrap_or(u64::MAX);
        if whole >= carries {
            let rest = usize::try_from(carries).unwrap_or(length).min(length);
            to.write_all(&piece[..rest]).await?;
            to.flush().await?;
            return Err(Ended::Cut);
        }
        carries = carries.saturating_sub(whole);
        to.write_all(&piece[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target that gives back whatever it is sent.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reads, mut writes) = stream.into_split();
                    let _ = tokio::io::copy(&mut reads, &mut writes).await;
                });
            }
        });
        address
    }

    /// How many of a thousand bytes come back.
    async fn comes_back(cable: &Cable) -> usize {
        let mut stream = TcpStream::connect(cable.address()).await.unwrap();
        let _ = stream.write_all(&[7; 1_000]).await;
        let _ = stream.shutdown().await;
        let mut came = Vec::new();
        let _ = stream.read_to_end(&mut came).await;
        assert!(came.iter().all(|byte| *byte == 7));
        came.len()
    }

    #[tokio::test]
    async fn it_carries_everything_or_breaks_in_the_middle() {
        let cable = Cable::to(Target::Tcp(echo().await), 1).await.unwrap();
        assert_eq!((comes_back(&cable).await, cable.cuts()), (1_000, 0));
        cable.breaks(Some(Breaks { least: 8, most: 400 }));
        let mut some = 0;
        for turn in 1..=20 {
            let came = comes_back(&cable).await;
            assert!(came < 1_000, "{came}");
            some += usize::from(came > 0);
            assert_eq!(cable.cuts(), turn);
        }
        assert!(some > 0, "some break on the way back");
        cable.breaks(None);
        assert_eq!((comes_back(&cable).await, cable.cuts()), (1_000, 20));
    }

    #[tokio::test]
    async fn it_ends_what_is_there_and_leads_elsewhere() {
        let cable = Cable::to(Target::Tcp("127.0.0.1:1".parse().unwrap()), 1).await.unwrap();
        assert_eq!(comes_back(&cable).await, 0, "nobody is there");
        cable.lead_to(Target::Tcp(echo().await));
        let mut stream = TcpStream::connect(cable.address()).await.unwrap();
        stream.write_all(b"a").await.unwrap();
        let mut one = [0];
        stream.read_exact(&mut one).await.unwrap();
        cable.sever();
        assert!(stream.read_exact(&mut one).await.is_err(), "it was cut");
        assert_eq!((comes_back(&cable).await, cable.cuts()), (1_000, 1));
    }
}
