//! The last words of an agent: the end of what it wrote to its output and error
//! streams, however much that was.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Bytes of an agent's output that are kept, the latest.
pub(super) const TAIL_BYTES_MAX: usize = 8 * 1024;
/// How long the end of the pipe is waited for when the agent has ended.
const FINISH_MAX: Duration = Duration::from_millis(200);
/// Bytes read from the pipe at a time.
const READ_BYTES: usize = 64 * 1024;

/// Reads a pipe to its end and keeps the last of it.
#[derive(Debug)]
pub(super) struct Tail {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Tail {
    /// Begins to read.
    pub(super) fn of(pipe: OwnedFd) -> io::Result<Tail> {
        let receiver = pipe::Receiver::from_owned_fd(pipe)?;
        let kept = Arc::new(Mutex::new(Vec::new()));
        let reader = tokio::spawn(read(receiver, Arc::clone(&kept)));
        Ok(Tail { kept, reader })
    }

    /// Waits for the end of the pipe, but not for somebody who keeps it open.
    pub(super) async fn finish(&mut self) {
        let _ = timeout(FINISH_MAX, &mut self.reader).await;
    }

    /// What is kept so far, as text.
    pub(super) fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).trim_end().to_owned()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(receiver: pipe::Receiver, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; READ_BYTES];
    while receiver.readable().await.is_ok() {
        match receiver.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => keep(
                &mut kept.lock().unwrap_or_else(PoisonError::into_inner),
                &buffer[..count],
            ),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

/// Adds bytes and forgets the oldest, so that [`TAIL_BYTES_MAX`] is never exceeded.
fn keep(kept: &mut Vec<u8>, new: &[u8]) {
    let new = &new[new.len().saturating_sub(TAIL_BYTES_MAX)..];
    let too_many = (kept.len() + new.len()).saturating_sub(TAIL_BYTES_MAX);
    kept.drain(..too_many);
    kept.extend_from_slice(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let mut kept = Vec::new();
        keep(&mut kept, b"first ");
        assert_eq!(kept, b"first ");
        keep(&mut kept, &vec![b'x'; TAIL_BYTES_MAX - 2]);
        assert_eq!(kept.len(), TAIL_BYTES_MAX);
        assert!(kept.starts_with(b"t xx"), "the oldest bytes go first");
        keep(&mut kept, &vec![b'y'; 3 * TAIL_BYTES_MAX]);
        assert_eq!(kept, vec![b'y'; TAIL_BYTES_MAX]);
    }
}
