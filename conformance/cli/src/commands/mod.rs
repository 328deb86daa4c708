//! What the program does when it is told to: one file per command.

pub mod derive;
pub mod diff;
pub mod explain;
pub mod fmt;
pub mod fuzz;
pub mod known;
pub mod list;
pub mod report;
pub mod run;
pub mod snapshot;
