//! `qga-conformance`: judges agents of the QEMU guest agent protocol.

use clap::Parser;
use qga_conformance::args::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    match qga_conformance::run(&Cli::parse()) {
        Ok(status) => status.into(),
        Err(problem) => {
            eprintln!("{problem}");
            problem.status.into()
        }
    }
}
