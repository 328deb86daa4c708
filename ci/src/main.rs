//! `cargo ci`: what the project does beside being built and used.
//!
//! Each command is a module of its own; this file only reads the command line.

mod agents;
mod bench;
mod check;
mod differ;
mod fuzz;
mod judge;
mod matrix;
mod programs;
mod real;
mod replay;
mod root;
mod server;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Real agents, the pipeline, the bench and the measurements of faithfulness.
#[derive(Parser)]
#[command(name = "cargo ci", disable_help_subcommand = true)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Agents(agents::Options),
    Bench(bench::Options),
    Check(check::Options),
    Differ(differ::Options),
    Fuzz(fuzz::Options),
    Judge(judge::Options),
    Matrix(matrix::Options),
    Replay(replay::Options),
}

fn main() -> ExitCode {
    let result = match Options::parse().command {
        Command::Agents(options) => agents::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Differ(options) => differ::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Judge(options) => judge::run(&options),
        Command::Matrix(options) => matrix::run(&options),
        Command::Replay(options) => replay::run(&options),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
