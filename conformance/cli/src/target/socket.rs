//! The channel to an agent behind a unix socket, in real time. It moves bytes and
//! must not look at them.

use crate::link::{Arrival, Flush};
use qga_engine::Time;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead as _, AsyncWrite as _, Interest, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// Bytes read at a time; of an agent's flood no more is ever held here.
const READ_BYTES: usize = 64 * 1024;
/// How long an agent may take to close a channel that its client has left.
const LEAVE_MAX: Duration = Duration::from_millis(500);
/// The time between two tries to connect.
const RETRY: Duration = Duration::from_millis(5);

/// A channel over a unix socket.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    /// `None` once the agent has closed it.
    stream: Option<UnixStream>,
    /// The agent has closed the channel, and nobody was told yet.
    closed_untold: bool,
    began: Instant,
    chunk: usize,
    /// How long opening the channel again may take.
    start_timeout: Duration,
    outgoing: Outgoing,
    buffer: Vec<u8>,
}

/// What is still to be sent.
#[derive(Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    /// When something was sent, or put here, the last time.
    headway: Instant,
    /// The agent takes nothing more; what it said before is still to be read.
    refused: bool,
}

enum Step {
    Came(Vec<u8>),
    Other,
    Closed,
    TimedOut,
}

impl Socket {
    /// A channel over a stream that is connected to the socket at `path`.
    pub fn new(path: PathBuf, stream: UnixStream, chunk: Option<NonZeroUsize>, start_timeout: Duration) -> Socket {
        Socket {
            path,
            stream: Some(stream),
            closed_untold: false,
            began: Instant::now(),
            chunk: chunk.map_or(usize::MAX, NonZeroUsize::get),
            start_timeout,
            outgoing: Outgoing::new(),
            buffer: vec![0; READ_BYTES],
        }
    }

    /// Nanoseconds since the channel was made.
    pub fn now(&self) -> Time {
        Time::ZERO + self.began.elapsed()
    }

    /// Puts bytes in the queue of those to send.
    pub fn queue(&mut self, bytes: &[u8]) {
        self.outgoing.add(bytes);
    }

    /// Sends from the queue, in pieces if so asked. Ends when it is empty, when the
    /// agent says something meanwhile, or when it takes nothing for `patience`.
    pub async fn flush(&mut self, patience: Duration) -> Flush {
        while self.outgoing.is_waiting() {
            let deadline = self.outgoing.headway + patience;
            if Instant::now() >= deadline {
                return self.give_up();
            }
            match self.step(deadline).await {
                Step::Came(bytes) => return Flush::Bytes(bytes),
                Step::Other => {}
                Step::Closed | Step::TimedOut => return self.give_up(),
            }
        }
        Flush::Sent
    }

    /// Waits until the agent says something, but no longer than `until`.
    pub async fn read(&mut self, until: Time) -> Arrival {
        let deadline = self.began + (until - Time::ZERO);
        loop {
            if std::mem::take(&mut self.closed_untold) {
                return Arrival::Closed;
            }
            match self.step(deadline).await {
                Step::Came(bytes) => return Arrival::Bytes(bytes),
                Step::TimedOut => return Arrival::Nothing,
                Step::Other | Step::Closed => {}
            }
        }
    }

    /// The number of the process that listens on the socket.
    pub fn peer(&self) -> Option<i32> {
        self.stream.as_ref()?.peer_cred().ok()?.pid()
    }

    /// Says that nothing more comes, and waits until the agent has read all and closed
    /// the channel: one that is closed with replies in it may be reset, and what an agent
    /// makes of that is a matter of chance.
    async fn leave(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        let ended = std::future::poll_fn(|context| Pin::new(&mut *stream).poll_shutdown(context)).await;
        let deadline = Instant::now() + LEAVE_MAX;
        while ended.is_ok() && self.stream.is_some() && Instant::now() < deadline {
            if let Step::TimedOut = self.step(deadline).await {
                return;
            }
        }
    }

    /// Leaves, and opens the channel again. False if the agent is not there any more.
    pub async fn reopen(&mut self) -> bool {
        self.leave().await;
        self.stream = None;
        self.closed_untold = false;
        self.outgoing = Outgoing::new();
        self.stream = connect(&self.path, self.start_timeout).await.ok();
        self.stream.is_some()
    }

    fn give_up(&mut self) -> Flush {
        self.closed_untold = false;
        self.outgoing = Outgoing::new();
        Flush::Stuck
    }

    /// Moves bytes once, each way.
    async fn step(&mut self, deadline: Instant) -> Step {
        let Some(stream) = &self.stream else {
            sleep_until(deadline).await;
            return Step::TimedOut;
        };
        if self.outgoing.left().is_empty() {
            return self.wait(deadline).await;
        }
        let ready = match timeout_at(deadline, stream.ready(Interest::READABLE | Interest::WRITABLE)).await {
            Ok(Ok(ready)) => ready,
            Ok(Err(_)) => return self.close(),
            Err(_) => return Step::TimedOut,
        };
        if ready.is_writable() {
            self.give();
        }
        match ready.is_readable() {
            true => self.take(),
            false => Step::Other,
        }
    }

