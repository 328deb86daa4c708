//! How the program ends: its exit statuses, each with a sentence, and what it
//! says when something other than the agent is at fault.

use std::fmt;
use std::process::ExitCode;

/// An exit status and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number the shell sees.
    pub code: u8,
    /// What it means, in words for `--help`.
    pub meaning: &'static str,
}

/// Every claim that could be judged was, and holds.
pub const HOLDS: Status = Status {
    code: 0,
    meaning: "every claim that could be judged was, and holds, or fails as --known says (fmt: nothing to change; fuzz: nothing found)",
};
/// Some claim fails or was not reached.
pub const FAILS: Status = Status {
    code: 1,
    meaning: "some claim fails, was not reached, or holds though --known lists it (fmt --check: some script is not in canonical form; fuzz: something was found, or a script of the corpus still fails)",
};
/// The command line or a script is wrong.
pub const USAGE: Status = Status {
    code: 2,
    meaning: "the command line is wrong, a script does not parse, or a file cannot be read or written",
};
/// The target was not there.
pub const UNREACHABLE: Status = Status {
    code: 3,
    meaning: "the target could not be reached or started, and no claim fails",
};
/// Ended by Ctrl-C.
pub const INTERRUPTED: Status = Status {
    code: 130,
    meaning: "ended by Ctrl-C (143: by SIGTERM, 129: by SIGHUP)",
};

/// Every status that has a line in `--help`.
pub const ALL: [Status; 5] = [HOLDS, FAILS, USAGE, UNREACHABLE, INTERRUPTED];

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status.code)
    }
}

/// Why the program could not do what it was asked: what is wrong and where, and
/// what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// With what status the program ends.
    pub status: Status,
    /// What is wrong, and where.
    pub what: String,
    /// What to do; nothing if `what` says it all.
    pub cure: String,
}

impl Problem {
    /// A mistake on the command line, in a script or with a file.
    pub fn usage(what: impl Into<String>, cure: impl Into<String>) -> Problem {
        Problem {
            status: USAGE,
            what: what.into(),
            cure: cure.into(),
        }
    }

    /// The target could not be reached or started.
    pub fn unreachable(what: impl Into<String>, cure: impl Into<String>) -> Problem {
        Problem {
            status: UNREACHABLE,
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what.trim_end())?;
        if !self.cure.is_empty() {
            write!(f, "\n  help: {}", self.cure)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
