//! The suite as tests: what an agent written in Rust has in its own `tests/` folder,
//! here for the simulated agent.

use qga_conformance::harness::{Effect, Harness, Level};
use std::process::ExitCode;

fn main() -> ExitCode {
    Harness::target("builtin").level(Level::Exact).allow(Effect::ALL).main()
}
