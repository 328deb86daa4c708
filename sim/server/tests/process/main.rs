//! The program `qga-sim` as a process: real sockets, real files, real signals.
//!
//! Every wait is bounded, and what a test starts ends with it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod clients;
mod device;
mod files;
mod life;
mod program;
mod start;
