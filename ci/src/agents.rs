//! `cargo ci agents`: real agents of four generations, from Debian.
//!
//! Each is unpacked into a folder of its own and never installed; the machine's
//! package system is asked for its mirror and otherwise left alone.

mod apt;
mod launcher;
mod mirror;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use self::apt::{Apt, Package};
pub(crate) use self::launcher::version;
use self::mirror::Mirror;
use self::source::{SOURCES, Source};
use crate::root::root;

/// Fetch real agents from Debian, each into DIR/RELEASE/qemu-ga.
#[derive(Args)]
pub(crate) struct Options {
    /// The releases to fetch; the four generations if none is named.
    #[arg(value_name = "RELEASE")]
    releases: Vec<String>,
    /// Where to put them [default: target/agents].
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Ask the mirror again for releases that are already there.
    #[arg(long)]
    refresh: bool,
}

/// The folder that [`run`] fills unless told otherwise.
pub(crate) fn default_dir() -> PathBuf {
    root().join("target/agents")
}

/// The releases that [`run`] fetches unless told otherwise.
pub(crate) fn releases() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().filter(|it| it.by_default).map(|it| it.release)
}

/// Fetches what is not there yet and prints what is there then.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let wanted = wanted(&options.releases)?;
    let dir = options.dir.clone().unwrap_or_else(default_dir);
    fs::create_dir_all(&dir).with_context(|| format!("cannot make the folder {}", dir.display()))?;
    let dir = dir.canonicalize()?;
    for source in wanted {
        let agent = Agent::below(&dir, source);
        let cached = !options.refresh && agent.version().is_ok();
        if !cached {
            agent
                .fetch()
                .with_context(|| format!("cannot fetch release {}", source.release))?;
        }
        agent.print(cached)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn wanted(names: &[String]) -> Result<Vec<&'static Source>> {
    if names.is_empty() {
        return Ok(SOURCES.iter().filter(|it| it.by_default).collect());
    }
    names.iter().map(|name| find(name)).collect()
}

fn find(name: &str) -> Result<&'static Source> {
    match SOURCES.iter().find(|it| it.release == name) {
        Some(source) => Ok(source),
        None => {
            let known: Vec<_> = SOURCES.iter().map(|it| it.release).collect();
            bail!("no package of release {name} is known; there are {}", known.join(", "))
        }
    }
}

/// One release in its folder.
struct Agent {
    source: &'static Source,
    folder: PathBuf,
    work: PathBuf,
}

impl Agent {
    fn below(dir: &Path, source: &'static Source) -> Agent {
        Agent {
            source,
            folder: dir.join(source.release),
            work: dir.join(".work").join(source.release),
        }
    }

    fn start(&self) -> PathBuf {
        self.folder.join("qemu-ga")
    }

    fn list(&self) -> PathBuf {
        self.folder.join("packages.txt")
    }

    /// What the agent itself says it is.
    fn version(&self) -> Result<String> {
        launcher::version(&self.start())
    }

    /// Downloads and unpacks the newest packages of the suite.
    fn fetch(&self) -> Result<()> {
        eprintln!("{}: asking Debian's {} …", self.source.release, self.source.suite);
        let _ = fs::remove_dir_all(&self.work);
        let apt = Apt::new(&self.work, &Mirror::of_this_machine()?, self.source.suite)?;
        let packages = apt.fetch(&self.source.packages())?;
        let _ = fs::remove_dir_all(&self.folder);
        self.unpack(&packages)?;
        let version = self.version()?;
        if !version.contains(&format!(" {}.", self.source.release)) && !version.ends_with(self.source.release) {
            let (suite, release) = (self.source.suite, self.source.release);
            eprintln!("warning: Debian's {suite} has moved on: this is {version}, not {release}");
        }
        fs::remove_dir_all(&self.work).context("cannot remove the downloaded packages")
    }

    fn unpack(&self, packages: &[Package]) -> Result<()> {
        let tree = self.folder.join("root");
        for package in packages {
            package.unpack(&tree)?;
        }
        let lines: String = packages
            .iter()
            .map(|it| format!("{} {}\n", it.name, it.version))
            .collect();
        fs::write(self.list(), lines)?;
        launcher::write(&self.start(), &tree, self.source.libraries)
    }

    fn print(&self, cached: bool) -> Result<()> {
        let packages = fs::read_to_string(self.list()).context("the list of packages is missing; use --refresh")?;
        let note = if cached { " (cached)" } else { "" };
        println!("{:<8} {}{note}", self.source.release, self.version()?);
        println!("         {}", self.start().display());
        for line in packages.lines() {
            println!("         {} from {}", line, self.source.suite);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_generations_are_wanted_unless_some_are_named() {
        let names = |wanted: Vec<&Source>| wanted.iter().map(|it| it.release).collect::<Vec<_>>();
        assert_eq!(names(wanted(&[]).unwrap()), ["5.2", "7.2", "10.0", "11.1"]);
        assert_eq!(names(wanted(&["10.0.13".to_owned()]).unwrap()), ["10.0.13"]);
    }

    #[test]
    fn an_unknown_release_is_refused_with_the_known_ones() {
        let error = wanted(&["3.0".to_owned()]).err().unwrap().to_string();
        assert_eq!(
            error,
            "no package of release 3.0 is known; there are 5.2, 7.2, 10.0, 10.0.13, 11.1"
        );
    }
}
