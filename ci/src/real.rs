//! The installed agent, and how to start one without harm.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::server::Places;

/// What a real agent must not do to the machine it is tested on.
pub(crate) const BLOCKED: &str = "guest-shutdown,guest-suspend-disk,guest-suspend-ram,guest-suspend-hybrid,\
    guest-set-time,guest-set-user-password,guest-set-vcpus,guest-set-memory-blocks,guest-fstrim,\
    guest-fsfreeze-freeze,guest-fsfreeze-freeze-list,guest-ssh-add-authorized-keys,\
    guest-ssh-remove-authorized-keys";

/// Where Debian installs it; an ordinary user's PATH does not have this folder.
const INSTALLED: &str = "/usr/sbin/qemu-ga";

/// The installed agent, if there is one.
pub(crate) fn installed() -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&folders)
        .map(|it| it.join("qemu-ga"))
        .find(|it| it.is_file());
    on_path.or_else(|| Some(PathBuf::from(INSTALLED)).filter(|it| it.is_file()))
}

/// The arguments of an agent: qemu-ga's and qga-sim's alike.
pub(crate) fn arguments(places: &Places<'_>) -> Vec<OsString> {
    let path = |path: &Path| path.as_os_str().to_owned();
    let mut arguments: Vec<OsString> = ["-m", "unix-listen", "-p"].map(OsString::from).to_vec();
    arguments.push(path(places.socket));
    arguments.push("-t".into());
    arguments.push(path(places.state));
    arguments.push("-b".into());
    arguments.push(BLOCKED.into());
    arguments
}

/// The command for `--spawn` that starts an agent, qemu-ga or qga-sim, with all that is
/// harmful blocked.
pub(crate) fn spawn(program: &Path) -> String {
    let program = program.display().to_string();
    format!(
        "{} -m unix-listen -p {{socket}} -t {{state}} -b {BLOCKED}",
        shell_words::quote(&program)
    )
}

/// The variable by which the absence of a real agent is a failure and no skip.
pub(crate) const REQUIRED: &str = "QGA_REQUIRE_AGENT";

/// Whether there must be a real agent here.
pub(crate) fn is_required() -> bool {
    env::var_os(REQUIRED).is_some_and(|it| !it.is_empty() && it != "0")
}

/// The installed agent for a test; without one the test says that it is skipped,
/// or fails where one is required.
#[cfg(test)]
pub(crate) fn installed_or_skipped() -> Option<PathBuf> {
    use std::io::Write;
    let found = installed();
    if found.is_none() {
        assert!(!is_required(), "qemu-ga is not installed, and {REQUIRED} is set");
        // Not `eprintln!`, which is shown for failing tests only.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: qemu-ga is not installed (apt-get install qemu-guest-agent)"
        );
    }
    found
}
