//! Which suite of Debian has which release, and what it needs to run here.

/// Where a release comes from.
pub(super) struct Source {
    /// The release, as the project names it.
    pub(super) release: &'static str,
    /// The suite whose newest package is taken.
    pub(super) suite: &'static str,
    /// Whose libraries it runs with.
    pub(super) libraries: Libraries,
    /// Whether it is fetched when no release is named.
    pub(super) by_default: bool,
}

/// Whose libraries an agent runs with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Libraries {
    /// The machine's.
    Machine,
    /// The machine's, and these packages that it no longer has.
    Beside(&'static [&'static str]),
    /// These packages alone, loader included: the machine's are too old.
    Own(&'static [&'static str]),
}

/// All that the agent of a newer suite loads.
const WHOLE: &[&str] = &[
    "libc6",
    "libglib2.0-0t64",
    "liburing2",
    "libnuma1",
    "libudev1",
    "libpcre2-8-0",
    "libcap2",
    "libgcc-s1",
    "libatomic1",
];

/// Every release that Debian has, oldest first.
pub(super) const SOURCES: &[Source] = &[
    Source {
        release: "5.2",
        suite: "bullseye",
        libraries: Libraries::Beside(&["liburing1"]),
        by_default: true,
    },
    Source {
        release: "7.2",
        suite: "bookworm",
        libraries: Libraries::Machine,
        by_default: true,
    },
    Source {
        release: "10.0",
        suite: "bookworm-backports",
        libraries: Libraries::Machine,
        by_default: true,
    },
    Source {
        release: "10.0.13",
        suite: "trixie",
        libraries: Libraries::Own(WHOLE),
        by_default: false,
    },
    Source {
        release: "11.1",
        suite: "sid",
        libraries: Libraries::Own(WHOLE),
        by_default: true,
    },
];

impl Source {
    /// The packages to fetch, the agent's own first.
    pub(super) fn packages(&self) -> Vec<&'static str> {
        let more = match self.libraries {
            Libraries::Machine => &[],
            Libraries::Beside(packages) | Libraries::Own(packages) => packages,
        };
        ["qemu-guest-agent"].iter().chain(more).copied().collect()
    }
}
