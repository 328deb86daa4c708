//! What came from the agent and was not yet taken.

/// So much memory is kept when everything was taken.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// Bytes in the order they came, never more than a limit.
#[derive(Debug)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    /// How many bytes at the front were taken.
    taken: usize,
    /// How many bytes were searched for a line end.
    searched: usize,
    /// How many lines are to be dropped as they come.
    unwanted_lines: usize,
    bytes_max: usize,
    overflown: bool,
}

impl Inbox {
    pub(crate) fn new(bytes_max: usize) -> Inbox {
        Inbox {
            bytes: Vec::new(),
            taken: 0,
            searched: 0,
            unwanted_lines: 0,
            bytes_max,
            overflown: false,
        }
    }

    /// Adds what came; what is over the limit is lost, and that is remembered.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = self.without_unwanted(bytes);
        let room = self.bytes_max.saturating_sub(self.rest().len());
        self.overflown |= bytes.len() > room;
        self.make_room();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn without_unwanted<'b>(&mut self, mut bytes: &'b [u8]) -> &'b [u8] {
        while self.unwanted_lines > 0 {
            match bytes.iter().position(|it| *it == b'\n') {
                None => return &[],
                Some(end) => bytes = &bytes[end + 1..],
            }
            self.unwanted_lines -= 1;
        }
        bytes
    }

    /// Moves what is left to the front when more than half was taken, so that each
    /// byte is moved a bounded number of times.
    fn make_room(&mut self) {
        if self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.searched = self.searched.saturating_sub(self.taken);
            self.taken = 0;
        }
    }

    /// Everything that was not taken.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// Whether more came than is kept.
    pub(crate) fn is_overflown(&self) -> bool {
        self.overflown
    }

    /// The length of the first line, its LF included, if it is complete.
    pub(crate) fn line_length(&mut self) -> Option<usize> {
        self.searched = self.searched.max(self.taken);
        match self.bytes[self.searched..].iter().position(|it| *it == b'\n') {
            Some(at) => {
                self.searched += at;
                Some(self.searched + 1 - self.taken)
            }
            None => {
                self.searched = self.bytes.len();
                None
            }
        }
    }

    /// The first line, its LF included, if it is complete.
    pub(crate) fn line(&mut self) -> Option<&[u8]> {
        let length = self.line_length()?;
        Some(&self.rest()[..length])
    }

    /// Takes bytes from the front. The memory of a long line goes with it.
    pub(crate) fn take(&mut self, count: usize) {
        self.taken += count;
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_BYTES_MAX);
            (self.taken, self.searched) = (0, 0);
        }
    }

    /// Takes lines from the front; those that did not come yet are dropped when they do.
    pub(crate) fn take_lines(&mut self, count: usize) {
        for left in (1..=count).rev() {
            match self.line_length() {
                Some(length) => self.take(length),
                None => {
                    self.take(self.rest().len());
                    self.unwanted_lines = left;
                    return;
                }
            }
        }
    }

    /// Takes everything, and the rest of the line that is just coming.
    pub(crate) fn take_all(&mut self) {
        let ends = self.rest().last().is_none_or(|it| *it == b'\n');
        self.take(self.rest().len());
        self.unwanted_lines += usize::from(!ends);
    }

    /// Forgets everything: the channel is a new one.
    pub(crate) fn clear(&mut self) {
        *self = Inbox::new(self.bytes_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_come_out_whole_however_they_came() {
        let mut inbox = Inbox::new(100);
        inbox.push(b"ab");
        assert_eq!(inbox.line(), None);
        inbox.push(b"c\nd\n\ne");
        for line in [&b"abc\n"[..], b"d\n", b"\n"] {
            assert_eq!(inbox.line(), Some(line));
            inbox.take(line.len());
        }
        assert_eq!(inbox.line(), None);
        assert_eq!(inbox.rest(), b"e");
    }

    #[test]
    fn the_memory_of_a_long_line_goes_with_it() {
        let mut inbox = Inbox::new(1 << 20);
        inbox.push(&[b'x'; 1 << 19]);
        inbox.push(b"\n");
        let length = inbox.line().map(<[u8]>::len);
        assert_eq!(length, Some((1 << 19) + 1));
        inbox.take((1 << 19) + 1);
        assert!(inbox.bytes.capacity() <= KEPT_BYTES_MAX, "{}", inbox.bytes.capacity());
        inbox.push(b"next\n");
        assert_eq!(inbox.line(), Some(&b"next\n"[..]));
    }

    #[test]
    fn no_more_is_kept_than_the_limit() {
        let mut inbox = Inbox::new(4);
        inbox.push(b"abcd");
        assert!(!inbox.is_overflown());
        inbox.push(b"e");
        assert!(inbox.is_overflown());
        assert_eq!(inbox.rest(), b"abcd");
    }

    #[test]
    fn unwanted_lines_are_dropped_as_they_come() {
        let mut inbox = Inbox::new(100);
        inbox.push(b"one\ntw");
        inbox.take_lines(3);
        inbox.push(b"o\nthr");
        inbox.push(b"ee\nfour\nfi");
        assert_eq!(inbox.rest(), b"four\nfi");
        inbox.take_all();
        inbox.push(b"ve\nsix\n");
        assert_eq!(inbox.rest(), b"six\n");
    }

    proptest! {
        #[test]
        fn the_lines_are_those_of_the_whole(lines in prop::collection::vec("[a-c]{0,9}", 0..20), cut in 1..7usize) {
            let whole: String = lines.iter().map(|it| format!("{it}\n")).collect();
            let mut inbox = Inbox::new(4096);
            let mut found = Vec::new();
            for piece in whole.as_bytes().chunks(cut) {
                inbox.push(piece);
                while let Some(line) = inbox.line().map(<[u8]>::to_vec) {
                    inbox.take(line.len());
                    found.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                }
            }
            prop_assert_eq!(found, lines);
        }
    }
}
