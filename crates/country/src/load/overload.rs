//! Settlements that come at fixed moments whatever becomes of the earlier ones, more of them than a node can do; and, to compare with,
//! as many as are answered.
//!
//! Who is refused comes again: the stay goes back to those that wait, and the same message is sent for it later. So no more stays
//! are needed than are settled. There are so many cashiers, each of whom waits for one answer at a time on a connection of his own: a
//! message for which none is free is not sent. Nothing is counted until the load has gone on for a while, and nothing that is answered
//! after it: as many are under way when counting begins as when it ends. The client is one task for each message, and its messages are bytes that were built
//! before; what it costs all the same is for whoever measures to keep from the nodes.

use super::{Latencies, Prepared, Waiting, take};
use bytes::Bytes;
use std::{
    io,
    net::SocketAddr,
    ops::Range,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is sent, and what is asked of the answers.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    /// When messages come.
    pub arrivals: Arrivals,
    /// For so long before anything is counted: until then more is sent than is answered yet.
    pub lead: Duration,
    /// And for so long while it is.
    pub duration: Duration,
    /// The most that wait for an answer at once.
    pub cashiers: usize,
    /// A settlement that takes longer than this is of no use to anybody.
    pub bound: Duration,
}

/// When messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// As each cashier has the answer to the last one (a closed loop).
    Answered,
    /// At fixed moments, so many tenths of a message a second (an open loop).
    TenthsPerSecond(u64),
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Became {
    /// Messages that were sent while it was counted.
    pub sent: u64,
    /// Messages that were due in that time while every cashier waited, or no stay was left.
    pub unsent: u64,
    /// Settled within the bound, and while it was counted.
    pub in_time: u64,
    /// Settled, whenever.
    pub settled: u64,
    /// Told to come again, whenever.
    pub refused: u64,
    /// Told so while it was counted.
    pub refused_counted: u64,
    /// Anything else, whenever.
    pub failed: u64,
    /// The first of these.
    pub first_failure: Option<String>,
    /// How long it was counted.
    pub elapsed: Duration,
    /// How long settlements took that were due once it was counted, from the moment at which each was due.
    pub settled_after: Latencies,
    /// How long refusals of messages took that were due once it was counted.
    pub refused_after: Latencies,
}

impl Became {
    /// Settlements a second that were of use, in tenths.
    pub fn tenths_per_second(&self) -> u64 {
        per_second(self.in_time, self.elapsed)
    }

    /// Messages sent a second, in tenths.
    pub fn sent_tenths_per_second(&self) -> u64 {
        per_second(self.sent, self.elapsed)
    }

    /// Refusals a second, in tenths.
    pub fn refused_tenths_per_second(&self) -> u64 {
        per_second(self.refused_counted, self.elapsed)
    }
}

fn per_second(count: u64, elapsed: Duration) -> u64 {
    count * 10_000_000 / u64::try_from(elapsed.as_micros()).expect("a load takes minutes").max(1)
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked which messages are due.
const EVERY: Duration = Duration::from_millis(1);

/// Sends as much as is offered, and waits for the last answers.
pub async fn overload(address: SocketAddr, waiting: &Waiting, offered: Offered) -> Became {
    let began = Instant::now();
    let line = Sender {
        address,
        waiting: Arc::clone(waiting),
        free: Arc::default(),
        became: Arc::default(),
        bound: offered.bound,
        counted: began + offered.lead..began + offered.lead + offered.duration,
    };
    let (mut unsent, mut due) = (0, began);
    let mut tasks = tokio::task::JoinSet::new();
    match offered.arrivals {
        Arrivals::Answered => {
            for _ in 0..offered.cashiers {
                tasks.spawn(line.clone().send_on());
            }
            tokio::time::sleep_until(line.counted.end.into()).await;
        }
        Arrivals::TenthsPerSecond(rate) => {
            let gap = Duration::from_nanos(10_000_000_000 / rate.max(1));
            while Instant::now() < line.counted.end {
                tokio::time::sleep(EVERY).await;
                while due <= Instant::now() {
                    while tasks.try_join_next().is_some() {}
                    let stay = if tasks.len() < offered.cashiers { take(waiting) } else { None };
                    if let Some(stay) = stay {
                        tasks.spawn(line.clone().send(stay, due));
                    } else {
                        unsent += u64::from(due >= line.counted.start);
                    }
                    due += gap;
                }
            }
        }
    }
    let elapsed = line.counted.start.elapsed();
    tasks.join_all().await;
    let became = std::mem::take(&mut *line.became.lock().expect("nobody panics holding it"));
    Became { unsent, elapsed, ..became }
}

#[derive(Clone)]
struct Sender {
    address: SocketAddr,
    waiting: Waiting,
    free: Arc<Mutex<Vec<PlainLine>>>,
    became: Arc<Mutex<Became>>,
    bound: Duration,
    counted: Range<Instant>,
}

impl Sender {
    /// One after the other, for as long as it is counted and there are stays.
    async fn send_on(self) {
        while Instant::now() < self.counted.end
            && let Some(stay) = take(&self.waiting)
        {
            self.clone().send(stay, Instant::now()).await;
        }
    }

    async fn send(self, stay: Prepared, due: Instant) {
        let was_due = due >= self.counted.start;
        self.became.lock().expect("nobody panics holding it").sent += u64::from(was_due);
        let answer = tokio::time::timeout(PATIENCE, self.post(&stay.settlement)).await;
        let (now, took) = (Instant::now(), due.elapsed());
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => error.to_string().into_bytes(),
            Err(_) => format!("no answer in {PATIENCE:?}").into_bytes(),
        };
        let is_counted = self.counted.contains(&now);
        let mut became = self.became.lock().expect("nobody panics holding it");
        match Kind::of(&answer) {
            Kind::Settled => {
                became.settled += 1;
                became.in_time += u64::from(took <= self.bound && is_counted);
                if was_due {
                    became.settled_after.add(took);
                }
            }
            Kind::Refused => {
                became.refused += 1;
                became.refused_counted += u64::from(is_counted);
                if was_due {
                    became.refused_after.add(took);
                }
                self.waiting.lock().expect("nobody panics holding it").push(stay);
            }
            Kind::Failed => {
                became.failed += 1;
                let shown = || String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned();
                became.first_failure.get_or_insert_with(shown);
            }
        }
    }

    async fn post(&self, body: &Bytes) -> io::Result<Vec<u8>> {
        let idle = self.free.lock().expect("nobody panics holding it").pop();
        let mut line = match idle {
            Some(line) => line,
            None => PlainLine::open(self.address).await?,
        };
        let answer = line.post(body).await?;
        self.free.lock().expect("nobody panics holding it").push(line);
        Ok(answer)
    }
}

