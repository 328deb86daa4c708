//! The agent's state folder, which a session's shell lines can look into.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use qga_model::guest::Guest;
use qga_model::guest::accounts::Credentials;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::task::Descriptors;
use qga_model::state_dir::{FROZEN_MARKER, STATE_FILE, StateDir};

/// A state folder that outlives its agent.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedDir {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl SharedDir {
    /// Lays its files into `folder`, where a shell finds them.
    pub(super) fn show(&self, guest: &mut Guest, folder: &str) {
        on_files(guest, |sys| {
            for (name, content) in self.lock().iter() {
                // A line that looks for a file which could not be laid says so itself.
                let _ = sys.write_file_whole(path(folder, name).as_bytes(), content, 0o644);
            }
        });
    }

    /// Takes what a shell has left of them there.
    pub(super) fn take_back(&self, guest: &mut Guest, folder: &str) {
        on_files(guest, |sys| {
            let mut files = self.lock();
            files.clear();
            for name in [STATE_FILE, FROZEN_MARKER] {
                let path = path(folder, name);
                if let Ok(content) = sys.read_file(path.as_bytes()) {
                    files.insert(name.to_owned(), content);
                    let _ = sys.unlink(path.as_bytes());
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(folder: &str, name: &str) -> String {
    format!("{folder}/{name}")
}

fn on_files(guest: &mut Guest, act: impl FnOnce(&mut Syscalls<'_>)) {
    let mut task = guest
        .fs
        .new_task(Credentials::default(), 0o022, Descriptors::new(3, 64));
    act(&mut guest.fs.calls(&mut task));
    guest.end_task(task);
}

impl StateDir for SharedDir {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().get(name).cloned()
    }

    fn write(&mut self, name: &str, content: &[u8]) -> bool {
        self.lock().insert(name.to_owned(), content.to_vec());
        true
    }

    fn remove(&mut self, name: &str) {
        self.lock().remove(name);
    }
}
