//! The agent's state folder on disk.

use qga_model::state_dir::{FROZEN_MARKER, StateDir};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Anybody may read the counter, as GLib writes it.
const STATE_MODE: u32 = 0o644;
/// The marker is the owner's.
const MARKER_MODE: u32 = 0o600;

/// A folder on disk. It is not made if it is missing.
#[derive(Clone, Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// The folder at a path; nothing is looked at yet.
    pub(crate) fn new(path: impl Into<PathBuf>) -> StateFolder {
        StateFolder { path: path.into() }
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Why the marker of a freeze cannot be looked for, if it cannot.
    pub(crate) fn check_marker(&self) -> io::Result<()> {
        match fs::metadata(self.file(FROZEN_MARKER)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The file that becomes a file of this name.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.{}", std::process::id()))
    }

    /// Replaces a file at once: it is there before and after whole, never half.
    pub(crate) fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let fresh = self.fresh(name);
        let mode = if name == FROZEN_MARKER { MARKER_MODE } else { STATE_MODE };
        let written = write_new(&fresh, mode, content).and_then(|()| fs::rename(&fresh, self.file(name)));
        if written.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        written
    }
}

fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content)
}

impl StateDir for StateFolder {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.file(name)).ok()
    }

    fn write(&mut self, name: &str, content: &[u8]) -> bool {
        self.replace(name, content).is_ok()
    }

    fn remove(&mut self, name: &str) {
        // Like the real agent: what is not there need not be removed, and what
        // cannot be removed stays.
        let _ = fs::remove_file(self.file(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qga_model::state_dir::STATE_FILE;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_are_kept_with_their_modes_and_nothing_else_is_left() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = StateFolder::new(root.path());
        assert_eq!(folder.read(STATE_FILE), None);
        assert!(folder.write(STATE_FILE, b"one") && folder.write(STATE_FILE, b"two"));
        assert!(folder.write(FROZEN_MARKER, b""));
        assert_eq!(folder.read(STATE_FILE).as_deref(), Some(&b"two"[..]));
        assert_eq!(mode(&root.path().join(STATE_FILE)) & 0o600, 0o600);
        assert_eq!(mode(&root.path().join(FROZEN_MARKER)), 0o600);
        folder.remove(FROZEN_MARKER);
        folder.remove(FROZEN_MARKER);
        let left: Vec<_> = fs::read_dir(root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, [STATE_FILE]);
    }

    #[test]
    fn a_folder_that_is_missing_or_none_is_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let mut missing = StateFolder::new(root.path().join("missing"));
        assert!(missing.check_marker().is_ok());
        assert!(!missing.write(STATE_FILE, b""));
        fs::write(root.path().join("file"), b"").unwrap();
        let file = StateFolder::new(root.path().join("file"));
        assert_eq!(file.check_marker().unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }
}
