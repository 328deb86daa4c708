//! The program `qga-sim`: see `--help` and the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    qga_sim::main()
}
