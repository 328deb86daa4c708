//! Searching bytes in wide steps, so that long strings cost little more than
//! reading them.

/// Bytes looked at together. The test is the same for each, so that the compiler
/// makes one comparison of many.
const STEP: usize = 32;

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
    let (head, rest) = bytes.split_at(bytes.len().min(STEP));
    let (mut length, mut marks) = one_by_one(head, mark);
    if length < STEP {
        return (length, marks & HIGH == 0);
    }
    for chunk in rest.chunks_exact(STEP) {
        let found = chunk.iter().fold(0, |found, byte| found | mark(*byte));
        if found & FAILS != 0 {
            break;
        }
        marks |= found;
        length += STEP;
    }
    let (last, found) = one_by_one(&bytes[length..], mark);
    (length + last, (marks | found) & HIGH == 0)
}

/// How many bytes at the front all pass, and their marks.
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
