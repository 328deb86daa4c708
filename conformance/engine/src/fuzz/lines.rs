//! The lines of a shell that sessions run: all there are, and none does anything else.

use super::session::Word;
use serde_json::Value;

/// Runs for two seconds, and no line for longer.
pub(super) const LASTS: &str = "exec sleep 2";
/// Writes a little, and ends soon.
pub(super) const SOON: &str = "echo a; sleep 0.02";
/// Writes to both streams.
pub(super) const BOTH_STREAMS: &str = "echo a; echo b >&2";
/// Writes what it is given to the stream for errors.
pub(super) const ERRORS: &str = "exec cat >&2";
/// Writes the variable that it may be given.
pub(super) const ECHOES: &str = "echo \"${QGA}\"";
/// How that variable stands in an environment.
pub(super) const VARIABLE: &str = "QGA=";
/// Adds to the file `$0`, and writes what is in it a little later: by then anybody who does
/// it twice has done so.
pub(super) const ADDS: &str = "echo a >>\"$0\"; sleep 0.02; cat \"$0\"";
/// Ends with the status that stands behind it.
const EXITS: &str = "exit ";
/// What stands before and behind the signal by which a line ends itself; it leaves no core.
const KILLS: (&str, &str) = ("ulimit -c 0 2>/dev/null; kill -", " $$");

/// A line that ends with a status.
pub(super) fn exit(status: u8) -> String {
    format!("{EXITS}{status}")
}

/// The status with which a line ends that does nothing else.
pub(super) fn exit_of(line: &str) -> Option<i64> {
    line.strip_prefix(EXITS)?.parse().ok()
}

/// A line that ends itself by a signal.
pub(super) fn kill(signal: u8) -> String {
    format!("{}{signal}{}", KILLS.0, KILLS.1)
}

/// The signal by which a line ends itself that does nothing else.
pub(super) fn signal_of(line: &str) -> Option<i64> {
    line.strip_prefix(KILLS.0)?.strip_suffix(KILLS.1)?.parse().ok()
}

/// The arguments of a shell that runs a line without a dollar sign, as JSON.
pub(super) fn shell(line: &'static str) -> Word {
    Word::Owned(format!("[\"-c\", {}]", Value::from(line)))
}

/// Whether these are the arguments of a shell that runs such a line.
pub(super) fn runs(arguments: &str, line: &'static str) -> bool {
    arguments.contains(line) && *arguments == *shell(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_does_is_read_from_it() {
        assert_eq!((exit_of(&exit(127)), signal_of(&exit(127))), (Some(127), None));
        assert_eq!((exit_of(&kill(34)), signal_of(&kill(34))), (None, Some(34)));
        assert_eq!((exit_of(LASTS), signal_of(LASTS)), (None, None));
        assert!(runs(&shell(LASTS), LASTS) && !runs(&shell(SOON), LASTS));
    }
}
