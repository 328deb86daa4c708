//! The folders of a run: one for each script in a folder of the run's own, gone
//! when the script ends. A spawned agent has its socket and its state there.

use crate::status::Problem;
use crate::target::live;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// The longest path a unix socket can have, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// What the names of all folders of this program begin with.
const PREFIX: &str = "qga-";

/// A folder with a numbered folder for each script. It goes when it is dropped.
#[derive(Debug)]
pub struct Numbered {
    root: TempDir,
    count: AtomicU32,
}

/// A folder that goes, with all that is in it, when it is dropped.
#[derive(Debug)]
pub struct Passing(PathBuf);

/// The folders of a run that spawns its agents.
#[derive(Debug)]
pub struct RunFolder {
    agents: Numbered,
    /// Where scratch folders are made instead, if so asked.
    scratch: Option<Numbered>,
}

/// The folders of one spawned agent.
#[derive(Debug)]
pub struct Place {
    /// Where the agent must listen.
    pub socket: PathBuf,
    /// An empty folder for its state.
    pub state: PathBuf,
    /// An empty folder for the script's files.
    pub scratch: PathBuf,
    /// A text no other agent of this machine has.
    pub mark: String,
    _folders: (Passing, Option<Passing>),
}

impl Numbered {
    /// A new folder in `parent`.
    ///
    /// # Errors
    /// It cannot be made, or its name is no UTF-8 and cannot stand in a request.
    pub fn in_folder(parent: &Path) -> Result<Numbered, Problem> {
        let root = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent)
            .map_err(|it| unmade(parent, &it))?;
        if root.path().to_str().is_none() {
            return Err(unmade(parent, &io::Error::other("its name is no UTF-8")));
        }
        live::remember_folder(root.path().to_owned());
        Ok(Numbered {
            root,
            count: AtomicU32::new(0),
        })
    }

    /// The next folder in it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn next(&self) -> Result<Passing, Problem> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let folder = Passing(self.root.path().join(number.to_string()));
        fs::create_dir(&folder.0).map_err(|error| unmade(&folder.0, &error))?;
        Ok(folder)
    }
}

impl Passing {
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl RunFolder {
    /// A new folder in the system's folder for temporary files.
    ///
    /// # Errors
    /// It cannot be made, or sockets in it would have too long a path.
    pub fn new(scratch: Option<&Path>) -> Result<RunFolder, Problem> {
        let parent = std::env::temp_dir();
        let agents = Numbered::in_folder(&parent)?;
        if longest_socket(&agents).as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            let what = format!("the path of {} is too long for a unix socket in it", parent.display());
            return Err(Problem::usage(
                what,
                "set TMPDIR to a folder with a shorter path, such as /tmp",
            ));
        }
        let scratch = scratch.map(Numbered::in_folder).transpose()?;
        Ok(RunFolder { agents, scratch })
    }

    /// The folders of the next agent.
    ///
    /// # Errors
    /// They cannot be made.
    pub fn place(&self) -> Result<Place, Problem> {
        let folder = self.agents.next()?;
        let elsewhere = self.scratch.as_ref().map(Numbered::next).transpose()?;
        let scratch = elsewhere
            .as_ref()
            .map_or_else(|| folder.path().join("tmp"), |it| it.path().to_owned());
        let state = folder.path().join("state");
        for made in [&state, &scratch] {
            fs::create_dir_all(made).map_err(|error| unmade(made, &error))?;
        }
        let socket = socket_in(folder.path());
        let mark = folder.path().display().to_string();
        Ok(Place {
            socket,
            state,
            scratch,
            mark,
            _folders: (folder, elsewhere),
        })
    }
}

fn socket_in(folder: &Path) -> PathBuf {
    folder.join("s")
}

fn longest_socket(agents: &Numbered) -> PathBuf {
    socket_in(&agents.root.path().join(u32::MAX.to_string()))
}

fn unmade(folder: &Path, error: &io::Error) -> Problem {
    let what = format!("cannot make a folder in {}: {error}", folder.display());
    Problem::usage(what, "name another folder with --scratch, or in TMPDIR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_gets_folders_of_its_own_and_they_go() {
        let folder = RunFolder::new(None).expect("a folder");
        let (first, second) = (folder.place().expect("a place"), folder.place().expect("a place"));
        assert_ne!(first.socket, second.socket);
        assert_ne!(first.mark, second.mark);
        assert!(first.state.is_dir() && first.scratch.is_dir() && !first.socket.exists());
        fs::write(first.scratch.join("file"), "x").expect("a file");
        let gone = first.scratch.clone();
        drop(first);
        assert!(!gone.exists());
        let root = folder.agents.root.path().to_owned();
        drop((second, folder));
        assert!(!root.exists());
    }

    #[test]
    fn scratch_folders_can_be_elsewhere() {
        let elsewhere = TempDir::new().expect("a folder");
        let folder = RunFolder::new(Some(elsewhere.path())).expect("a folder");
        let place = folder.place().expect("a place");
        assert!(place.scratch.starts_with(elsewhere.path()));
        assert!(!place.state.starts_with(elsewhere.path()));
        drop((place, folder));
        assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = Numbered::in_folder(Path::new("/nowhere/at/all")).expect_err("no such folder");
        assert!(error.what.contains("/nowhere/at/all"), "{error}");
    }
}