    /// Waits for bytes. After a read that does not fill the buffer this does not ask the
    /// system once more whether there are others, as [`Socket::take`] would.
    async fn wait(&mut self, deadline: Instant) -> Step {
        let Some(stream) = &mut self.stream else {
            return Step::Closed;
        };
        let mut buffer = ReadBuf::new(&mut self.buffer);
        let read = std::future::poll_fn(|context| Pin::new(&mut *stream).poll_read(context, &mut buffer));
        match timeout_at(deadline, read).await {
            Err(_) => Step::TimedOut,
            Ok(Ok(())) if buffer.filled().is_empty() => self.close(),
            Ok(Ok(())) => Step::Came(buffer.filled().to_vec()),
            Ok(Err(error)) if is_passing(&error) => Step::Other,
            Ok(Err(_)) => self.close(),
        }
    }

    fn give(&mut self) {
        let Some(stream) = &self.stream else { return };
        let left = self.outgoing.left();
        match stream.try_write(&left[..left.len().min(self.chunk)]) {
            Ok(count) => self.outgoing.was_sent(count),
            Err(error) if is_passing(&error) => {}
            Err(_) => self.outgoing.refuse(),
        }
    }

    fn take(&mut self) -> Step {
        let Some(stream) = &self.stream else {
            return Step::Closed;
        };
        match stream.try_read(&mut self.buffer) {
            Ok(0) => self.close(),
            Ok(count) => Step::Came(self.buffer[..count].to_vec()),
            Err(error) if is_passing(&error) => Step::Other,
            Err(_) => self.close(),
        }
    }

    fn close(&mut self) -> Step {
        self.stream = None;
        self.closed_untold = true;
        Step::Closed
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl Outgoing {
    fn new() -> Outgoing {
        Outgoing {
            bytes: Vec::new(),
            sent: 0,
            headway: Instant::now(),
            refused: false,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..std::mem::take(&mut self.sent));
        self.bytes.extend_from_slice(bytes);
        self.headway = Instant::now();
    }

    fn left(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    fn is_waiting(&self) -> bool {
        self.refused || self.sent < self.bytes.len()
    }

    fn was_sent(&mut self, count: usize) {
        self.sent += count;
        self.headway = Instant::now();
        if self.sent == self.bytes.len() {
            self.bytes.clear();
            self.sent = 0;
        }
    }

    fn refuse(&mut self) {
        *self = Outgoing {
            refused: true,
            ..Outgoing::new()
        };
    }
}

/// Connects to a socket whose listener may be busy for a moment.
///
/// # Errors
/// The system's, once `patience` is over or when trying again cannot help.
pub(super) async fn connect(path: &Path, patience: Duration) -> io::Result<UnixStream> {
    let deadline = Instant::now() + patience;
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => sleep(RETRY).await,
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const PATIENCE: Duration = Duration::from_millis(300);

    /// A channel and its other end.
    fn pair(chunk: Option<usize>) -> (Socket, UnixStream) {
        let (near, far) = UnixStream::pair().expect("a pair of sockets");
        let chunk = chunk.and_then(NonZeroUsize::new);
        (
            Socket::new(PathBuf::from("/nowhere/socket"), near, chunk, PATIENCE),
            far,
        )
    }

    #[tokio::test]
    async fn what_was_said_before_the_end_is_not_lost() {
        let (mut socket, mut far) = pair(None);
        far.write_all(b"last").await.expect("it takes bytes");
        drop(far);
        let until = socket.now() + PATIENCE;
        assert_eq!(socket.read(until).await, Arrival::Bytes(b"last".to_vec()));
        assert_eq!(socket.read(until).await, Arrival::Closed);
        assert_eq!(socket.read(until).await, Arrival::Nothing, "the end is told once");
        assert!(socket.now() >= until);
        assert!(!socket.reopen().await, "nobody listens");
    }

    #[tokio::test]
    async fn what_was_said_is_not_lost_to_a_write_that_fails() {
        let (mut socket, mut far) = pair(None);
        far.write_all(b"last").await.expect("it takes bytes");
        drop(far);
        socket.queue(b"request");
        assert_eq!(socket.flush(PATIENCE).await, Flush::Bytes(b"last".to_vec()));
        assert_eq!(socket.flush(PATIENCE).await, Flush::Stuck);
    }

    #[tokio::test]
    async fn who_never_reads_is_given_up_even_if_he_talks() {
        for talks in [false, true] {
            let (mut socket, far) = pair(None);
            let (_reader, mut writer) = far.into_split();
            let talker = tokio::spawn(async move { while talks && writer.write_all(&[b'x'; 4096]).await.is_ok() {} });
            socket.queue(&vec![b' '; 8 << 20]);
            let began = Instant::now();
            while let Flush::Bytes(_) = socket.flush(PATIENCE).await {}
            assert!(began.elapsed() < PATIENCE * 10, "{:?}", began.elapsed());
            talker.abort();
        }
    }

    #[tokio::test]
    async fn all_is_sent_however_it_is_cut() {
        for chunk in [None, Some(1), Some(7)] {
            let (mut socket, mut far) = pair(chunk);
            let sent: Vec<u8> = (0..50_000).map(|it: u32| it.to_le_bytes()[0]).collect();
            let expected = sent.clone();
            let reader = tokio::spawn(async move {
                let mut received = vec![0; expected.len()];
                far.read_exact(&mut received).await.expect("all of it");
                assert!(received == expected);
            });
            socket.queue(&sent);
            assert_eq!(socket.flush(PATIENCE).await, Flush::Sent);
            reader.await.expect("the reader is content");
        }
    }
}
