//! The program `qga-sim` as a process: real sockets, real files, real signals.
//!
//! Every wait is bounded, and what a test starts ends with it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod clients;
mod command_line;
mod device;
mod files;
mod life;
mod program;
mod real;
mod start;
