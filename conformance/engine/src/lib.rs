//! The judge: scripts go in, demands for bytes and time come out, and at the end
//! a verdict. Nothing here opens a socket, a file or a clock, and nothing here
//! knows the simulated agent: replies are read with a JSON library of their own.
//!
//! One script, start to end:
//!
//! ```text
//! file ─▶ script ─▶ run ─▶ demand ─▶ driver ─▶ bytes ─▶ frame ─▶ pattern ─▶ outcome ─▶ report
//!         parse     send,            socket or          one      matches,   per claim   text, JSON,
//!                   read…            in process         reply    or where not           JUnit
//! ```
//!
//! - [`script`] is the language: its tree, its parser, its printer and its errors;
//! - [`pattern`] is what a reply is held against;
//! - [`derive`] makes scripts of the schema;
//! - [`fuzz`] makes sessions that nobody wrote, and judges them by properties;
//! - [`suite`] is many scripts: what they claim, and which of them are asked for;
//! - [`run`] drives one script: it says what to do next and eats bytes and time;
//! - [`frame`] cuts bytes into replies, and [`wire`] is the log of them;
//! - [`event`] is what a run tells while it goes;
//! - [`verdict`] is what became of each claim, and why;
//! - [`responses`] is what an agent answered, redacted, to be kept or compared;
//! - [`report`] is the result of all scripts and how it is written down.

pub mod derive;
pub mod event;
pub mod frame;
pub mod fuzz;
pub mod pattern;
pub mod report;
pub mod responses;
pub mod run;
pub mod script;
pub mod suite;
pub mod time;
pub mod verdict;
pub mod wire;

pub use run::{CLOSING_ID, ClosingSync, Demand, Run, RunConfig};
pub use script::{Script, ScriptError, parse, print};
pub use time::Time;
