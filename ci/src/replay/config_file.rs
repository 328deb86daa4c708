//! The agent's configuration file: the session's arguments name it in the guest, the
//! simulator reads it from a real one.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use super::recording::Session;

/// The variable that names the configuration file.
const VARIABLE: &str = "QGA_CONF";

/// The option that names it, and its long name.
const OPTION: (&str, &str) = ("-c", "--config");

/// Where the agent finds its configuration.
pub(super) struct ConfigFile {
    /// What the session calls it, if it names one.
    pub(super) guest_path: Option<String>,
    /// The session's arguments with the real path instead.
    pub(super) arguments: Vec<OsString>,
    /// Whether the variable names it.
    by_variable: bool,
    folder: tempfile::TempDir,
}

impl ConfigFile {
    /// The file of a session, which nobody has written yet.
    pub(super) fn new(session: &Session) -> io::Result<ConfigFile> {
        let variable = session.env.get(VARIABLE).cloned();
        let mut file = ConfigFile {
            by_variable: variable.is_some(),
            guest_path: variable,
            arguments: Vec::new(),
            folder: tempfile::tempdir()?,
        };
        let mut is_value = false;
        for argument in &session.args {
            let argument = file.argument(argument, is_value);
            is_value = argument == OPTION.0 || argument == OPTION.1;
            file.arguments.push(argument.into());
        }
        Ok(file)
    }

    /// An argument, with the real path if it names the file.
    fn argument(&mut self, argument: &str, is_value: bool) -> String {
        let joined = format!("{}=", OPTION.1);
        let (before, path) = if is_value {
            ("", argument)
        } else if let Some(path) = argument.strip_prefix(&joined) {
            (joined.as_str(), path)
        } else if let Some(path) = argument.strip_prefix(OPTION.0).filter(|it| !it.is_empty()) {
            (OPTION.0, path)
        } else {
            return argument.to_owned();
        };
        self.guest_path = Some(path.to_owned());
        format!("{before}{}", self.real_path().display())
    }

    /// The file that the simulator reads.
    pub(super) fn real_path(&self) -> PathBuf {
        self.folder.path().join("qemu-ga.conf")
    }

    /// A variable of the agent's environment.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        (name == VARIABLE && self.by_variable).then(|| self.real_path().into_os_string())
    }
}
