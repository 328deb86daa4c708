//! What an agent reads of itself in /proc: of the kernel's making, and of the
//! process that was recorded.
//!
//! Only replies with such bytes are told apart here. Opening, seeking and closing
//! these files is like that of any other, and compared.

use serde_json::Value;

use crate::text::contains;

/// Where a process finds itself.
const OWN_PROCESS: &[u8] = b"/proc/self/";

const OPEN: &[u8] = b"\"guest-file-open\"";
const READ: &[u8] = b"\"guest-file-read\"";

/// The handles of files that tell of the agent's own process.
#[derive(Debug, Default)]
pub(super) struct OwnFiles {
    handles: Vec<i64>,
}

impl OwnFiles {
    /// Takes note of the handle that a file of its own process was opened as.
    pub(super) fn note(&mut self, request: &[u8], reply: &[u8]) {
        if contains(request, OPEN) && contains(request, OWN_PROCESS) {
            let reply = serde_json::from_slice::<Value>(reply).ok();
            self.handles.extend(reply.and_then(|it| it["return"].as_i64()));
        }
    }

    /// Whether the request reads such a file.
    pub(super) fn were_read(&self, request: &[u8]) -> bool {
        let handle = || serde_json::from_slice::<Value>(request).ok()?["arguments"]["handle"].as_i64();
        contains(request, READ) && handle().is_some_and(|it| self.handles.contains(&it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/proc/self/status", "{\"return\": 1000}\n", "guest-file-read", 1000, true)]
    #[case("/proc/self/status", "{\"return\": 1000}\n", "guest-file-read", 1001, false)]
    #[case("/proc/self/status", "{\"return\": 1000}\n", "guest-file-seek", 1000, false)]
    #[case("/proc/self/status", "{\"return\": 1000}\n", "guest-file-close", 1000, false)]
    #[case("/proc/self/status", "{\"error\": {}}\n", "guest-file-read", 1000, false)]
    #[case("/proc/version", "{\"return\": 1000}\n", "guest-file-read", 1000, false)]
    fn only_reading_such_a_file_is_told_apart(
        #[case] path: &str,
        #[case] reply: &str,
        #[case] command: &str,
        #[case] handle: i64,
        #[case] told_apart: bool,
    ) {
        let mut files = OwnFiles::default();
        let open = format!("{{\"execute\": \"guest-file-open\", \"arguments\": {{\"path\": \"{path}\"}}}}\n");
        files.note(open.as_bytes(), reply.as_bytes());
        let request = format!("{{\"execute\": \"{command}\", \"arguments\": {{\"handle\": {handle}}}}}\n");
        assert_eq!(files.were_read(request.as_bytes()), told_apart);
    }
}
