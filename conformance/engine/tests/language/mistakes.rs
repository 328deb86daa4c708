//! Every mistake in `fixtures/broken` is told in the words that stand beside it.
//!
//! `QGA_UPDATE=1 cargo test -p qga-engine` writes the messages anew, for review.

use qga_engine::script::parse_bytes;
use std::path::{Path, PathBuf};

#[expect(clippy::disallowed_methods, reason = "the fixtures are files")]
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are files")]
fn update(path: &Path, message: &str) -> bool {
    std::env::var("QGA_UPDATE").is_ok() && std::fs::write(path, message).is_ok()
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/broken");
    let entries = folder.read_dir().expect("the folder is there");
    let paths = entries.map(|it| it.expect("it can be read").path());
    let mut scripts: Vec<PathBuf> = paths
        .filter(|it| it.extension().is_some_and(|it| it == "session"))
        .collect();
    scripts.sort();
    scripts
}

#[test]
fn broken_scripts_are_refused_with_their_messages() {
    let scripts = scripts();
    assert!(scripts.len() >= 40, "only {} broken scripts", scripts.len());
    let mut wrong = Vec::new();
    for path in scripts {
        let name = path
            .file_name()
            .map(|it| it.to_string_lossy().into_owned())
            .unwrap_or_default();
        let message = match parse_bytes(&name, &read(&path)) {
            Ok(_) => panic!("{name} is not broken"),
            Err(error) => error.to_string(),
        };
        let beside = path.with_extension("stderr");
        if read(&beside) != message.as_bytes() && !update(&beside, &message) {
            wrong.push(format!("{name}:\n{message}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
