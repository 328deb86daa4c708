//! What the agent's own options and its configuration file ask for, and how it
//! is printed as such a file.

use super::key_file::{self, KeyFile, Mistake};
use qga_fixtures::schema::{ConfigBlockKeys, Release};
use qga_model::Config;
use qga_model::policy::Policy;
use std::collections::BTreeSet;

const GROUP: &str = "general";
const METHOD: &[u8] = b"virtio-serial";
const VIRTIO_PATH: &[u8] = b"/dev/virtio-ports/org.qemu.guest_agent.0";
const SERIAL_PATH: &[u8] = b"/dev/ttyS0";
const PID_FILE: &[u8] = b"/var/run/qemu-ga.pid";
const STATE_FOLDER: &[u8] = b"/var/run";
/// The hook that `-F` without a value means.
pub(crate) const HOOK: &[u8] = b"/etc/qemu/fsfreeze-hook";

/// The agent's own settings. Texts are bytes: a command line need not be UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) daemon: bool,
    pub(crate) method: Option<Vec<u8>>,
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) log_file: Option<Vec<u8>>,
    pub(crate) pid_file: Option<Vec<u8>>,
    pub(crate) hook: Option<Vec<u8>>,
    pub(crate) state_folder: Option<Vec<u8>>,
    pub(crate) verbose: bool,
    pub(crate) retry: bool,
    pub(crate) block: List,
    pub(crate) allow: List,
}

/// A list of command names, in the order the agent keeps it: each option's names
/// backwards, one option's after another's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List(pub(crate) Vec<Vec<u8>>);

impl List {
    /// Adds names separated by commas. Blanks belong to the names.
    pub(crate) fn add(&mut self, names: &[u8]) {
        if !names.is_empty() {
            self.0
                .extend(names.split(|byte| *byte == b',').rev().map(<[u8]>::to_vec));
        }
    }
}

impl List {
    fn names(&self) -> BTreeSet<String> {
        self.0
            .iter()
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }
}

impl Settings {
    /// Takes over what a configuration file says. True if it uses a key that the
    /// release warns of.
    pub(crate) fn apply(&mut self, file: &KeyFile, release: &Release) -> Result<bool, Mistake> {
        let flag = |key, into: &mut bool| file.boolean(GROUP, key).map(|value| *into = value.unwrap_or(*into));
        flag("daemon", &mut self.daemon)?;
        let text = |key, into: &mut Option<Vec<u8>>| file.string(GROUP, key).map(|value| *into = value);
        text("method", &mut self.method)?;
        text("path", &mut self.path)?;
        text("logfile", &mut self.log_file)?;
        text("pidfile", &mut self.pid_file)?;
        text("fsfreeze-hook", &mut self.hook)?;
        text("statedir", &mut self.state_folder)?;
        flag("verbose", &mut self.verbose)?;
        if release.retry_option {
            flag("retry-path", &mut self.retry)?;
        }
        let deprecated = release.config_block_keys == ConfigBlockKeys::Both && file.has(GROUP, "blacklist");
        self.block
            .add(&file.string(GROUP, block_key(file, release))?.unwrap_or_default());
        if release.allow_option {
            self.allow.add(&file.string(GROUP, "allow-rpcs")?.unwrap_or_default());
        }
        Ok(deprecated)
    }

    /// Fills in what every agent has. Fails if there is no path and the method
    /// has no default.
    pub(crate) fn complete(&mut self, release: &Release) -> Result<(), &'static str> {
        let method = self.method.get_or_insert_with(|| METHOD.to_vec());
        if self.path.is_none() {
            self.path = match method.as_slice() {
                METHOD => Some(VIRTIO_PATH.to_vec()),
                b"isa-serial" if release.serial_default_path => Some(SERIAL_PATH.to_vec()),
                _ => return Err("must specify a path for this channel"),
            };
        }
        Ok(())
    }

    /// The part of it that is the model's.
    pub(crate) fn config(&self, release: &'static Release) -> Config {
        let allow = &self.allow;
        Config {
            policy: Policy {
                block: self.block.names(),
                allow: (!allow.0.is_empty()).then(|| allow.names()),
            },
            hook: self.hook.clone(),
            ..Config::new(release)
        }
    }

    /// The pid file of an agent in the background.
    pub(crate) fn pid_file(&self) -> &[u8] {
        self.pid_file.as_deref().unwrap_or(PID_FILE)
    }

    /// The settings as a configuration file.
    pub(crate) fn dump(&self, release: &Release) -> Vec<u8> {
        let mut dump = Dump(format!("[{GROUP}]\n").into_bytes());
        dump.flag("daemon", self.daemon);
        dump.text("method", self.method.as_deref());
        dump.text("path", self.path.as_deref());
        dump.text("logfile", self.log_file.as_deref());
        dump.text("pidfile", Some(self.pid_file()));
        dump.text("fsfreeze-hook", self.hook.as_deref());
        dump.text("statedir", Some(self.state_folder.as_deref().unwrap_or(STATE_FOLDER)));
        dump.flag("verbose", self.verbose);
        if release.retry_option {
            dump.flag("retry-path", self.retry);
        }
        let block = if release.config_block_keys == ConfigBlockKeys::Blacklist {
            "blacklist"
        } else {
            "block-rpcs"
        };
        dump.text(block, Some(&self.block.0.join(&b',')));
        if release.allow_option {
            dump.text("allow-rpcs", Some(&self.allow.0.join(&b',')));
        }
        dump.0
    }
}

/// The key with the block list: an old key wins where both are known.
fn block_key(file: &KeyFile, release: &Release) -> &'static str {
    match release.config_block_keys {
        ConfigBlockKeys::Blacklist => "blacklist",
        ConfigBlockKeys::Both if file.has(GROUP, "blacklist") => "blacklist",
        ConfigBlockKeys::Both | ConfigBlockKeys::BlockRpcs => "block-rpcs",
    }
}

struct Dump(Vec<u8>);

impl Dump {
    fn flag(&mut self, key: &str, value: bool) {
        self.text(key, Some(if value { b"true" } else { b"false" }));
    }

    fn text(&mut self, key: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.0
                .extend([key.as_bytes(), b"=", &key_file::escape(value), b"\n"].concat());
        }
    }
}
