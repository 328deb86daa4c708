//! The suite as tests of an agent, as its own `tests/` folder would have it; the
//! command that starts the agent stands in `QGA_AGENT`, and without one the tests
//! are those of the simulated agent.

use qga_conformance::harness::{Effect, Harness, Level};
use std::process::ExitCode;

fn main() -> ExitCode {
    let harness = match std::env::var("QGA_AGENT") {
        Ok(command) => Harness::spawn(&command),
        Err(_) => Harness::target("builtin"),
    };
    harness.level(Level::Must).allow([Effect::Files, Effect::Exec]).main()
}