/// What an answer says, without reading it whole.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Settled,
    Refused,
    Failed,
}

impl Kind {
    fn of(answer: &[u8]) -> Self {
        let says = |text: &str| answer.windows(text.len()).any(|some| some == text.as_bytes());
        if answer.starts_with(br#"{"infcode":0"#) {
            Self::Settled
        } else if says("未受理") {
            Self::Refused
        } else {
            Self::Failed
        }
    }
}

/// A kept connection that sends and reads bytes, as cheaply as can be.
struct PlainLine {
    stream: TcpStream,
    sent: Vec<u8>,
    came: Vec<u8>,
}

impl PlainLine {
    async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, sent: Vec::with_capacity(4 << 10), came: Vec::with_capacity(8 << 10) })
    }

    async fn post(&mut self, body: &[u8]) -> io::Result<Vec<u8>> {
        self.sent.clear();
        let head = "POST /fsi/api/rsfComIfsService/callService HTTP/1.1\r\nhost: node\r\ncontent-type: text/plain;charset=UTF-8";
        self.sent.extend_from_slice(head.as_bytes());
        self.sent.extend_from_slice(format!("\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes());
        self.sent.extend_from_slice(body);
        self.stream.write_all(&self.sent).await?;
        self.came.clear();
        loop {
            if self.stream.read_buf(&mut self.came).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(body) = whole_body(&self.came) {
                return Ok(body.to_vec());
            }
        }
    }
}

/// The body of an answer, once it is there.
fn whole_body(came: &[u8]) -> Option<&[u8]> {
    const LENGTH: &[u8] = b"content-length: ";
    let head = came.windows(4).position(|some| some == b"\r\n\r\n")?;
    let at = came[..head].windows(LENGTH.len()).position(|some| some.eq_ignore_ascii_case(LENGTH))?;
    let digits = came[at + LENGTH.len()..head].iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0_usize, |length, digit| length * 10 + usize::from(digit - b'0'));
    came.get(head + 4..head + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_has_come() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nx: y\r\n\r\nabc";
        assert_eq!(whole_body(answer), Some(b"abc".as_slice()));
        for length in 0..answer.len() {
            assert_eq!(whole_body(&answer[..length]), None, "{length}");
        }
    }

    #[test]
    fn an_answer_says_what_became_of_the_message() {
        let overloaded = terms::Refusal::NodeOverloaded { seconds: "3".to_owned() }.message();
        let refused = |sentence: &str| format!(r#"{{"infcode":-1,"err_msg":"{sentence}"}}"#);
        assert_eq!(Kind::of(br#"{"infcode":0,"err_msg":null}"#), Kind::Settled);
        assert_eq!(Kind::of(refused(&overloaded).as_bytes()), Kind::Refused);
        assert_eq!(Kind::of(refused("没有").as_bytes()), Kind::Failed);
    }
}
