//! Guest images: a machine described in TOML.
//!
//! Each area of the machine has its sections here, described by a struct in the
//! area's own folder; this file only puts them together. A mistake in an image is
//! an [`ImageError`] that shows the place, what is wrong, and the cure.
//!
//! ```toml
//! about = "What this machine is for."
//!
//! [agent]                     # as whom and how the agent runs: AgentSection
//! user = "root"
//!
//! [protection]                # what sticky folders forbid: fs::Protection
//! symlinks = true
//!
//! [[mount]]                   # mounts::section::MountSection, the root first
//! at = "/"
//! device = "/dev/vda1"
//! type = "ext4"
//! size = "20 GiB"
//! free = "12 GiB"
//!
//! [system]                    # system::SystemSection
//! host-name = "guest"
//!
//! [clock]                     # system::ClockSection
//! system-seconds = 1_767_225_600
//!
//! [load]                      # system::LoadSection
//! one = 0.5
//!
//! [[login]]                   # system::LoginSection
//! user = "alice"
//! time = 1_767_225_000.5
//!
//! [[interface]]               # network::Interface
//! name = "eth0"
//! addresses = ["192.0.2.2/24"]
//!
//! [[route]]                   # network::Route
//! interface = "eth0"
//! destination = "192.0.2.0/24"
//!
//! [[processor]]               # processors::Processor
//! number = 0
//!
//! [memory]                    # memory::MemorySection
//! block-size = "128 MiB"
//!
//! [[memory-block]]            # memory::MemoryBlock
//! index = 0
//! count = 16
//!
//! [[disk]]                    # disks::Disk, with [[disk.partition]]
//! name = "/dev/vda"
//! address = { type = "virtio", pci = [0, 0, 4, 0] }
//!
//! [[driver]]                  # devices::Driver, on Windows
//! name = "Red Hat VirtIO Ethernet Adapter"
//!
//! [suspend]                   # suspend::SuspendSection
//! modes = ["ram"]
//!
//! [freeze]                    # mounts::lines::FreezeSection
//! limit-seconds = 10
//!
//! [[user]]                    # accounts::User
//! name = "daemon"
//! uid = 1
//!
//! [[group]]                   # accounts::Group
//! name = "daemon"
//! gid = 1
//!
//! [[folder]]                  # fs::section::FolderSection; parents come by themselves
//! path = "/tmp"
//! mode = 0o1777
//!
//! [[file]]                    # fs::section::FileSection
//! path = "/etc/hostname"
//! content = "guest\n"
//!
//! [[tools]]                   # program::section::ToolsSection: the shell and the utilities
//! folder = "/usr/bin"
//!
//! [[program]]                 # program::section::ProgramSection: anything else that runs
//! path = "/usr/bin/report"
//! stdout = "all is well\n"
//! ```
//!
//! `count = 1000` in an interface, disk, user, login, processor or memory block makes
//! so many of it, numbered from 0, with the number in the place of `{n}` in names.
//!
//! There are `[[link]]`, `[[device]]`, `[[fifo]]`, `[[socket]]` too, described there.
//! Sizes are bytes, or strings such as `"20 GiB"`; permissions are octal (`0o644`);
//! errors are names such as `"EIO"`.

mod error;
mod read;
pub(crate) mod repeat;
mod text;
mod value;

pub use error::{ImageError, Problem};
pub use value::{ErrorCode, Octal, Size, Span};

use qga_fixtures::guests::{GuestImage, ImageValue};
use serde::Deserialize;
use toml::Spanned;

use super::accounts::{Accounts, Credentials, Group, User};
use super::devices::Driver;
use super::disks::{Disk, Disks};
use super::fs::section::{self, DeviceSection, FifoSection, FileSection, FolderSection, LinkSection, SocketSection};
use super::fs::{Fs, Protection};
use super::memory::{Memory, MemoryBlock, MemorySection};
use super::mounts::lines::FreezeSection;
use super::mounts::section::{self as mounts, MountSection};
use super::network::{Interface, NetworkState, Route};
use super::process::{FIRST_PID, Pid, Processes};
use super::processors::{Processor, Processors};
use super::program::scripted::Programs;
use super::program::section::{ProgramSection, ToolsSection};
use super::suspend::SuspendSection;
use super::system::{Clock, ClockSection, LoadSection, LoginSection, SystemSection};
use super::{AgentTask, Guest};

/// Open files of an agent, unless the image says otherwise.
const OPEN_FILES: u32 = 1024;

/// The first descriptor an agent gives to a client's file: before it come the
/// standard streams, its event loop, its listening socket and its client.
const FIRST_DESCRIPTOR: u32 = 6;

/// Bytes of an image's text.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// The environment of an agent, unless the image says otherwise.
const ENVIRONMENT: [&str; 2] = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C",
];

/// An image as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    #[serde(default, rename = "about")]
    _about: String,
    #[serde(default)]
    agent: AgentSection,
    #[serde(default)]
    protection: Protection,
    #[serde(default)]
    mount: Vec<MountSection>,
    #[serde(default)]
    system: SystemSection,
    #[serde(default)]
    clock: ClockSection,
    #[serde(default)]
    load: LoadSection,
    #[serde(default)]
    login: Vec<LoginSection>,
    #[serde(default)]
    interface: Vec<Interface>,
    #[serde(default)]
    route: Vec<Route>,
    #[serde(default)]
    processor: Vec<Processor>,
    #[serde(default)]
    memory: MemorySection,
    #[serde(default, rename = "memory-block")]
    memory_block: Vec<MemoryBlock>,
    #[serde(default)]
    disk: Vec<Disk>,
    #[serde(default)]
    driver: Vec<Driver>,
    #[serde(default)]
    suspend: SuspendSection,
    #[serde(default)]
    freeze: FreezeSection,
    #[serde(default)]
    user: Vec<User>,
    #[serde(default)]
    group: Vec<Group>,
    #[serde(default)]
    folder: Vec<FolderSection>,
    #[serde(default)]
    link: Vec<LinkSection>,
    #[serde(default)]
    file: Vec<FileSection>,
    #[serde(default)]
    device: Vec<DeviceSection>,
    #[serde(default)]
    fifo: Vec<FifoSection>,
    #[serde(default)]
    socket: Vec<SocketSection>,
    #[serde(default)]
    tools: Vec<ToolsSection>,
    #[serde(default)]
    program: Vec<ProgramSection>,
}

