//! Targets and releases as the command line names them.

use super::Template;
use qga_fixtures::schema::{RELEASES, Release};
use std::fmt;
use std::path::PathBuf;

/// The release of the simulated agent, and what an agent is judged as that does
/// not say its release: the newest whose every command is simulated.
pub const DEFAULT_RELEASE: &str = "7.2";

/// A target as named by `--target`.
#[derive(Clone, Debug)]
pub enum Named {
    /// `builtin[:RELEASE]`.
    Builtin(&'static Release),
    /// `unix:PATH`.
    Unix(PathBuf),
    /// `spawn:COMMAND`.
    Spawn(Template),
}

impl fmt::Display for Named {
    /// As on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Named::Builtin(release) => write!(f, "builtin:{release}"),
            Named::Unix(path) => write!(f, "unix:{}", path.display()),
            Named::Spawn(template) => f.write_str(template.text()),
        }
    }
}

/// The release of that name or version.
///
/// # Errors
/// There is none; the sentence says which there are.
pub fn find_release(name: &str) -> Result<&'static Release, String> {
    Release::find(name).ok_or_else(|| {
        let names: Vec<&str> = RELEASES.iter().map(|it| it.name).collect();
        format!("there is no release {name}: known are {}", names.join(", "))
    })
}

/// Reads the value of `--target`.
///
/// # Errors
/// It names no target; the sentence says what does.
pub fn parse_target(text: &str) -> Result<Named, String> {
    match text.split_once(':').unwrap_or((text, "")) {
        ("builtin", release) if text.contains(':') => find_release(release).map(Named::Builtin),
        ("builtin", _) => find_release(DEFAULT_RELEASE).map(Named::Builtin),
        ("unix", path) if !path.is_empty() => Ok(Named::Unix(PathBuf::from(path))),
        ("spawn", command) if text.contains(':') => Template::parse(command).map(Named::Spawn),
        _ => Err("a target is builtin, builtin:RELEASE, unix:PATH or spawn:COMMAND".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::path::Path;

    #[rstest]
    #[case("builtin", "7.2")]
    #[case("builtin:10.0", "10.0")]
    #[case("builtin:7.2.22", "7.2")]
    fn builtin_targets_are_read(#[case] text: &str, #[case] release: &str) {
        let Ok(Named::Builtin(found)) = parse_target(text) else {
            panic!("{text} is a builtin target")
        };
        assert_eq!(found.name, release);
    }

    #[test]
    fn unix_targets_may_hold_colons() {
        let Ok(Named::Unix(path)) = parse_target("unix:/run/a:b") else {
            panic!("a unix target")
        };
        assert_eq!(path, Path::new("/run/a:b"));
    }

    #[test]
    fn a_command_is_taken_as_it_stands() {
        let target = parse_target("spawn:agent -p {socket} x:y").expect("a target");
        assert_eq!(target.to_string(), "agent -p {socket} x:y");
    }

    #[rstest]
    #[case("spawn:agent", "it has no {socket}")]
    #[case("spawn:", "it is empty")]
    #[case("builtin:", "there is no release")]
    #[case("builtin:99", "known are 0.15, ")]
    #[case("unix:", "a target is")]
    #[case("unix", "a target is")]
    #[case("tcp:host", "a target is")]
    fn other_targets_are_refused(#[case] text: &str, #[case] message: &str) {
        let error = parse_target(text).expect_err("no target");
        assert!(error.contains(message), "{error}");
    }
}
