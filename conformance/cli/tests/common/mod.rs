//! What several tests need.
#![allow(dead_code, reason = "each test uses its own part")]

use std::fs;
use std::path::PathBuf;

/// The command that starts a hostile agent of a kind.
pub(crate) fn hostile(kind: &str) -> String {
    format!(
        "{} {kind} {{socket}}",
        shell_words::quote(&example("hostile-agent").display().to_string())
    )
}

/// An example of this crate, which `cargo test` builds before the tests run.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("tests are in target/PROFILE/deps");
    let path = folder.join("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing: cargo build -p qga-conformance --examples",
        path.display()
    );
    path
}

/// The living processes that carry a mark in their environment.
pub(crate) fn alive(mark: &str) -> Vec<u32> {
    let wanted = format!("QGA_CONFORMANCE_AGENT={mark}").into_bytes();
    let processes = fs::read_dir("/proc").expect("a list of processes").flatten();
    let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let has_mark = |number: &u32| {
        let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
        environment.split(|it| *it == 0).any(|it| it == wanted)
    };
    numbers.filter(has_mark).collect()
}
