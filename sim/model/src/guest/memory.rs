//! The machine's memory, in blocks that can be taken off and brought back.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::accounts::Credentials;
use super::errno::Errno;
use super::image::repeat::{self, Repeat};
use super::image::{ErrorCode, Problem, Size};

/// Size of a block unless the image says otherwise.
const BLOCK_BYTES: u64 = 128 << 20;

/// `[memory]` of an image.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemorySection {
    /// Size of a block; 128 MiB if left out.
    pub block_size: Option<Size>,
}

/// `[[memory-block]]` of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemoryBlock {
    /// Its place, counted in blocks.
    pub index: Spanned<u64>,
    /// Whether it is in use.
    #[serde(default = "yes")]
    pub online: bool,
    /// Whether the kernel says that it can be taken off; it may fail all the same.
    #[serde(default = "yes")]
    pub can_offline: bool,
    /// Taking it off or bringing it back fails with this.
    pub fails: Option<ErrorCode>,
    /// Instead of one: so many, one behind the other.
    count: Option<Spanned<u32>>,
}

fn yes() -> bool {
    true
}

impl Repeat for MemoryBlock {
    fn take_count(&mut self) -> Option<Spanned<u32>> {
        self.count.take()
    }

    fn number(&mut self, n: u32) {
        *self.index.get_mut() += u64::from(n);
    }
}

/// The blocks, in the order the kernel lists them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Size of a block in bytes.
    pub block_bytes: u64,
    listed: Vec<MemoryBlock>,
    places: BTreeMap<u64, usize>,
}

/// Why a block is not taken off or brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// The kernel does not show any blocks.
    Unsupported,
    /// There is none at that place.
    Missing,
    /// The kernel refuses.
    Write(Errno),
}

impl Memory {
    pub(crate) fn new(section: MemorySection, blocks: Vec<MemoryBlock>) -> Result<Memory, Problem> {
        let listed = repeat::expand(blocks)?;
        let places = repeat::places("memory block", listed.iter().map(|it| &it.index))?;
        Ok(Memory {
            block_bytes: section.block_size.map_or(BLOCK_BYTES, |it| it.0),
            listed,
            places,
        })
    }

    /// All of them. None at all means that the kernel does not show them.
    pub fn listed(&self) -> &[MemoryBlock] {
        &self.listed
    }

    /// Takes one off or brings it back, for somebody.
    pub fn set(&mut self, who: &Credentials, index: u64, online: bool) -> Result<(), MemoryError> {
        if self.listed.is_empty() {
            return Err(MemoryError::Unsupported);
        }
        let place = *self.places.get(&index).ok_or(MemoryError::Missing)?;
        let block = &mut self.listed[place];
        if block.online == online {
            return Ok(());
        }
        if !who.is_superuser() {
            return Err(MemoryError::Write(Errno::EACCES));
        }
        block.fails.map_or(Ok(()), |it| Err(MemoryError::Write(it.0)))?;
        block.online = online;
        Ok(())
    }
}
