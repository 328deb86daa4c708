//! The three that are measured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::real;
use crate::server::Places;

/// A program that answers on a unix socket.
pub(super) struct Target {
    /// Which of the three it is.
    pub(super) kind: Kind,
    program: PathBuf,
}

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It answers bytes of the right number and nothing else.
    Floor,
    /// The simulator.
    Simulator,
    /// The real agent.
    Real,
}

impl Target {
    pub(super) fn floor(folder: &Path) -> Target {
        Target {
            kind: Kind::Floor,
            program: folder.join("floor"),
        }
    }

    pub(super) fn simulator(folder: &Path) -> Target {
        Target {
            kind: Kind::Simulator,
            program: folder.join("qga-sim"),
        }
    }

    pub(super) fn real(program: PathBuf) -> Target {
        Target {
            kind: Kind::Real,
            program,
        }
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Its command line; only the floor has to be told how long its replies are.
    pub(super) fn arguments(&self, places: &Places<'_>, reply_bytes: usize) -> Vec<OsString> {
        match self.kind {
            Kind::Floor => vec![places.socket.as_os_str().to_owned(), reply_bytes.to_string().into()],
            Kind::Simulator | Kind::Real => real::arguments(places),
        }
    }
}
