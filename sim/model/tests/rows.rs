//! Every row of the schema's data is used: a difference nobody reads,
//! or an error it never makes, is knowledge that never reaches the wire.

#![allow(clippy::disallowed_methods, reason = "a test may read the sources")]

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}

fn texts(folder: &str, extension: &str) -> String {
    let mut found = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        extension,
        &mut found,
    );
    found
        .iter()
        .map(|path| fs::read_to_string(path).expect("it is text"))
        .collect()
}

/// The `name = "…"` of each row.
fn names(toml: &str) -> Vec<String> {
    let name = |line: &str| Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.to_owned());
    toml.lines().filter_map(name).collect()
}

fn camel(name: &str) -> String {
    name.split('-')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

#[test]
fn every_difference_is_read() {
    let source = texts("src", "rs") + &texts("../server/src", "rs");
    let names = names(&texts("../../fixtures/schema/differences", "toml"));
    assert!(names.len() > 20, "the rows were not found");
    let unread: Vec<&String> = names
        .iter()
        .filter(|name| !source.contains(&format!(".{}", name.replace('-', "_"))))
        .collect();
    assert!(unread.is_empty(), "nothing reads {unread:?}");
}

#[test]
fn every_error_is_made() {
    let source = texts("src", "rs");
    let names = names(&texts("../../fixtures/schema/errors", "toml"));
    assert!(names.len() > 20, "the rows were not found");
    let unused: Vec<&String> = names
        .iter()
        .filter(|name| !source.contains(&format!("ErrorName::{}", camel(name))))
        .collect();
    assert!(unused.is_empty(), "nothing makes {unused:?}");
}
