//! The form of a recording: one session of a client with a real agent a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qga_fixtures::schema::Release;
use serde::{Deserialize, Deserializer};

/// One session on a fresh agent.
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    /// What it is called, the same for every release.
    pub(super) name: String,
    /// Its family.
    pub(super) topic: String,
    /// What the agent said it was.
    agent_version: String,
    /// The release the agent was of, by the name the file has for it.
    #[serde(skip)]
    pub(super) release: String,
    /// The agent's arguments.
    pub(super) args: Vec<String>,
    /// What was set in its environment.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Shell lines that were run in its folder before it started.
    #[serde(default)]
    pub(super) setup: String,
    /// The user it ran as.
    #[serde(default)]
    pub(super) user: u32,
    /// How the agent ended: 0 if it did so when it was told to.
    pub(super) exit: Option<i32>,
    /// What was done, in order.
    pub(super) steps: Vec<Step>,
}

impl Session {
    /// Whether the agent did not come up at all.
    pub(super) fn failed_to_start(&self) -> bool {
        self.steps.iter().any(|it| it.op == Op::StartFailed)
    }
}

/// One thing that was done, and what was seen then.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    /// What it was.
    pub(super) op: Op,
    /// Which client did it.
    #[serde(default)]
    pub(super) conn: u32,
    /// The bytes sent: all of them, or the first of them.
    #[serde(default, rename = "send_b64", deserialize_with = "base64")]
    pub(super) send: Vec<u8>,
    /// How many they were if these are only the first.
    pub(super) send_len: Option<usize>,
    /// The digest of all of them.
    pub(super) send_sha256: Option<String>,
    /// The bytes received: all of them, or the first of them.
    #[serde(default, rename = "recv_b64", deserialize_with = "base64")]
    pub(super) recv: Vec<u8>,
    /// How many they were if these are only the first.
    pub(super) recv_len: Option<usize>,
    /// The digest of all of them.
    pub(super) recv_sha256: Option<String>,
    /// The last of them.
    #[serde(default, rename = "recv_tail_b64", deserialize_with = "base64")]
    pub(super) recv_tail: Vec<u8>,
    /// Whether the agent had closed the connection by then.
    #[serde(default)]
    pub(super) closed: bool,
    /// How long a `sleep` was, in seconds.
    #[serde(default)]
    pub(super) secs: f64,
    /// The line of an `sh`.
    #[serde(default)]
    pub(super) cmd: String,
    /// What it printed, both streams together.
    #[serde(default, rename = "out_b64", deserialize_with = "base64")]
    pub(super) out: Vec<u8>,
    /// The number of a `sig`.
    #[serde(default)]
    pub(super) sig: i32,
    /// How the agent ended by it; nothing if it did not.
    pub(super) exit: Option<i32>,
    /// Whether the agent came up again after a `restart`.
    pub(super) started: Option<bool>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Op {
    /// Bytes out, then everything is read until it is quiet.
    Send,
    /// Everything is read until it is quiet.
    Recv,
    /// A client connects.
    Connect,
    /// A client goes away.
    Close,
    /// A client says that it will send no more.
    Shut,
    /// Time passes.
    Sleep,
    /// A shell line is run beside.
    Sh,
    /// The agent gets a signal.
    Sig,
    /// The agent is ended and started anew.
    Restart,
    /// The agent did not start at all.
    StartFailed,
}

fn base64<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

/// The sessions of a file in its order.
pub(super) fn read(path: &Path) -> Result<Vec<Session>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = BufReader::new(file).lines().enumerate();
    let mut sessions = Vec::new();
    for (number, line) in lines {
        let place = || format!("{}:{}", path.display(), number + 1);
        let line = line.with_context(place)?;
        if !line.trim().is_empty() {
            let mut session: Session = serde_json::from_str(&line).with_context(place)?;
            session.release = release(path, &session.agent_version);
            sessions.push(session);
        }
    }
    Ok(sessions)
}

/// Early agents all said that they were 1.0, so the file's name counts first.
fn release(path: &Path, agent_version: &str) -> String {
    let file = path.file_stem().unwrap_or_default().to_string_lossy();
    let named = file.strip_prefix("qemu-ga-").and_then(Release::find);
    let found = named.or_else(|| Release::find(agent_version));
    found.map_or_else(|| agent_version.to_owned(), |it| it.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        named("agent.jsonl", text)
    }

    fn named(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    const SESSION: &str = r#"{"name": "ping", "topic": "framing", "agent_version": "7.2.22", "args": ["-v"],
        "env": {"TZ": "UTC"}, "setup": "", "ns": false, "user": 0, "exit": 0, "steps": [
        {"op": "send", "conn": 0, "chunks": 1, "send_b64": "e30=", "recv_b64": "Cg==", "closed": false, "t": "<50ms"},
        {"op": "start-failed", "rc": 1}]}"#;

    #[test]
    fn a_session_is_read_with_its_bytes() {
        let (_folder, path) = file(&format!("{}\n\n", SESSION.replace('\n', "")));
        let sessions = read(&path).unwrap();
        assert_eq!((sessions.len(), sessions[0].steps.len()), (1, 2));
        let step = &sessions[0].steps[0];
        assert_eq!(
            (step.op, step.send.as_slice(), step.recv.as_slice()),
            (Op::Send, &b"{}"[..], &b"\n"[..])
        );
        assert_eq!(sessions[0].steps[1].op, Op::StartFailed);
    }

    #[test]
    fn the_release_is_the_files_or_else_the_agents() {
        for (name, release) in [
            ("qemu-ga-0.15.jsonl", "0.15"),
            ("mine.jsonl", "7.2"),
            ("qemu-ga-99.jsonl", "7.2"),
        ] {
            let (_folder, path) = named(name, &SESSION.replace('\n', ""));
            assert_eq!(read(&path).unwrap()[0].release, release, "{name}");
        }
    }

    #[test]
    fn a_broken_line_is_named_by_its_place() {
        for broken in ["{", r#"{"name": 1}"#, &SESSION.replace('\n', "").replace("e30=", "e30")] {
            let (_folder, path) = file(&format!("{}\n{broken}\n", SESSION.replace('\n', "")));
            let error = read(&path).unwrap_err().to_string();
            assert!(error.ends_with("agent.jsonl:2"), "{error}");
        }
    }
}
