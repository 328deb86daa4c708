//! The file by which an unpacked agent is started as if it were installed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::source::Libraries;

/// Where the package puts the agent.
const PROGRAM: &str = "usr/sbin/qemu-ga";

/// Makes `file` start the agent unpacked in `tree`.
pub(super) fn write(file: &Path, tree: &Path, libraries: Libraries) -> Result<()> {
    let program = tree.join(PROGRAM);
    if !program.exists() {
        bail!("the package has no /{PROGRAM}");
    }
    let loader = match libraries {
        Libraries::Machine => return symlink(&program, file).context("cannot link the agent"),
        Libraries::Beside(_) => loader_below(Path::new("/"))?,
        Libraries::Own(_) => loader_below(tree)?,
    };
    fs::write(file, script(&loader, &library_folders(tree)?, &program))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// What the agent says it is, such as `QEMU Guest Agent 7.2.22`.
pub(crate) fn version(file: &Path) -> Result<String> {
    let output = Command::new(file)
        .arg("-V")
        .output()
        .with_context(|| format!("cannot start {}", file.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} does not run here ({}): {}\nits libraries come with `apt-get install qemu-guest-agent`",
            file.display(),
            output.status,
            said.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The libraries are named to the loader and not in the environment, which the
/// programs that the agent starts would inherit.
fn script(loader: &Path, libraries: &[PathBuf], program: &Path) -> String {
    let folders: Vec<_> = libraries.iter().map(|it| it.display().to_string()).collect();
    format!(
        "#!/bin/sh\nexec '{}' --argv0 \"$0\" --library-path '{}' '{}' \"$@\"\n",
        loader.display(),
        folders.join(":"),
        program.display()
    )
}

fn loader_below(tree: &Path) -> Result<PathBuf> {
    ["lib64", "usr/lib64", "lib", "usr/lib"]
        .iter()
        .filter_map(|folder| first_named(&tree.join(folder), "ld-linux"))
        .next()
        .with_context(|| format!("there is no dynamic loader below {}", tree.display()))
}

/// The folders with the unpacked libraries: one, and where there is one the
/// service manager's private folder in it.
fn library_folders(tree: &Path) -> Result<Vec<PathBuf>> {
    let folders = ["lib", "usr/lib"]
        .iter()
        .filter_map(|it| fs::read_dir(tree.join(it)).ok());
    let folders = folders.flatten().flatten().map(|it| it.path());
    let mut found: Vec<_> = folders.filter(|it| first_named(it, "lib").is_some()).collect();
    if found.is_empty() {
        bail!("there are no libraries below {}", tree.display());
    }
    let private: Vec<_> = found
        .iter()
        .map(|it| it.join("systemd"))
        .filter(|it| it.is_dir())
        .collect();
    found.extend(private);
    Ok(found)
}

fn first_named(folder: &Path, start: &str) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    let mut found: Vec<_> = files
        .filter(|it| {
            let name = it.file_name();
            let name = name.to_string_lossy();
            name.starts_with(start) && name.contains(".so")
        })
        .map(|it| it.path())
        .collect();
    found.sort();
    found.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        for file in files {
            let path = tree.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        tree
    }

    #[test]
    fn the_script_names_the_trees_own_loader_and_libraries() {
        let tree = tree(&[
            PROGRAM,
            "usr/lib64/ld-linux-x86-64.so.2",
            "usr/lib/x86_64-linux-gnu/libc.so.6",
            "usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared.so",
        ]);
        let file = tree.path().join("qemu-ga");
        write(&file, tree.path(), Libraries::Own(&[])).unwrap();
        let text = fs::read_to_string(&file)
            .unwrap()
            .replace(&tree.path().display().to_string(), "TREE");
        assert_eq!(
            text,
            "#!/bin/sh\nexec 'TREE/usr/lib64/ld-linux-x86-64.so.2' --argv0 \"$0\" --library-path \
             'TREE/usr/lib/x86_64-linux-gnu:TREE/usr/lib/x86_64-linux-gnu/systemd' 'TREE/usr/sbin/qemu-ga' \"$@\"\n"
        );
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn what_a_package_lacks_is_named() {
        for (files, missing) in [
            (&[][..], "the package has no /usr/sbin/qemu-ga"),
            (&[PROGRAM][..], "there is no dynamic loader below"),
            (
                &[PROGRAM, "lib64/ld-linux-x86-64.so.2"][..],
                "there are no libraries below",
            ),
        ] {
            let tree = tree(files);
            let result = write(&tree.path().join("qemu-ga"), tree.path(), Libraries::Own(&[]));
            let error = result.unwrap_err().to_string();
            assert!(error.starts_with(missing), "{error}");
        }
    }

    #[test]
    fn an_agent_that_does_not_run_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let (text, file) = (folder.path().join("text"), folder.path().join("qemu-ga"));
        fs::write(&text, "#!/bin/sh\necho libmissing.so.1: not found >&2\nexit 127\n").unwrap();
        fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).unwrap();
        // Another process writes what is run: one that a test beside this one starts
        // meanwhile would hold it open, and what is open for writing cannot be run.
        let copied = Command::new("cp").arg("-p").args([&text, &file]).status().unwrap();
        assert!(copied.success());
        let error = version(&file).unwrap_err().to_string();
        assert!(error.contains("libmissing.so.1: not found"), "{error}");
        assert!(version(&folder.path().join("absent")).is_err());
    }
}
