//! Where a program is looked for whose name has no slash.

use super::sys::Sys;
use crate::guest::errno::Errno;

/// Who looks for the program, and with that, where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// GLib, which looks into the PATH of the new environment first.
    #[default]
    Glib,
    /// The C library.
    Libc,
}

/// The shell that runs programs which are text without a first line that says by what.
const SHELL: &[u8] = b"/bin/sh";

impl Search {
    /// The folders to look into, separated by colons.
    pub(super) fn path<'a>(self, new: &'a [Vec<u8>], own: &'a [Vec<u8>]) -> &'a [u8] {
        let (first, fallback): (_, &[u8]) = match self {
            Search::Glib => (variable(new, b"PATH"), b"/bin:/usr/bin:."),
            Search::Libc => (None, b"/bin:/usr/bin"),
        };
        first.or_else(|| variable(own, b"PATH")).unwrap_or(fallback)
    }
}

/// A variable of an environment.
pub(crate) fn variable<'a>(environment: &'a [Vec<u8>], name: &[u8]) -> Option<&'a [u8]> {
    environment
        .iter()
        .find_map(|it| it.strip_prefix(name)?.strip_prefix(b"="))
}

/// The paths a name may stand for, in the order in which they are tried.
pub(crate) fn candidates<'a>(path: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = Vec<u8>> + 'a {
    let folders = path.split(|byte| *byte == b':');
    folders.map(move |folder| match folder {
        b"" => name.to_vec(),
        _ => [folder, b"/", name].concat(),
    })
}

/// Turns a process into the program that its first word names.
///
/// # Errors
/// Those of execve(2); of several candidates the one that says most.
pub(super) fn exec(
    sys: &mut Sys<'_>,
    path: &[u8],
    words: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
) -> Result<(), Errno> {
    let name = words.first().cloned().unwrap_or_default();
    if name.is_empty() {
        return Err(Errno::ENOENT);
    }
    if name.contains(&b'/') {
        return exec_or_script(sys, &name, &words, &environment);
    }
    let mut error = Errno::ENOENT;
    for candidate in candidates(path, &name) {
        match exec_or_script(sys, &candidate, &words, &environment) {
            Err(Errno::EACCES) => error = Errno::EACCES,
            Err(Errno::ENOENT | Errno::ESTALE | Errno::ENOTDIR | Errno::ENODEV | Errno::ETIMEDOUT) => {}
            decided => return decided,
        }
    }
    Err(error)
}

/// Text that does not say what runs it is run by the shell.
fn exec_or_script(sys: &mut Sys<'_>, path: &[u8], words: &[Vec<u8>], environment: &[Vec<u8>]) -> Result<(), Errno> {
    match sys.exec(path, words.to_vec(), environment.to_vec()) {
        Err(Errno::ENOEXEC) => {
            let mut script = vec![SHELL.to_vec(), path.to_vec()];
            script.extend(words.iter().skip(1).cloned());
            sys.exec(SHELL, script, environment.to_vec())
        }
        decided => decided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(items: &[&str]) -> Vec<Vec<u8>> {
        items.iter().map(|it| it.as_bytes().to_vec()).collect()
    }

    #[test]
    fn the_new_environment_comes_first_for_glib() {
        let own = environment(&["PATH=/own"]);
        let new = environment(&["A=b", "PATH=/new"]);
        let none = environment(&["PATHS=/x"]);
        for (search, new, own, path) in [
            (Search::Glib, &new, &own, "/new"),
            (Search::Libc, &new, &own, "/own"),
            (Search::Glib, &none, &own, "/own"),
            (Search::Glib, &none, &none, "/bin:/usr/bin:."),
            (Search::Libc, &none, &none, "/bin:/usr/bin"),
        ] {
            assert_eq!(search.path(new, own), path.as_bytes());
        }
    }

    #[test]
    fn an_empty_folder_is_the_working_folder() {
        let paths: Vec<_> = candidates(b"/a::/b", b"x").collect();
        assert_eq!(paths, [b"/a/x".to_vec(), b"x".to_vec(), b"/b/x".to_vec()]);
    }
}
