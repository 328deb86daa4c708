//! Searching bytes in wide steps, so that long strings cost little more than
//! reading them.

/// Bytes looked at together. The test is the same for each, so that the compiler
/// makes one comparison of many.
const STEP: usize = 32;

/// How many bytes at the front all pass. `passes` should be free of branches.
#[inline]
pub(crate) fn prefix(bytes: &[u8], passes: impl Fn(u8) -> bool) -> usize {
    let mut at = 0;
    for chunk in bytes.chunks_exact(STEP) {
        if !chunk.iter().fold(true, |all, byte| all & passes(*byte)) {
            break;
        }
        at += STEP;
    }
    while at < bytes.len() && passes(bytes[at]) {
        at += 1;
    }
    at
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
}
