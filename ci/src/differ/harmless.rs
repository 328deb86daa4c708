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
//! - What is left reads, or thaws filesystems, which changes nothing unless somebody
//!   else has frozen them.
//!
//! The real side asks before it sends, whatever made the bytes.

/// Escapes of characters from space to slash: `.` and `/` are among them.
const ESCAPED: &[u8] = b"\\u002";

/// Bytes before a byte that decide about it, at most.
pub(super) const REACH_BYTES: usize = 8;

/// Whether no string in the bytes, wherever a parser sees one begin and end, is a
/// path that leads out of the folder the agent works in.
pub(super) fn is_harmless(bytes: &[u8]) -> bool {
    is_harmless_behind(&[], bytes)
}

/// The same for bytes behind others that are harmless, of which the last
/// [`REACH_BYTES`] are enough.
pub(super) fn is_harmless_behind(before: &[u8], bytes: &[u8]) -> bool {
    let all = [before, bytes].concat();
    let has = |part: &[u8]| all.windows(part.len()).any(|it| it == part);
    let mut slashes = (before.len()..all.len()).filter(|at| all[*at] == b'/');
    !has(b"..") && !has(ESCAPED) && slashes.all(|at| is_inside(&all[..at]))
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
    use super::{REACH_BYTES, is_harmless, is_harmless_behind};
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

    #[rstest]
    #[case::slash_that_was_cut_off(b"folder/new", b"\"", true)]
    #[case::slash_behind_a_letter(b"a", b"/b", true)]
    #[case::slash_behind_a_quote(b"\"", b"/b", false)]
    #[case::second_dot(b".", b"./b", false)]
    #[case::escape_in_two(b"\\u00", b"2f", false)]
    fn bytes_are_judged_behind_those_that_were_sent(
        #[case] before: &[u8],
        #[case] bytes: &[u8],
        #[case] harmless: bool,
    ) {
        let reach = &before[before.len().saturating_sub(REACH_BYTES)..];
        assert_eq!(is_harmless_behind(reach, bytes), harmless);
        assert_eq!(is_harmless(&[before, bytes].concat()), harmless);
        // Wherever the rest of what was sent is cut off.
        assert!(!harmless || (0..before.len()).all(|at| is_harmless_behind(&before[at..], b"\"")));
    }
}
