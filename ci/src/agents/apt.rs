//! Debian's package tools, kept inside a folder of our own.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::mirror::Mirror;

/// How often a download is tried again before it counts as failed.
const DOWNLOAD_RETRIES: u32 = 3;

/// The package system, looking at one suite and writing below one folder.
pub(super) struct Apt {
    folder: PathBuf,
    options: Vec<String>,
}

impl Apt {
    /// Lays out `folder` for the suite; the machine's own state stays untouched.
    pub(super) fn new(folder: &Path, mirror: &Mirror, suite: &str) -> Result<Apt> {
        for part in ["lists/partial", "cache/archives/partial"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).with_context(|| format!("cannot make the folder {}", part.display()))?;
        }
        fs::write(folder.join("sources.list"), mirror.list(suite))?;
        fs::write(folder.join("status"), "")?;
        Ok(Apt {
            folder: folder.to_owned(),
            options: options(&folder.display().to_string()),
        })
    }

    /// Downloads the newest version of each package.
    pub(super) fn fetch(&self, names: &[&str]) -> Result<Vec<Package>> {
        self.run(&["update"])?;
        self.run(&[&["download"], names].concat())?;
        let files = fs::read_dir(&self.folder)?.flatten().map(|it| it.path());
        let files = files.filter(|it| it.extension() == Some(OsStr::new("deb")));
        let mut packages = files.map(Package::read).collect::<Result<Vec<_>>>()?;
        packages.sort_by_key(|it| names.iter().position(|name| *name == it.name));
        Ok(packages)
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("apt-get");
        command.args(&self.options).args(arguments).current_dir(&self.folder);
        output(&mut command).map(drop)
    }
}

fn options(folder: &str) -> Vec<String> {
    [
        format!("Dir::Etc::SourceList={folder}/sources.list"),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        format!("Dir::State::Lists={folder}/lists"),
        // Nothing counts as installed, so the suite's own version is the candidate.
        format!("Dir::State::status={folder}/status"),
        format!("Dir::Cache={folder}/cache"),
        format!("Acquire::Retries={DOWNLOAD_RETRIES}"),
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        // Root may write below any folder; the user apt would change to may not.
        "APT::Sandbox::User=root".to_owned(),
    ]
    .map(|it| format!("-o{it}"))
    .to_vec()
}

/// A downloaded package.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    file: PathBuf,
}

impl Package {
    fn read(file: PathBuf) -> Result<Package> {
        let field = |name: &str| -> Result<String> {
            Ok(output(Command::new("dpkg-deb").arg("--field").arg(&file).arg(name))?
                .trim()
                .to_owned())
        };
        Ok(Package {
            name: field("Package")?,
            version: field("Version")?,
            file,
        })
    }

    /// Unpacks the files it would install below `folder`; none of its scripts runs.
    pub(super) fn unpack(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        output(Command::new("dpkg-deb").arg("--extract").arg(&self.file).arg(folder)).map(drop)
    }
}

/// What a program printed; all of it is the error if it fails.
fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let result = command
        .output()
        .with_context(|| format!("cannot start {program}: real agents are fetched with Debian's own tools"))?;
    if !result.status.success() {
        let said = String::from_utf8_lossy(&result.stderr);
        bail!("{program} failed ({}):\n{}", result.status, said.trim_end());
    }
    Ok(String::from_utf8_lossy(&result.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_quoted_and_a_missing_one_named() {
        let failing = output(Command::new("sh").args(["-c", "echo no such package >&2; exit 100"]));
        let error = failing.unwrap_err().to_string();
        assert_eq!(error, "sh failed (exit status: 100):\nno such package");
        let missing = output(&mut Command::new("no-such-program-here"))
            .unwrap_err()
            .to_string();
        assert!(missing.starts_with("cannot start no-such-program-here"), "{missing}");
    }
}
