//! A campaign of cases that nobody wrote, against live agents. What the cases are and
//! how they are judged is the engine's.
//!
//! ```text
//! campaign ─▶ hunter ─▶ converse ─▶ link ─▶ agent
//! numbers     one job    a session            ▲
//!    ▲          │ violation                   │
//!    └─ finding ◀─ hunt: alone? smaller? again, by its script?
//! ```
//!
//! - [`survey`] asks what the agent's machine does not let it do;
//! - [`ground`] is the agent, and which cases it may be given;
//! - [`campaign`] shares out the numbers of cases, and knows when to end;
//! - [`hunter`] has an agent, and one to compare it with, and tries sessions;
//! - [`hunt`] makes a violation small and sure;
//! - [`lost`] tells of one that cannot be looked for again;
//! - [`converse`] puts a session on a channel, many steps at a time;
//! - [`memory`] watches what the agent takes;
//! - [`corpus`] keeps scripts and replays them;
//! - [`idle`] says what of the allowed makes no cases, and why.

pub mod campaign;
pub mod converse;
pub mod corpus;
pub mod ground;
pub mod hunt;
pub mod hunter;
pub mod idle;
pub mod lost;
pub mod memory;
pub mod survey;
