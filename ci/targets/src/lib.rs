//! What coverage-guided fuzzing runs: for each target a function that takes any
//! bytes and panics where something that must hold does not.
//!
//! The crate in `ci/fuzz` gives these functions to libFuzzer; the tests here give
//! them every seed and every input that was ever a finding, without a fuzzer.

mod agent;
mod image;
mod input;
mod pattern;
mod replies;
mod script;
mod settings;
mod wire;

/// Something to fuzz.
pub struct Target {
    /// Its name, that of its program in `ci/fuzz` too.
    pub name: &'static str,
    /// What is run, and what must hold.
    pub about: &'static str,
    /// Runs one input; panics where something does not hold.
    pub run: fn(&[u8]),
    /// Inputs to begin with, made from the fixtures.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The longest input that is tried, in bytes.
    pub input_bytes_max: usize,
}

/// Every target.
pub const TARGETS: [Target; 7] = [
    Target {
        name: "wire",
        about: "the agent's parser of each release: any cut of the same bytes gives the same frames",
        run: wire::run,
        seeds: wire::seeds,
        input_bytes_max: 4096,
    },
    Target {
        name: "agent",
        about: "the agent in its guest: any cut gives the same replies, each a line of ASCII, and 0xFF and a sync recover",
        run: agent::run,
        seeds: agent::seeds,
        input_bytes_max: 2048,
    },
    Target {
        name: "script",
        about: "the script parser: what parses is printed, and the print parses to the same",
        run: script::run,
        seeds: script::seeds,
        input_bytes_max: 4096,
    },
    Target {
        name: "pattern",
        about: "the pattern parser: what parses is printed, the print parses to the same, and it can be matched",
        run: pattern::run,
        seeds: pattern::seeds,
        input_bytes_max: 2048,
    },
    Target {
        name: "image",
        about: "the reader of guest images: a mistake is told, and what is built answers",
        run: image::run,
        seeds: image::seeds,
        input_bytes_max: 8192,
    },
    Target {
        name: "replies",
        about: "the judge's reader of replies: any cut of what an agent sends gives the same outcomes",
        run: replies::run,
        seeds: replies::seeds,
        input_bytes_max: 4096,
    },
    Target {
        name: "settings",
        about: "the simulator's command line and configuration file",
        run: settings::run,
        seeds: settings::seeds,
        input_bytes_max: 2048,
    },
];

/// Runs one input of a target; for the programs in `ci/fuzz`.
///
/// # Panics
/// If there is no such target, or something does not hold.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|it| it.name == name);
    (target.unwrap_or_else(|| panic!("there is no target {name}")).run)(input);
}
