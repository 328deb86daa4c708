//! What a program has to write, on its way to its descriptors.

use std::collections::VecDeque;

use crate::guest::process::sys::Sys;
use crate::guest::program::Fault;

/// Bytes that are held back until there are more, or the program ends.
const HELD_BYTES: usize = 4096;

/// Bytes to write, in order. Programs that use stdio hold their standard output
/// back ([`Output::print`]) until they end or complain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    queue: VecDeque<(u32, Vec<u8>)>,
    /// Bytes of the first that are written.
    written: usize,
    held: Vec<u8>,
    /// Where standard output goes, if not to its usual descriptor.
    file: Option<u32>,
}

impl Output {
    /// Writes to a descriptor after what is queued.
    pub(crate) fn write_to(&mut self, descriptor: u32, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.queue.push_back((descriptor, bytes));
        }
    }

    /// Writes to standard output through stdio.
    pub(crate) fn print(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= HELD_BYTES {
            self.flush();
        }
    }

    /// From now on, what is printed goes to this descriptor.
    pub(crate) fn print_to(&mut self, descriptor: u32) {
        self.file = Some(descriptor);
    }

    /// Lets go of what is held back.
    pub(crate) fn flush(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.write_to(self.file.unwrap_or(1), held);
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        *self = Output::default();
    }

    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.held.len() + self.queue.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// The descriptor that is written to next.
    pub(crate) fn target(&self) -> Option<u32> {
        self.queue.front().map(|(descriptor, _)| *descriptor)
    }

    /// Writes what is queued.
    ///
    /// # Errors
    /// Those of write(2), and what it waits for.
    pub(crate) fn drain(&mut self, sys: &mut Sys<'_>) -> Result<(), Fault> {
        while let Some((descriptor, bytes)) = self.queue.front() {
            self.written += sys.write(*descriptor, &bytes[self.written..])?;
            if self.written >= bytes.len() {
                self.queue.pop_front();
                self.written = 0;
            }
        }
        Ok(())
    }
}
