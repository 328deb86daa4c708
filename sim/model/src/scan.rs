//! Searching bytes in wide steps, so that long strings cost little more than
//! reading them.

/// Bytes looked at together. The test is the same for each, so that the compiler
/// makes one comparison of many.
const STEP: usize = 32;

/// Bytes looked at together where it matters which of them fails: as many as fit
/// into one number.
const BLOCK: usize = 16;

/// The mark of a byte that does not pass.
const FAILS: u8 = 1;

/// The mark of a byte that is not ASCII.
const HIGH: u8 = 0x80;

/// How many bytes at the front all pass. `passes` should be free of branches.
#[inline]
pub(crate) fn prefix(bytes: &[u8], passes: impl Fn(u8) -> bool) -> usize {
    prefix_and_ascii(bytes, passes).0
}

/// The same, and whether they are all ASCII.
#[inline]
pub(crate) fn prefix_and_ascii(bytes: &[u8], passes: impl Fn(u8) -> bool) -> (usize, bool) {
    // One byte of marks for each, so that many fit into one comparison.
    let mark = |byte: u8| u8::from(!passes(byte)) | byte & HIGH;
    // Most strings are short: wide steps are for what is long.
    let head = bytes.len().min(STEP);
    let (mut length, mut marks) = in_blocks(&bytes[..head], mark);
    if length < STEP {
        return (length, marks & HIGH == 0);
    }
    for chunk in bytes[STEP..].chunks_exact(STEP) {
        let found = chunk.iter().fold(0, |found, byte| found | mark(*byte));
        if found & FAILS != 0 {
            break;
        }
        marks |= found;
        length += STEP;
    }
    let (last, found) = in_blocks(&bytes[length..], mark);
    (length + last, (marks | found) & HIGH == 0)
}

/// How many bytes at the front all pass, and their marks.
#[inline]
fn in_blocks(bytes: &[u8], mark: impl Fn(u8) -> u8) -> (usize, u8) {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut marks = 0;
    for (at, block) in blocks.iter().enumerate() {
        let found = u128::from_le_bytes(block.map(&mark));
        let failing = found & each(FAILS);
        if failing != 0 {
            let passing = failing.trailing_zeros() as usize / 8;
            let high = found & each(HIGH) & ((1 << (8 * passing)) - 1);
            return (BLOCK * at + passing, marks | if high == 0 { 0 } else { HIGH });
        }
        marks |= if found == 0 { 0 } else { HIGH };
    }
    let (last, found) = one_by_one(rest, mark);
    (BLOCK * blocks.len() + last, marks | found)
}

/// A mark in each byte of a block.
const fn each(mark: u8) -> u128 {
    u128::from_le_bytes([mark; BLOCK])
}

/// The same for what fills no block.
#[inline]
fn one_by_one(bytes: &[u8], mark: impl Fn(u8) -> u8) -> (usize, u8) {
    let mut marks = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let found = mark(*byte);
        if found & FAILS != 0 {
            return (at, marks);
        }
        marks |= found;
    }
    (bytes.len(), marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_fails_is_found_wherever_it_is() {
        for length in 0..100 {
            let mut bytes = vec![b'x'; length];
            assert_eq!(prefix(&bytes, |byte| byte == b'x'), length);
            for at in 0..length {
                bytes[at] = b'y';
                assert_eq!(prefix(&bytes, |byte| byte == b'x'), at, "of {length}");
                bytes[at] = b'x';
            }
        }
    }

    #[test]
    fn a_byte_beyond_ascii_is_noticed_wherever_it_is() {
        for length in 0..100 {
            let mut bytes = vec![b'x'; length];
            bytes.extend_from_slice(b"\"\x80");
            let passes = |byte: u8| byte != b'"';
            assert_eq!(prefix_and_ascii(&bytes, passes), (length, true));
            for at in 0..length {
                bytes[at] = 0x80;
                assert_eq!(prefix_and_ascii(&bytes, passes), (length, false), "{at} of {length}");
                bytes[at] = b'x';
            }
        }
    }
}
