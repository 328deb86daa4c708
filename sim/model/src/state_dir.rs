//! The agent's state folder: two small files that outlive the process.
//!
//! The model reaches it through a trait, because it is the one thing that must
//! really be kept: in memory for tests, on disk for the simulator.

use std::collections::BTreeMap;

/// The file with the handle counter.
pub const STATE_FILE: &str = "qga.state";
/// The empty file that says the filesystems are frozen.
pub const FROZEN_MARKER: &str = "qga.state.isfrozen";

/// A folder of small files by name.
pub trait StateDir: Send {
    /// The content of a file; `None` if it is missing or cannot be read.
    fn read(&self, name: &str) -> Option<Vec<u8>>;
    /// Replaces a file; false if that failed.
    fn write(&mut self, name: &str, content: &[u8]) -> bool;
    /// Removes a file if it is there.
    fn remove(&mut self, name: &str);
}

/// A state folder in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStateDir {
    files: BTreeMap<String, Vec<u8>>,
    read_only: bool,
}

impl MemoryStateDir {
    /// An empty folder.
    pub fn new() -> MemoryStateDir {
        MemoryStateDir::default()
    }

    /// Makes every later write fail, or succeed again.
    pub fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }
}

impl StateDir for MemoryStateDir {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.files.get(name).cloned()
    }

    fn write(&mut self, name: &str, content: &[u8]) -> bool {
        match self.files.get_mut(name) {
            _ if self.read_only => return false,
            Some(kept) => content.clone_into(kept),
            None => drop(self.files.insert(name.to_owned(), content.to_vec())),
        }
        true
    }

    fn remove(&mut self, name: &str) {
        if !self.read_only {
            self.files.remove(name);
        }
    }
}
