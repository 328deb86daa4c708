//! Targets and releases as the command line names them.

use qga_fixtures::schema::{RELEASES, Release};
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
        _ => Err("a target is builtin, builtin:RELEASE or unix:PATH; --spawn starts one".to_owned()),
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

    #[rstest]
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
