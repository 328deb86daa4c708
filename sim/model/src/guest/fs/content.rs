//! The bytes of a regular file: pages that exist, and holes where they do not.
//!
//! A page is one block of a disk. What a file holds in memory is therefore what
//! its filesystem accounts for, and a byte at offset 2^40 costs one page. Pages
//! are shared between clones of a guest until one of them writes.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes in a page, and in a block of every simulated disk.
pub const PAGE_BYTES: usize = 4096;

/// The content of a regular file.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Pages by number. Bytes of a page behind its own end are zero.
    pages: Arc<BTreeMap<u64, Arc<Vec<u8>>>>,
    /// Length of the file in bytes.
    len: u64,
}

impl Content {
    /// A file of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Content {
        let mut content = Content::default();
        content.write(0, bytes);
        content
    }

    /// Length in bytes, holes included.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the length is 0.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Pages that exist.
    pub fn pages(&self) -> u64 {
        self.pages.len() as u64
    }

    /// How many of the first `max` bytes from `offset` can be written with at
    /// most `spare` new pages.
    pub fn writable(&self, offset: u64, max: usize, spare: u64) -> usize {
        if max == 0 || needed_at_most(offset, max) <= spare {
            return max;
        }
        let (mut fits, mut spare) = (0, spare);
        for piece in pieces(offset, max) {
            if !self.pages.contains_key(&piece.page) {
                if spare == 0 {
                    break;
                }
                spare -= 1;
            }
            fits += piece.len;
        }
        fits
    }

    /// Writes bytes at an offset; what lies between the old end and it becomes a hole.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let pages = Arc::make_mut(&mut self.pages);
        let mut rest = bytes;
        for piece in pieces(offset, bytes.len()) {
            let (head, tail) = rest.split_at(piece.len);
            rest = tail;
            let page = pages.entry(piece.page).or_default();
            put(Arc::make_mut(page), piece.start, head);
        }
        self.len = self.len.max(offset + bytes.len() as u64);
    }

    /// Appends at most `max` bytes from `offset` to `into` and says how many.
    pub fn read(&self, offset: u64, max: usize, into: &mut Vec<u8>) -> usize {
        let left = self.len.saturating_sub(offset);
        let count = usize::try_from(left).map_or(max, |left| left.min(max));
        // A last block that is read apart is not to move all the others.
        into.reserve(count + PAGE_BYTES);
        let end = into.len() + count;
        let first = offset / PAGE_BYTES as u64;
        for (&number, page) in self.pages.range(first..) {
            let start = number * PAGE_BYTES as u64;
            if start >= offset + count as u64 {
                break;
            }
            // Where this page begins in `into`, and how much of it lies before `offset`.
            let skip = offset.saturating_sub(start) as usize;
            let at = end - count + start.saturating_sub(offset) as usize;
            into.resize(at, 0);
            let wanted = page.len().min(skip + end - at);
            into.extend_from_slice(page.get(skip..wanted).unwrap_or_default());
        }
        into.resize(end, 0);
        count
    }

    /// Cuts the file or lengthens it with a hole.
    pub fn truncate(&mut self, len: u64) {
        if len < self.len {
            let pages = Arc::make_mut(&mut self.pages);
            pages.split_off(&len.div_ceil(PAGE_BYTES as u64));
            if let Some(page) = pages.get_mut(&(len / PAGE_BYTES as u64)) {
                Arc::make_mut(page).truncate((len % PAGE_BYTES as u64) as usize);
            }
        }
        self.len = len;
    }
}

/// The part of a write that falls into one page.
struct Piece {
    page: u64,
    start: usize,
    len: usize,
}

/// Cuts a range at the borders of pages.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = Piece> {
    let (mut offset, mut left) = (offset, len);
    std::iter::from_fn(move || {
        let start = (offset % PAGE_BYTES as u64) as usize;
        let piece = Piece {
            page: offset / PAGE_BYTES as u64,
            start,
            len: left.min(PAGE_BYTES - start),
        };
        offset += piece.len as u64;
        left -= piece.len;
        (piece.len > 0).then_some(piece)
    })
}

/// An upper bound of the pages a range touches.
fn needed_at_most(offset: u64, len: usize) -> u64 {
    let last = offset + (len as u64 - 1);
    last / PAGE_BYTES as u64 - offset / PAGE_BYTES as u64 + 1
}

/// Writes into a page, filling what lies between its end and `start` with zeros.
fn put(page: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    if page.len() < start {
        page.resize(start, 0);
    }
    let inside = bytes.len().min(page.len() - start);
    page[start..start + inside].copy_from_slice(&bytes[..inside]);
    page.extend_from_slice(&bytes[inside..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_byte_far_out_costs_one_page() {
        let mut content = Content::default();
        content.write(1 << 40, b"x");
        assert_eq!((content.len(), content.pages()), ((1 << 40) + 1, 1));
        let mut read = Vec::new();
        assert_eq!(content.read((1 << 40) - 2, 10, &mut read), 3);
        assert_eq!(read, b"\0\0x");
    }

    #[test]
    fn what_fits_is_counted_in_pages() {
        let mut content = Content::default();
        content.write(0, b"head");
        for (offset, max, spare, fits) in [
            (0, 10_000, 0, 4096),
            (0, 10_000, 1, 8192),
            (0, 10_000, 2, 10_000),
            (4096, 1, 0, 0),
            (4000, 200, 0, 96),
            (100, 50, 0, 50),
        ] {
            assert_eq!(
                content.writable(offset, max, spare),
                fits,
                "{max} at {offset} with {spare} pages"
            );
        }
    }

    #[test]
    fn clones_do_not_share_what_is_written_later() {
        let mut one = Content::from_bytes(b"same");
        let two = one.clone();
        one.write(0, b"else");
        let mut read = Vec::new();
        two.read(0, 4, &mut read);
        assert_eq!(read, b"same");
    }

    proptest! {
        #[test]
        fn it_behaves_as_a_row_of_bytes(steps in proptest::collection::vec(
            (0..3u8, 0..20_000usize, proptest::collection::vec(any::<u8>(), 0..9_000)), 1..20)
        ) {
            let (mut content, mut row) = (Content::default(), Vec::new());
            for (kind, offset, bytes) in steps {
                match kind {
                    0 => {
                        content.write(offset as u64, &bytes);
                        if !bytes.is_empty() {
                            let end = offset + bytes.len();
                            if row.len() < end { row.resize(end, 0); }
                            row[offset..end].copy_from_slice(&bytes);
                        }
                    }
                    1 => { content.truncate(offset as u64); row.resize(offset, 0); }
                    _ => {
                        let mut read = b"before".to_vec();
                        let count = content.read(offset as u64, bytes.len(), &mut read);
                        let from = offset.min(row.len());
                        let to = (offset + bytes.len()).min(row.len()).max(from);
                        prop_assert_eq!(count, to - from);
                        prop_assert_eq!(&read[6..], &row[from..to]);
                    }
                }
                prop_assert_eq!(content.len(), row.len() as u64);
            }
        }
    }
}
