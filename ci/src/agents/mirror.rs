//! The mirror of Debian that this machine uses, read from its list of sources.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where Debian's suites are found, and which keys sign them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mirror {
    uri: String,
    signed_by: Option<String>,
}

impl Mirror {
    /// The mirror in `/etc/apt`.
    pub(super) fn of_this_machine() -> Result<Mirror> {
        Mirror::below(Path::new("/etc/apt"))
    }

    fn below(folder: &Path) -> Result<Mirror> {
        files(folder)
            .iter()
            .filter_map(|path| Some((path, fs::read_to_string(path).ok()?)))
            .find_map(|(path, text)| match path.extension()?.to_str()? {
                "sources" => in_stanzas(&text),
                "list" => in_lines(&text),
                _ => None,
            })
            .with_context(|| {
                let folder = folder.display();
                format!("{folder} names no mirror of Debian: agents are fetched from Debian's archive alone")
            })
    }

    /// A sources list for one suite.
    pub(super) fn list(&self, suite: &str) -> String {
        let options = self.signed_by.as_ref().map(|keys| format!("[signed-by={keys}] "));
        format!("deb {}{} {suite} main\n", options.unwrap_or_default(), self.uri)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let parts = fs::read_dir(folder.join("sources.list.d")).into_iter().flatten();
    let mut parts: Vec<_> = parts.flatten().map(|it| it.path()).collect();
    parts.sort();
    parts.insert(0, folder.join("sources.list"));
    parts
}

/// Only the main archive has every suite; security and updates have their own.
fn is_archive(uri: &str, suite: &str) -> bool {
    let plain = !suite.contains('-') && !suite.contains('/');
    plain && uri.trim_end_matches('/').ends_with("/debian")
}

/// The form of `*.sources`: paragraphs of `Name: value`.
fn in_stanzas(text: &str) -> Option<Mirror> {
    text.split("\n\n").find_map(|stanza| {
        let uri = field(stanza, "URIs")?.split_whitespace().next()?.to_owned();
        let mut suites = field(stanza, "Suites")?.split_whitespace();
        let signed_by = field(stanza, "Signed-By").map(str::to_owned);
        suites
            .any(|suite| is_archive(&uri, suite))
            .then_some(Mirror { uri, signed_by })
    })
}

fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.split_once(':').filter(|(it, _)| it.eq_ignore_ascii_case(name));
    stanza
        .lines()
        .find_map(value)
        .map(|(_, value)| value.trim())
        .filter(|it| !it.is_empty())
}

/// The form of `*.list`: `deb [options] URI SUITE COMPONENT…` a line.
fn in_lines(text: &str) -> Option<Mirror> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(open) => open.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        let keys = options.split_whitespace().find_map(|it| it.strip_prefix("signed-by="));
        is_archive(uri, suite).then(|| Mirror {
            uri: uri.to_owned(),
            signed_by: keys.map(str::to_owned),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANZAS: &str = "\
Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg
";

    const LINES: &str = "\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian bookworm main
";

    fn machine(name: &str, text: &str) -> Result<Mirror> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("sources.list.d"))?;
        fs::write(folder.path().join(name), text)?;
        Mirror::below(folder.path())
    }

    #[test]
    fn both_forms_give_the_main_archive_and_its_keys() {
        for (name, text) in [("sources.list.d/debian.sources", STANZAS), ("sources.list", LINES)] {
            assert_eq!(
                machine(name, text).unwrap().list("sid"),
                "deb [signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian sid main\n",
                "{name}"
            );
        }
    }

    #[test]
    fn keys_are_the_systems_own_unless_named() {
        let mirror = machine("sources.list", "deb http://deb.debian.org/debian/ stable main\n").unwrap();
        assert_eq!(
            mirror.list("bullseye"),
            "deb http://deb.debian.org/debian/ bullseye main\n"
        );
    }

    #[test]
    fn a_machine_without_debian_is_told_so() {
        let ubuntu = "deb http://archive.ubuntu.com/ubuntu noble main\n";
        for (name, text) in [
            ("sources.list", ubuntu),
            ("sources.list", ""),
            ("sources.list.d/debian.sources.disabled", STANZAS),
        ] {
            let error = machine(name, text).unwrap_err().to_string();
            assert!(error.contains("names no mirror of Debian"), "{error}");
        }
    }
}
