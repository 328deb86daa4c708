//! The agent's state folder, which a session's shell lines and its clients can look
//! into.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use qga_model::guest::Guest;
use qga_model::guest::accounts::Credentials;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::task::Descriptors;
use qga_model::state_dir::{FROZEN_MARKER, STATE_FILE, StateDir};

/// The files an agent keeps, with their permissions.
const FILES: [(&str, u16); 2] = [(STATE_FILE, 0o644), (FROZEN_MARKER, 0o600)];

type Files = BTreeMap<String, Vec<u8>>;

/// A state folder that outlives its agent.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedDir {
    kept: Arc<Mutex<Kept>>,
}

/// What the agent has kept, and what of it lies in the guest.
#[derive(Debug, Default)]
struct Kept {
    files: Files,
    laid: Files,
}

impl SharedDir {
    /// Lays what the agent has kept since into `folder`, where the guest finds it.
    pub(super) fn lay(&self, guest: &mut Guest, folder: &str) {
        on_files(guest, |sys| {
            let mut kept = self.lock();
            for (name, mode) in FILES {
                let path = path(folder, name);
                let (now, laid) = (kept.files.get(name).cloned(), kept.laid.get(name));
                if now.as_ref() != laid {
                    // A new file takes the old one's place; a line that looks for one
                    // that could not be laid says so itself.
                    let _ = sys.unlink(path.as_bytes());
                    let _ = now.map(|content| sys.write_file_whole(path.as_bytes(), &content, mode));
                }
            }
            kept.laid = kept.files.clone();
        });
    }

    /// Takes what others have made of the files there.
    pub(super) fn take(&self, guest: &mut Guest, folder: &str) {
        on_files(guest, |sys| {
            let read = |(name, _): (&str, _)| {
                let content = sys.read_file(path(folder, name).as_bytes());
                content.ok().map(|it| (name.to_owned(), it))
            };
            let files: Files = FILES.into_iter().filter_map(read).collect();
            let mut kept = self.lock();
            kept.laid.clone_from(&files);
            kept.files = files;
        });
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(folder: &str, name: &str) -> String {
    format!("{folder}/{name}")
}

/// Does something with the guest's files, as the superuser.
pub(super) fn on_files<T>(guest: &mut Guest, act: impl FnOnce(&mut Syscalls<'_>) -> T) -> T {
    let mut task = guest
        .fs
        .new_task(Credentials::default(), 0o022, Descriptors::new(3, 64));
    let done = act(&mut guest.fs.calls(&mut task));
    guest.end_task(task);
    done
}

impl StateDir for SharedDir {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().files.get(name).cloned()
    }

    fn write(&mut self, name: &str, content: &[u8]) -> bool {
        self.lock().files.insert(name.to_owned(), content.to_vec());
        true
    }

    fn remove(&mut self, name: &str) {
        self.lock().files.remove(name);
    }
}
