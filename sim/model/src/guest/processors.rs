//! The machine's processors: which are online, and what they spent their time on.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::accounts::Credentials;
use super::errno::Errno;
use super::image::repeat::{self, Repeat};
use super::image::{ErrorCode, Problem};

/// `[[processor]]` of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Processor {
    /// The kernel's number for it.
    pub number: Spanned<u32>,
    /// Whether it runs.
    #[serde(default = "yes")]
    pub online: bool,
    /// Whether it can be told to stop and to run again.
    #[serde(default = "yes")]
    pub can_offline: bool,
    /// Telling it so fails with this.
    pub fails: Option<ErrorCode>,
    /// What it spent its time on.
    #[serde(default)]
    pub times: Times,
    /// Instead of one: so many, with rising numbers.
    count: Option<Spanned<u32>>,
}

fn yes() -> bool {
    true
}

/// What a processor spent its time on, in hundredths of a second. Old kernels do
/// not tell the later ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Times {
    /// Programs.
    pub user: u64,
    /// Programs of low priority.
    pub nice: u64,
    /// The kernel.
    pub system: u64,
    /// Nothing.
    pub idle: u64,
    /// Nothing, but for waiting for a disk.
    pub iowait: Option<u64>,
    /// Interrupts.
    pub irq: Option<u64>,
    /// What interrupts left to do.
    pub softirq: Option<u64>,
    /// Other machines on the same host.
    pub steal: Option<u64>,
    /// Machines within this one.
    pub guest: Option<u64>,
    /// Machines within this one, of low priority.
    pub guest_nice: Option<u64>,
}

impl Repeat for Processor {
    fn take_count(&mut self) -> Option<Spanned<u32>> {
        self.count.take()
    }

    fn number(&mut self, n: u32) {
        *self.number.get_mut() += n;
    }
}

/// The processors, in the order the kernel lists them.
#[derive(Clone, Debug, Default)]
pub struct Processors {
    listed: Vec<Processor>,
    places: BTreeMap<u32, usize>,
}

/// Why a processor is not brought on- or offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorError {
    /// There is none of that number.
    Missing,
    /// It cannot be told.
    Fixed,
    /// The file through which it is told cannot be opened.
    Open(Errno),
    /// The kernel refuses.
    Write(Errno),
}

impl Processors {
    pub(crate) fn new(sections: Vec<Processor>) -> Result<Processors, Problem> {
        let listed = repeat::expand(sections)?;
        let places = repeat::places("processor", listed.iter().map(|it| &it.number))?;
        Ok(Processors { listed, places })
    }

    /// All of them. None at all means that the kernel does not show them.
    pub fn listed(&self) -> &[Processor] {
        &self.listed
    }

    /// The processor of a number.
    pub fn get(&self, number: i64) -> Option<&Processor> {
        self.place(number).map(|place| &self.listed[place])
    }

    /// Brings one on- or offline, for somebody.
    pub fn set(&mut self, who: &Credentials, number: i64, online: bool) -> Result<(), ProcessorError> {
        let place = self.place(number).ok_or(ProcessorError::Missing)?;
        let processor = &mut self.listed[place];
        if !processor.can_offline {
            return if online { Ok(()) } else { Err(ProcessorError::Fixed) };
        }
        if !who.is_superuser() {
            return Err(ProcessorError::Open(Errno::EACCES));
        }
        if processor.online != online {
            processor.fails.map_or(Ok(()), |it| Err(ProcessorError::Write(it.0)))?;
            processor.online = online;
        }
        Ok(())
    }

    fn place(&self, number: i64) -> Option<usize> {
        self.places.get(&u32::try_from(number).ok()?).copied()
    }
}
