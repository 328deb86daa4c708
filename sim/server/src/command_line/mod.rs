//! The command line: qemu-ga's own, as the emulated release reads it, with the
//! simulator's own options beside it.
//!
//! Reading it has no effect but that of looking at the configuration file it
//! names; what it leads to is a value.

mod getopt;
mod help;
mod key_file;
mod options;
mod own;
mod settings;

pub(crate) use help::deviations;
pub(crate) use key_file::KeyFile;
pub use own::{Clients, DEFAULT_GUEST, DEFAULT_RELEASE, Environment};
pub(crate) use own::{Deviate, Own};
pub(crate) use settings::Settings;

use crate::exit;
use crate::os_error::reason;
use getopt::{Item, Reader, Table};
use options::Opt;
use qga_fixtures::schema::{BlockHelp, Release};
use qga_model::Config;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// The variable that names the configuration file.
const CONFIG_VARIABLE: &str = "QGA_CONF";

/// What a command line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What is said on the way, in order.
    pub(crate) notes: Vec<Note>,
    /// What is to be done.
    pub(crate) then: Then,
}

/// Something for standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A mistake among the options; the program's name goes before it.
    Option(Vec<u8>),
    /// What GLib says before the agent has a log of its own.
    Early(Level, String),
}

/// How bad an early message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Warning,
    Critical,
}

/// What is to be done after the command line is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Serve.
    Serve(Box<Settings>),
    /// Print this to standard output and end with a status.
    End { print: Vec<u8>, status: u8 },
    /// Print the names of the commands, one a line, and end.
    ListCommands,
}

/// Reads the own options; a mistake there ends the program with [`exit::USAGE`].
pub(crate) fn read_own(args: &[OsString], environment: Environment) -> Result<Own, String> {
    own::read(args, environment).map_err(|mistake| mistake.to_string())
}

/// Reads the release's options. `program` is the name the program was called by.
pub(crate) fn read(program: &OsStr, args: &[OsString], release: &'static Release, environment: Environment) -> Outcome {
    let table = options::of_release(release, environment("POSIXLY_CORRECT").is_some());
    let mut parse = Parse {
        program,
        release,
        table: &table,
        notes: Vec::new(),
        settings: Settings::default(),
    };
    let then = match parse.run(args, environment) {
        Ok(()) => Then::Serve(Box::new(parse.settings)),
        Err(then) => then,
    };
    Outcome {
        notes: parse.notes,
        then,
    }
}

/// What an agent is started with.
#[derive(Clone, Debug)]
pub struct Started {
    /// The model's part of it.
    pub config: Config,
    /// The kind of channel, such as `unix-listen`.
    pub method: Vec<u8>,
    /// The folder of its state; the usual one if nothing was said.
    pub state_folder: Option<Vec<u8>>,
    /// The file it logs to; standard error if nothing was said.
    pub log_file: Option<Vec<u8>>,
}

/// What a release makes of a command line that is not followed by a start: what it
/// would be started with, or the status that the agent ends with at once.
pub fn config(release: &'static Release, args: &[OsString], environment: Environment) -> Result<Started, u8> {
    match read(OsStr::new("qemu-ga"), args, release, environment).then {
        Then::Serve(settings) => Ok(Started {
            config: settings.config(release),
            method: settings.method.unwrap_or_default(),
            state_folder: settings.state_folder,
            log_file: settings.log_file,
        }),
        Then::End { status, .. } => Err(status),
        Then::ListCommands => Err(exit::DONE),
    }
}

struct Parse<'a> {
    program: &'a OsStr,
    release: &'static Release,
    table: &'a Table<Opt>,
    notes: Vec<Note>,
    settings: Settings,
}

