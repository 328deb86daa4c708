//! The simulated machine. It knows nothing of JSON and nothing of the agent.
//!
//! It answers as a kernel and a C library answer; the command layer translates.
//! It is built from an [`image`] and changes only by what is called on it.
//!
//! - [`fs`]: the filesystems, reached by system calls;
//! - [`mounts`]: the mount table and what is frozen;
//! - [`stdio`] and [`handles`]: files open for clients;
//! - [`accounts`]: users and groups;
//! - [`program`] and [`process`]: what there is to run, and what runs;
//! - `shell` and `tools`: the programs every machine has;
//! - [`system`]: what it says of itself, its clock and load;
//! - [`network`], [`processors`], [`memory`], [`disks`], [`devices`]: what it is made of;
//! - [`suspend`]: how it sleeps;
//! - [`errno`]: the kernel's errors.
//!
//! An agent in it is a [`Task`]: [`Guest::start_agent`] gives one, and every file
//! it touches it touches through `guest.fs.calls(&mut task)`.

pub mod accounts;
pub mod devices;
pub mod disks;
pub mod errno;
pub mod fs;
pub mod handles;
pub mod image;
pub mod memory;
pub mod mounts;
pub mod network;
mod passwords;
pub mod process;
pub mod processors;
pub mod program;
mod shell;
pub mod stdio;
pub mod suspend;
pub mod system;
mod tools;

use accounts::{Accounts, Credentials};
use devices::Driver;
use disks::Disks;
use errno::SysError;
use fs::Fs;
use fs::task::{Descriptors, Task};
use image::ImageError;
use memory::Memory;
use mounts::lines::FreezeSection;
use network::NetworkState;
use process::Processes;
use processors::Processors;
use program::scripted::Programs;
use qga_fixtures::guests::GUESTS;
use suspend::SuspendSection;
use system::{Clock, LoadSection, LoginSection, SystemSection};

/// A simulated machine.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its files and mounts.
    pub fs: Fs,
    /// Its users and groups.
    pub accounts: Accounts,
    /// Its processes, the agent apart.
    pub processes: Processes,
    programs: Programs,
    agent: AgentTask,
    /// What it says of itself.
    pub about: SystemSection,
    /// Its clocks.
    pub clock: Clock,
    /// Its load average.
    pub load: LoadSection,
    /// Who is logged in.
    pub logins: Vec<LoginSection>,
    /// Its network.
    pub network: NetworkState,
    /// Its processors.
    pub processors: Processors,
    /// Its memory.
    pub memory: Memory,
    /// Its disks.
    pub disks: Disks,
    /// Its devices and their drivers.
    pub drivers: Vec<Driver>,
    /// How it sleeps.
    pub suspend: SuspendSection,
    freeze: FreezeSection,
}

/// As whom and how an agent in this machine runs.
#[derive(Clone, Debug)]
struct AgentTask {
    credentials: Credentials,
    /// Its working folder.
    folder: Vec<u8>,
    umask: u16,
    first_descriptor: u32,
    open_files: u32,
}

impl Default for Guest {
    /// The machine of the image `default`.
    fn default() -> Guest {
        Guest::named("default").expect("the image is tested")
    }
}

impl Guest {
    /// The machine an image describes; `file` is what errors call it.
    pub fn from_toml(file: &str, text: &str) -> Result<Guest, ImageError> {
        image::build(file, text)
    }

    /// The machine of an image that comes with the simulator; `None` if there is
    /// none of that name.
    pub fn named(name: &str) -> Option<Guest> {
        let file = format!("{name}.toml");
        image::prebuilt(GUESTS.iter().find(|it| it.file == file)?).ok()
    }

    /// The task of an agent that starts: as the image says, with nothing open.
    ///
    /// # Errors
    /// Those of chdir(2), where the machine has changed since its image was read.
    pub fn start_agent(&mut self) -> Result<Task, SysError> {
        let AgentTask {
            credentials,
            folder,
            umask,
            first_descriptor,
            open_files,
        } = self.agent.clone();
        let files = Descriptors::new(first_descriptor, open_files);
        self.processes.welcome_agent();
        let mut task = self.fs.new_task(credentials, umask, files);
        match self.fs.calls(&mut task).chdir(&folder) {
            Ok(()) => Ok(task),
            Err(error) => {
                self.fs.end_task(task);
                Err(error)
            }
        }
    }

    /// The end of a task: what it has open is closed.
    pub fn end_task(&mut self, task: Task) {
        self.fs.end_task(task);
    }
}
