//! A fifo's pipe: who has it open, and the bytes on their way.
//!
//! The kernel keeps a pipe's bytes in 16 slots of a page each. A small write joins
//! the last slot only if it fits there whole, which decides when a pipe is full.

use std::collections::VecDeque;

use super::content::PAGE_BYTES;
use crate::guest::errno::Errno;

/// Slots of a page that a pipe can hold.
pub const PIPE_SLOTS: usize = 16;

/// The pipe behind a fifo. Its bytes are gone once nobody has it open.
#[derive(Clone, Debug, Default)]
pub struct Pipe {
    readers: u32,
    writers: u32,
    /// Writers that ever joined, while somebody had it open.
    writers_so_far: u64,
    slots: VecDeque<Vec<u8>>,
    /// Bytes of the first slot that have been read.
    taken: usize,
}

impl Pipe {
    /// A pipe that others than the agent have open, with bytes waiting; `None` if
    /// it cannot keep them.
    pub fn holding(reader: bool, writer: bool, bytes: &[u8]) -> Option<Pipe> {
        let mut pipe = Pipe::default();
        pipe.join(true, true);
        let taken = pipe.write(bytes).ok()?;
        pipe.join(reader, writer);
        pipe.leave(true, true);
        let kept: usize = pipe.slots.iter().map(Vec::len).sum();
        (taken == bytes.len() && kept == bytes.len()).then_some(pipe)
    }

    /// Whether somebody has it open for reading.
    pub fn has_reader(&self) -> bool {
        self.readers > 0
    }

    /// Whether somebody has it open for writing.
    pub fn has_writer(&self) -> bool {
        self.writers > 0
    }

    /// How often somebody has opened it for writing since it was last closed.
    pub fn writers_so_far(&self) -> u64 {
        self.writers_so_far
    }

    /// Somebody opens it.
    pub fn join(&mut self, reads: bool, writes: bool) {
        self.readers += u32::from(reads);
        self.writers += u32::from(writes);
        self.writers_so_far += u64::from(writes);
    }

    /// Somebody who joined closes it.
    pub fn leave(&mut self, reads: bool, writes: bool) {
        self.readers -= u32::from(reads);
        self.writers -= u32::from(writes);
        if self.readers + self.writers == 0 {
            *self = Pipe::default();
        }
    }

    /// Appends at most `max` bytes to `into` without waiting for more.
    pub fn read(&mut self, max: usize, into: &mut Vec<u8>) -> Result<usize, Errno> {
        if self.slots.is_empty() && self.has_writer() && max > 0 {
            return Err(Errno::EAGAIN);
        }
        let mut left = max;
        while let Some(slot) = self.slots.front().filter(|_| left > 0) {
            let bytes = &slot[self.taken..];
            let bytes = &bytes[..bytes.len().min(left)];
            into.extend_from_slice(bytes);
            left -= bytes.len();
            self.taken += bytes.len();
            if self.taken == slot.len() {
                self.slots.pop_front();
                self.taken = 0;
            }
        }
        Ok(max - left)
    }

    /// Takes as many of the bytes as fit, without waiting for room.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        if !self.has_reader() {
            return Err(Errno::EPIPE);
        }
        let mut rest = self.join_last_slot(bytes);
        while !rest.is_empty() && self.slots.len() < PIPE_SLOTS {
            let (head, tail) = rest.split_at(rest.len().min(PAGE_BYTES));
            self.slots.push_back(head.to_vec());
            rest = tail;
        }
        match bytes.len() - rest.len() {
            0 if !bytes.is_empty() => Err(Errno::EAGAIN),
            count => Ok(count),
        }
    }

    /// Puts the odd bytes that head a write into the last slot if they fit there
    /// whole, and gives back the rest.
    fn join_last_slot<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let odd = bytes.len() % PAGE_BYTES;
        match self.slots.back_mut() {
            Some(slot) if odd > 0 && slot.len() + odd <= PAGE_BYTES => {
                slot.extend_from_slice(&bytes[..odd]);
                &bytes[odd..]
            }
            _ => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ends() -> Pipe {
        let mut pipe = Pipe::default();
        pipe.join(true, true);
        pipe
    }

    #[test]
    fn bytes_come_out_in_order_and_in_parts() {
        let mut pipe = both_ends();
        assert_eq!(pipe.write(b"hello"), Ok(5));
        let mut read = Vec::new();
        assert_eq!(pipe.read(2, &mut read), Ok(2));
        assert_eq!(pipe.read(9, &mut read), Ok(3));
        assert_eq!(read, b"hello");
        assert_eq!(pipe.read(1, &mut read), Err(Errno::EAGAIN));
    }

    #[test]
    fn it_is_full_by_slots_not_by_bytes() {
        let mut pipe = both_ends();
        assert_eq!(pipe.write(&[b'x'; 100_000]), Ok(PIPE_SLOTS * PAGE_BYTES));
        assert_eq!(pipe.write(b"y"), Err(Errno::EAGAIN));
        let mut pipe = both_ends();
        let taken = (0..100).take_while(|_| pipe.write(&[b'x'; 3000]).is_ok()).count();
        assert_eq!(taken, PIPE_SLOTS);
    }

    #[test]
    fn an_end_alone_sees_the_other_gone() {
        let mut pipe = Pipe::default();
        pipe.join(true, false);
        assert_eq!(pipe.read(5, &mut Vec::new()), Ok(0));
        pipe.join(false, true);
        pipe.leave(true, false);
        assert_eq!(pipe.write(b"x"), Err(Errno::EPIPE));
    }

    #[test]
    fn what_waits_in_it_needs_somebody_to_keep_it() {
        assert!(Pipe::holding(false, true, b"waiting").is_some());
        assert!(Pipe::holding(false, false, b"").is_some());
        assert!(Pipe::holding(false, false, b"waiting").is_none());
        assert!(Pipe::holding(true, true, &[b'x'; 70_000]).is_none());
    }

    #[test]
    fn bytes_are_gone_when_nobody_is_left() {
        let mut pipe = both_ends();
        assert_eq!(pipe.write(b"x"), Ok(1));
        pipe.leave(true, true);
        pipe.join(true, true);
        assert_eq!(pipe.read(1, &mut Vec::new()), Err(Errno::EAGAIN));
    }
}