impl Parse<'_> {
    /// Ends early with what is to be done instead of serving.
    fn run(&mut self, args: &[OsString], environment: Environment) -> Result<(), Then> {
        if self.release.config_file {
            self.config(args, environment)?;
        }
        let mut dump = false;
        for item in Reader::new(self.table, args) {
            match item {
                Item::Option(Opt::DumpConfig, _) => dump = true,
                Item::Option(option, value) => self.option(option, value)?,
                Item::Mistake(text) => return Err(self.unknown_option(text)),
            }
        }
        self.settings
            .complete(self.release)
            .map_err(|message| self.fail(message.to_owned()))?;
        if dump {
            return Err(Then::End {
                print: self.settings.dump(self.release),
                status: exit::DONE,
            });
        }
        Ok(())
    }

    fn config(&mut self, args: &[OsString], environment: Environment) -> Result<(), Then> {
        let named = if self.release.config_option {
            self.named_config(args)
        } else {
            None
        };
        let Some(path) = named.clone().or_else(|| environment(CONFIG_VARIABLE)) else {
            return Ok(());
        };
        match read_config(Path::new(&path), named.is_some()) {
            Ok(None) => Ok(()),
            Ok(Some(text)) => self.apply(&text).map_err(|mistake| self.bad_config(&path, &mistake)),
            Err(why) => Err(self.bad_config(&path, &why)),
        }
    }

    /// The value of -c; mistakes on the way are told, and then told again when
    /// the options are read.
    fn named_config(&mut self, args: &[OsString]) -> Option<OsString> {
        let mut path = None;
        for item in Reader::new(self.table, args) {
            match item {
                Item::Option(Opt::Config, value) => path = value,
                Item::Option(..) => {}
                Item::Mistake(text) => self.notes.push(Note::Option(text)),
            }
        }
        path
    }

    fn apply(&mut self, text: &[u8]) -> Result<(), String> {
        let file = KeyFile::read(text).map_err(|mistake| mistake.0)?;
        if self.settings.apply(&file, self.release).map_err(|mistake| mistake.0)? {
            let warning = "config using deprecated 'blacklist' key, should be replaced with the 'block-rpcs' key.";
            self.notes.push(Note::Early(Level::Warning, warning.to_owned()));
        }
        Ok(())
    }

    fn option(&mut self, option: Opt, value: Option<OsString>) -> Result<(), Then> {
        let value = value.map(OsString::into_vec);
        let asks_for_list = self.asks_for_list(value.as_deref());
        let settings = &mut self.settings;
        match option {
            Opt::Help => return Err(self.print(help::text(self.program, self.release))),
            Opt::Version => return Err(self.print(format!("QEMU Guest Agent {}\n", self.release.reports))),
            Opt::Verbose => settings.verbose = true,
            Opt::Daemonize => settings.daemon = true,
            Opt::Method => settings.method = value,
            Opt::Path => settings.path = value,
            Opt::LogFile => settings.log_file = value,
            Opt::PidFile => settings.pid_file = value,
            Opt::Hook => settings.hook = Some(value.unwrap_or_else(|| settings::HOOK.to_vec())),
            Opt::StateFolder => settings.state_folder = value,
            Opt::Retry => settings.retry = true,
            Opt::Block | Opt::Allow if asks_for_list => return Err(Then::ListCommands),
            Opt::Block => settings.block.add(&value.unwrap_or_default()),
            Opt::Allow => settings.allow.add(&value.unwrap_or_default()),
            Opt::Config | Opt::Service | Opt::DumpConfig | Opt::Own(_) => {}
        }
        Ok(())
    }

    fn asks_for_list(&self, value: Option<&[u8]>) -> bool {
        match value {
            Some(b"?") => true,
            Some(b"help") => self.release.block_help == BlockHelp::Help,
            _ => false,
        }
    }

    fn print(&self, text: String) -> Then {
        Then::End {
            print: text.into_bytes(),
            status: exit::DONE,
        }
    }

    fn unknown_option(&mut self, text: Vec<u8>) -> Then {
        self.notes.push(Note::Option(text));
        let program = self.program.as_bytes();
        let print = [b"Unknown option, try '", program, b" --help' for more information.\n"].concat();
        Then::End {
            print,
            status: exit::FAILED,
        }
    }

    fn bad_config(&mut self, path: &OsStr, why: &str) -> Then {
        self.fail(format!(
            "error loading configuration from path: {}, {why}",
            path.to_string_lossy()
        ))
    }

    fn fail(&mut self, message: String) -> Then {
        self.notes.push(Note::Early(Level::Critical, message));
        Then::End {
            print: Vec::new(),
            status: exit::FAILED,
        }
    }
}

/// The text of a configuration file; nothing if it is missing and need not be there.
fn read_config(path: &Path, must_exist: bool) -> Result<Option<Vec<u8>>, String> {
    match std::fs::metadata(path) {
        Ok(about) if !about.is_file() => Err("Not a regular file".to_owned()),
        Ok(_) => std::fs::read(path).map(Some).map_err(|error| reason(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(None),
        Err(error) => Err(reason(&error)),
    }
}

#[cfg(test)]
mod tests;
