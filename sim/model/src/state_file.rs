//! The agent's state file: a key file of GLib's form with the handle counter.

/// The counter where the file or the key is missing.
pub(crate) const FIRST_HANDLE: i64 = 1000;

/// The counter a state file holds; `None` if it is no key file.
///
/// The key is a 32-bit number; anything else counts as 0.
pub(crate) fn counter(content: &[u8]) -> Option<i64> {
    let mut group: Option<&[u8]> = None;
    let mut counter = FIRST_HANDLE;
    for line in content.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Some(name) = line.strip_prefix(b"[").and_then(|it| it.strip_suffix(b"]")) {
            group = Some(name);
            continue;
        }
        let at = line.iter().position(|byte| *byte == b'=')?;
        if group? == b"global" && line[..at].trim_ascii_end() == b"fd_counter" {
            counter = number(line[at + 1..].trim_ascii_start());
        }
    }
    Some(counter)
}

fn number(text: &[u8]) -> i64 {
    let number = std::str::from_utf8(text).ok().and_then(|it| it.parse::<i32>().ok());
    number.map_or(0, i64::from)
}

/// The file for a counter. It is written as a 32-bit number, whatever it is.
pub(crate) fn content(counter: i64) -> Vec<u8> {
    format!("[global]\nfd_counter={}\n", counter as i32).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked of a running 7.2.
    #[test]
    fn a_state_file_is_read_as_the_agent_reads_it() {
        let cases: [(&str, Option<i64>); 15] = [
            ("", Some(1000)),
            ("[global]\n", Some(1000)),
            ("[global]\nfd_counter=5\n", Some(5)),
            ("[global]\nfd_counter = 7 \n", Some(7)),
            ("[global]\nfd_counter=abc\n", Some(0)),
            ("[global]\nfd_counter=5x\n", Some(0)),
            ("[global]\nfd_counter=\n", Some(0)),
            ("[global]\nfd_counter=0x10\n", Some(0)),
            ("[global]\nfd_counter=-5\n", Some(-5)),
            ("[global]\nfd_counter=2147483647\n", Some(2_147_483_647)),
            ("[global]\nfd_counter=2147483648\n", Some(0)),
            ("[global]\nfd_counter=5\nfd_counter=9\n", Some(9)),
            ("# c\n[other]\nfd_counter=1\n", Some(1000)),
            ("junk\n", None),
            ("fd_counter=3\n", None),
        ];
        for (text, expected) in cases {
            assert_eq!(counter(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_counter_is_written_as_a_32_bit_number() {
        assert_eq!(content(1001), b"[global]\nfd_counter=1001\n");
        assert_eq!(content(2_147_483_648), b"[global]\nfd_counter=-2147483648\n");
    }
}
