//! Scratch folders for a connected agent. Where it sees the same files as this
//! program, the folders are made here; where it does not, as in a virtual machine,
//! it is asked to make them itself. A spawned agent that does not see them has files
//! of its own, which are as fresh as it is.

use super::stage::SIMULATED_SCRATCH;
use crate::exchange::Exchange;
use crate::target::place::{Numbered, Passing};
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// The file by which a shared folder is known.
const PROBE: &str = "probe";
/// Where an agent with files of its own may make some: on POSIX systems and on Windows.
const OWN_FOLDERS: [&str; 2] = [SIMULATED_SCRATCH, "/Windows/Temp"];
/// How often a program that the agent runs is asked for before it is given up.
const STATUS_ROUNDS_MAX: usize = 100;
/// The time between two such questions.
const STATUS_ROUND: Duration = Duration::from_millis(20);

/// Where scripts make their files.
#[derive(Debug)]
pub enum Scratch {
    /// In folders of this machine, which the agent sees too.
    Shared(Numbered),
    /// In folders that the agent makes with guest-exec.
    Remote(Remote),
}

/// Folders that the agent makes.
#[derive(Debug)]
pub struct Remote {
    prefix: String,
    count: AtomicU32,
}

impl Remote {
    /// Folders in a folder of the agent's machine.
    pub fn in_folder(folder: &str) -> Remote {
        Remote {
            prefix: unique_path(folder),
            count: AtomicU32::new(0),
        }
    }

    /// Has the agent make the next folder; `None` if it cannot.
    pub async fn make(&self, exchange: &mut Exchange<'_>) -> Option<String> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let folder = format!("{}-{number}", self.prefix);
        runs(exchange, "mkdir", &[&folder]).await.then_some(folder)
    }

    /// Has the agent remove a folder that it made.
    pub async fn remove(exchange: &mut Exchange<'_>, folder: &str) -> bool {
        runs(exchange, "rm", &["-rf", folder]).await
    }
}

/// The beginning of paths in a folder that nobody else has.
fn unique_path(folder: &str) -> String {
    let age = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let unique = u64::from(std::process::id()) ^ u64::from(age.subsec_nanos()) << 20;
    format!("{}/qga-{unique:x}", folder.trim_end_matches('/'))
}

/// The folder for an agent that was started here and has files of its own, as a
/// simulated one has, or one in a container: it cannot make a file in the folder that
/// was made for it, and can make one elsewhere that is not on this machine.
pub async fn own_scratch(exchange: &mut Exchange<'_>, folder: &str) -> Option<&'static str> {
    if makes_file(exchange, &format!("{folder}/{PROBE}")).await {
        return None;
    }
    for folder in OWN_FOLDERS {
        let elsewhere = format!("{}-{PROBE}", unique_path(folder));
        let is_made = makes_file(exchange, &elsewhere).await;
        let is_here = fs::remove_file(&elsewhere).is_ok();
        if is_made {
            return (!is_here).then_some(folder);
        }
    }
    None
}

/// Whether the agent opens a file there for writing.
pub async fn makes_file(exchange: &mut Exchange<'_>, path: &str) -> bool {
    let opened = exchange
        .returned("guest-file-open", json!({"path": path, "mode": "w"}))
        .await;
    let Some(handle) = opened else { return false };
    exchange.returned("guest-file-close", json!({"handle": handle})).await;
    true
}

/// Whether the agent can read what this program wrote to the folder.
pub async fn is_shared(exchange: &mut Exchange<'_>, folder: &Passing) -> bool {
    let path = folder.path().join(PROBE);
    let token = path.display().to_string();
    if fs::write(&path, &token).is_err() {
        return false;
    }
    let opened = exchange
        .returned("guest-file-open", json!({"path": token, "mode": "r"}))
        .await;
    let Some(handle) = opened else { return false };
    let read = exchange.returned("guest-file-read", json!({"handle": handle})).await;
    exchange.returned("guest-file-close", json!({"handle": handle})).await;
    // A folder of that random name with a file in it is nobody else's: how many
    // bytes the file has is proof enough that it is this one.
    read.is_some_and(|it| it["count"] == json!(token.len()))
}

/// Has the agent run a program and says whether it ended well.
async fn runs(exchange: &mut Exchange<'_>, program: &str, words: &[&str]) -> bool {
    let started = exchange
        .returned("guest-exec", json!({"path": program, "arg": words}))
        .await;
    let Some(pid) = started.map(|it| it["pid"].clone()).filter(Value::is_i64) else {
        return false;
    };
    for _ in 0..STATUS_ROUNDS_MAX {
        let status = exchange
            .returned("guest-exec-status", json!({"pid": pid}))
            .await
            .unwrap_or_default();
        match status["exited"].as_bool() {
            Some(true) => return status["exitcode"] == 0,
            Some(false) => tokio::time::sleep(STATUS_ROUND).await,
            None => return false,
        }
    }
    false
}
