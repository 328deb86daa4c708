//! Why nothing that is sent can harm the machine, however it was damaged.
//!
//! A real agent runs as whoever runs this program, so a damaged request must not
//! become a harmful one: not by itself, not joined with what comes before and
//! after it, not while a batch is made smaller. What could do harm, and why not:
//!
//! - A command that changes the machine: the agent refuses it ([`crate::real::BLOCKED`]).
//! - A file outside the scratch folder, opened for writing: the agent works in the
//!   scratch folder, and bytes that pass [`is_harmless`] hold no string that begins
//!   with a slash or climbs up with `..`. Links in the folder lead to its own files
//!   and to three devices that take no harm.
//! - A program that does something: a name without a slash is looked for on a PATH
//!   that has only our own programs ([`super::ground::PROGRAMS`]), and a name with
//!   one is below the scratch folder, where no file may be executed. A PATH in a
//!   request's `env` is such a name too.
//! - What is left reads.
//!
//! The real side asks before it sends, whatever made the bytes.

/// Escapes of characters from space to slash: `.` and `/` are among them.
const ESCAPED: &[u8] = b"\\u002";

/// Whether no string in the bytes, wherever a parser sees one begin and end, is a
/// path that leads out of the folder the agent works in.
pub(super) fn is_harmless(bytes: &[u8]) -> bool {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
    let slashes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    !has(b"..") && !has(ESCAPED) && slashes.into_iter().all(|(at, _)| is_inside(&bytes[..at]))
}

/// Whether a slash after these bytes is inside a string and not its first
/// character: a letter or the like stands before it, or before its backslash.
fn is_inside(before: &[u8]) -> bool {
    let before = before.strip_suffix(b"\\").unwrap_or(before);
    let last = before.last();
    last.is_some_and(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'/' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::is_harmless;
    use rstest::rstest;

    #[rstest]
    #[case::nothing(b"", true)]
    #[case::name(b"\"a\"", true)]
    #[case::below(b"\"folder/new\"", true)]
    #[case::itself(b"\"./a\"", true)]
    #[case::data(b"\"AAEC/f7/\"", true)]
    #[case::escaped_slash_inside(b"\"a\\/b\"", true)]
    #[case::absolute(b"\"/etc/passwd\"", false)]
    #[case::absolute_in_single_quotes(b"'/a'", false)]
    #[case::slash_alone(b"/", false)]
    #[case::escaped_slash(b"\"\\/etc\"", false)]
    #[case::escaped_backslash(b"\"\\\\/etc\"", false)]
    #[case::numbered_slash(b"\"\\u002fetc\"", false)]
    #[case::numbered_slash_in_capitals(b"\"\\u002Fetc\"", false)]
    #[case::numbered_dots(b"\"\\u002e\\u002e\"", false)]
    #[case::up(b"\"..\"", false)]
    #[case::up_from_below(b"\"a/../../b\"", false)]
    #[case::behind_a_byte_that_is_no_character(b"\"\xFF/etc\"", false)]
    #[case::behind_a_control_character(b"\"\x01/etc\"", false)]
    #[case::path_variable(b"\"PATH=/usr/bin\"", false)]
    #[case::second_in_a_path_variable(b"\"PATH=a:/usr/bin\"", false)]
    fn only_paths_below_the_folder_pass(#[case] bytes: &[u8], #[case] harmless: bool) {
        assert_eq!(is_harmless(bytes), harmless);
    }
}
