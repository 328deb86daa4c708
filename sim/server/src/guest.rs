//! Finds the guest that is asked for.

use crate::os_error::reason;
use qga_fixtures::guests::GUESTS;
use qga_model::guest::Guest;
use std::ffi::OsStr;

/// The built-in guest of a name, or the image in a file. The error says what is
/// wrong, where, and what to do.
pub(crate) fn load(name: &OsStr) -> Result<Guest, String> {
    if let Some(guest) = name.to_str().and_then(Guest::named) {
        return Ok(guest);
    }
    let file = name.to_string_lossy();
    let text = std::fs::read_to_string(name).map_err(|error| {
        let names: Vec<&str> = names().collect();
        format!(
            "--guest {file}: there is no guest of this name ({}), and as a file: {}",
            names.join(", "),
            reason(&error)
        )
    })?;
    Guest::from_toml(&file, &text).map_err(|mistake| mistake.to_string())
}

/// The built-in guests.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    GUESTS.iter().filter_map(|it| it.file.strip_suffix(".toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_guest_is_found_by_its_name() {
        assert!(names().any(|name| name == crate::DEFAULT_GUEST));
        for name in names() {
            assert!(load(OsStr::new(name)).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_no_guest_is_told_with_the_cure() {
        let missing = load(OsStr::new("nobody")).unwrap_err();
        assert!(
            missing.starts_with("--guest nobody: there is no guest of this name ("),
            "{missing}"
        );
        assert!(missing.contains("default"), "{missing}");
        assert!(missing.ends_with("as a file: No such file or directory"), "{missing}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("odd.toml");
        std::fs::write(&path, "[agent]\ncolour = 3\n").unwrap();
        let mistake = load(path.as_os_str()).unwrap_err();
        assert!(mistake.contains("odd.toml") && mistake.contains("colour"), "{mistake}");
    }
}
