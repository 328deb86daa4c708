//! Signals: their names, and what they do to a process that does not care.

/// Ends a process, whatever it cares.
pub const SIGKILL: u8 = 9;
/// A write to a pipe that nobody reads.
pub const SIGPIPE: u8 = 13;
/// Asks a process to end.
pub const SIGTERM: u8 = 15;
/// Lets a stopped process go on.
pub const SIGCONT: u8 = 18;
/// Stops a process, whatever it cares.
pub const SIGSTOP: u8 = 19;
/// The processor time that was allowed is used up.
pub const SIGXCPU: u8 = 24;

/// Signals 1 to 31 by name, as on x86.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
];

/// The highest number of a signal.
pub const SIGNAL_MAX: u8 = 64;

/// What a process does with a signal, other than the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Ignore,
    /// What its program says.
    Catch,
}

/// What a signal does by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    End,
    Stop,
    Continue,
    Nothing,
}

pub(super) fn default(signal: u8) -> Effect {
    match signal {
        17 | 23 | 28 => Effect::Nothing,
        SIGCONT => Effect::Continue,
        SIGSTOP..=22 => Effect::Stop,
        _ => Effect::End,
    }
}

/// Whether it ends a process that does not care.
pub(crate) fn ends(signal: u8) -> bool {
    (1..=SIGNAL_MAX).contains(&signal) && default(signal) == Effect::End
}

/// Whether a process may do with it what it wants.
pub(crate) fn can_be_cared_for(signal: u8) -> bool {
    signal != SIGKILL && signal != SIGSTOP
}

/// The number of a name, with or without SIG, or of a number.
pub(crate) fn number(word: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(word).ok()?;
    if let Ok(number) = text.parse::<u8>() {
        return Some(number).filter(|it| *it <= SIGNAL_MAX);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let index = NAMES.iter().position(|it| *it == name)?;
    u8::try_from(index + 1).ok()
}

/// The name of a number, without SIG.
pub(crate) fn name(number: u8) -> Option<&'static str> {
    NAMES.get(usize::from(number).checked_sub(1)?).copied()
}

/// What the shell says of a command that a signal ended.
pub(crate) fn sentence(number: u8) -> &'static str {
    match number {
        1 => "Hangup",
        3 => "Quit",
        4 => "Illegal instruction",
        5 => "Trace/breakpoint trap",
        6 => "Aborted",
        7 => "Bus error",
        8 => "Floating point exception",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        14 => "Alarm clock",
        15 => "Terminated",
        16 => "Stack fault",
        24 => "CPU time limit exceeded",
        25 => "File size limit exceeded",
        26 => "Virtual timer expired",
        27 => "Profiling timer expired",
        29 => "I/O possible",
        30 => "Power failure",
        31 => "Bad system call",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for (word, signal) in [
            ("KILL", 9),
            ("SIGTERM", 15),
            ("term", 15),
            ("9", 9),
            ("0", 0),
            ("SYS", 31),
        ] {
            assert_eq!(number(word.as_bytes()), Some(signal), "{word}");
        }
        for word in ["", "NONE", "65", "-1", "SIG"] {
            assert_eq!(number(word.as_bytes()), None, "{word}");
        }
        assert_eq!((name(9), name(0), name(32)), (Some("KILL"), None, None));
    }

    #[test]
    fn most_signals_end_a_process() {
        for (signal, effect) in [
            (SIGTERM, Effect::End),
            (SIGSTOP, Effect::Stop),
            (SIGCONT, Effect::Continue),
            (17, Effect::Nothing),
            (SIGXCPU, Effect::End),
        ] {
            assert_eq!(default(signal), effect);
        }
    }
}
