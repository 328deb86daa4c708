//! What the program does when it is told to: one file per command.

pub mod derive;
pub mod fmt;
pub mod list;
pub mod report;
pub mod run;
