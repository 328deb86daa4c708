//! What both sides find before a batch: the files of the scratch folder, in which
//! the agent works, and the programs on its PATH.
//!
//! Requests name all of it without a path, which is what makes damaged requests
//! harmless: see [`super::harmless`].

/// Regular files and what is in them.
pub(super) const FILES: &[(&str, &str)] = &[("a", "0123456789"), ("empty", ""), ("read-only", "read")];

/// A folder.
pub(super) const FOLDER: &str = "folder";

/// Symbolic links and where they lead. Devices that are the same on every Linux
/// are behind links, so that no request has to name one by its path.
pub(super) const LINKS: &[(&str, &str)] = &[
    ("link", "a"),
    ("dangling", "nowhere"),
    ("loop", "loop"),
    ("null", "/dev/null"),
    ("zero", "/dev/zero"),
    ("full", "/dev/full"),
];

/// A pipe with a name.
pub(super) const PIPE: &str = "pipe";

/// Programs for /bin/sh: their names, their lines, their permissions. None does
/// anything to the machine, whatever its arguments, environment and input are.
pub(super) const PROGRAMS: &[(&str, &str, u16)] = &[
    ("succeeds", "#!/bin/sh\nexit 0\n", 0o755),
    ("fails", "#!/bin/sh\nexit 3\n", 0o755),
    ("says", "#!/bin/sh\nprintf '<%s>' \"$@\"\n", 0o755),
    (
        "environment",
        "#!/bin/sh\nprintf '<%s>' \"$A\" \"$B\" \"$LANG\"\n",
        0o755,
    ),
    ("copies", "#!/bin/sh\nexec /bin/cat\n", 0o755),
    ("complains", "#!/bin/sh\nprintf out\nprintf err >&2\nexit 255\n", 0o755),
    ("dies", "#!/bin/sh\nprintf before\nkill -9 $$\n", 0o755),
    (
        "leaves",
        "#!/bin/sh\nprintf early\n(/bin/sleep 0.02; printf late) &\n",
        0o755,
    ),
    ("large", "#!/bin/sh\nexec /bin/head -c 200000 /dev/zero\n", 0o755),
    ("unnamed", "printf 'no first line'\nexit 4\n", 0o755),
    ("unreadable", "#!/bin/sh\nexit 0\n", 0o644),
    ("lost", "#!interpreter/that/is/missing\n", 0o755),
];