/// `[agent]`: as whom and how the agent runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct AgentSection {
    /// User name; root if left out.
    user: Option<Spanned<String>>,
    /// Working folder; `/` if left out.
    folder: Option<Spanned<String>>,
    /// Permission bits new files do not get; 0o022 if left out.
    umask: Option<Spanned<Octal>>,
    /// Descriptors there are, its own included.
    open_files: Option<u32>,
    /// The first descriptor that is free.
    first_descriptor: Option<u32>,
    /// Its environment, which the programs it runs inherit.
    environment: Option<Vec<String>>,
    /// The number of the first process it starts.
    first_pid: Option<u32>,
}

/// Builds the machine an image describes; `file` is what errors call it.
pub(super) fn build(file: &str, text: &str) -> Result<Guest, ImageError> {
    let machine = match text.len() {
        0..=TEXT_BYTES_MAX => text::Values::of(text).and_then(|it| machine(&it.list, &it.strings, text)),
        _ => Err(Problem::new(
            0..0,
            "the image is too long",
            "let `count` make many of a kind",
        )),
    };
    machine.map_err(|problem| problem.at(file, text))
}

/// Builds the machine of an image that comes with the simulator.
pub(super) fn prebuilt(image: &'static GuestImage) -> Result<Guest, ImageError> {
    let machine = machine(image.values, image.strings, image.text);
    machine.map_err(|problem| problem.at(image.file, image.text))
}

fn machine(values: &[ImageValue], strings: &str, text: &str) -> Result<Guest, Problem> {
    read::read::<Image>(values, strings)?.build(text)
}

impl Image {
    fn build(self, text: &str) -> Result<Guest, Problem> {
        let accounts = Accounts::new(repeat::expand(self.user)?, self.group);
        let mut fs = Fs::new();
        let mut root = mounts::mount_all(&mut fs, &self.mount)?;
        let mut place = section::Placing::new(fs.calls(&mut root), &accounts, text);
        self.folder.iter().try_for_each(|it| place.folder(it))?;
        self.link.iter().try_for_each(|it| place.link(it))?;
        self.file.iter().try_for_each(|it| place.file(it))?;
        self.device.iter().try_for_each(|it| place.device(it))?;
        self.fifo.iter().try_for_each(|it| place.fifo(it))?;
        self.socket.iter().try_for_each(|it| place.socket(it))?;
        self.tools.iter().try_for_each(|it| it.place(&mut place))?;
        let mut programs = Programs::default();
        self.program
            .iter()
            .try_for_each(|it| it.place(&mut place, &mut programs))?;
        place.user_database()?;
        place.mount_table()?;
        fs.end_task(root);
        fs.protection = self.protection;
        mounts::finish_all(&mut fs, &self.mount)?;
        let agent = self.agent.resolve(&accounts, text)?;
        let mut guest = Guest {
            fs,
            accounts,
            processes: self.agent.processes(),
            programs,
            agent,
            about: self.system,
            clock: Clock::new(self.clock),
            load: self.load,
            logins: repeat::expand(self.login)?,
            network: NetworkState::new(self.interface, self.route)?,
            processors: Processors::new(self.processor)?,
            memory: Memory::new(self.memory, self.memory_block)?,
            disks: Disks::new(self.disk)?,
            drivers: self.driver,
            suspend: self.suspend,
            freeze: self.freeze,
        };
        let task = guest.start_agent().map_err(|_| self.agent.bad_folder())?;
        guest.end_task(task);
        Ok(guest)
    }
}

impl AgentSection {
    fn resolve(&self, accounts: &Accounts, text: &str) -> Result<AgentTask, Problem> {
        let umask = self.umask.as_ref().map_or(Ok(0o022), |it| Octal::check(it, text))?;
        Ok(AgentTask {
            credentials: self.credentials(accounts)?,
            folder: self.folder.as_ref().map_or("/", |it| it.get_ref()).as_bytes().to_vec(),
            umask,
            first_descriptor: self.first_descriptor.unwrap_or(FIRST_DESCRIPTOR),
            open_files: self.open_files.unwrap_or(OPEN_FILES),
        })
    }

    fn processes(&self) -> Processes {
        let environment = match &self.environment {
            Some(environment) => environment.iter().map(|it| it.as_bytes().to_vec()).collect(),
            None => ENVIRONMENT.iter().map(|it| it.as_bytes().to_vec()).collect(),
        };
        Processes::new(Pid(self.first_pid.unwrap_or(FIRST_PID)), environment)
    }

    fn credentials(&self, accounts: &Accounts) -> Result<Credentials, Problem> {
        let Some(name) = &self.user else {
            return Ok(Credentials::default());
        };
        accounts.user_at(name).map(User::credentials)
    }

    fn bad_folder(&self) -> Problem {
        let span = self.folder.as_ref().map_or(0..0, Spanned::span);
        Problem::new(
            span,
            "the agent cannot work in this folder",
            "name a folder of this image that its user may enter",
        )
    }
}
