//! The simulated agent and its guest: bytes and time go in, bytes and events
//! come out. Nothing here opens a socket, a file or a clock.
//!
//! One request, start to end:
//!
//! ```text
//! bytes ─▶ session ─▶ frame ─▶ envelope ─▶ request ─▶ gate ─▶ args ─▶ command ─▶ reply ─▶ bytes
//!          lexer,     value    execute,    row of     policy, schema  guest
//!          parser     or error arguments   the table  freeze          changes
//! ```
//!
//! - [`session`] (with [`lexer`] and [`parser`]) turns bytes into frames;
//! - [`envelope`] turns a frame into a request;
//! - [`agent`] is the one place that knows the whole path;
//! - [`args`] holds arguments against the schema;
//! - [`commands`] has one function per command, one file per family;
//! - [`guest`] is the simulated machine, which knows nothing of JSON;
//! - [`deviation`] is for tests of those who test agents: ways to be wrong on purpose;
//! - [`message`] and [`json`] turn a result into the release's own bytes.

pub mod agent;
mod args;
pub mod base64;
mod commands;
pub mod deviation;
mod envelope;
pub mod event;
pub mod guest;
pub mod journal;
pub mod json;
mod leftover;
mod lexer;
pub mod message;
mod os_release;
mod parser;
pub mod policy;
mod reply;
mod scan;
pub mod session;
mod shape;
pub mod state;
pub mod state_dir;
mod state_file;
pub mod time;
mod utf8;

pub use agent::{Agent, ChannelId};
pub use event::Event;
pub use state::Config;
pub use time::Time;
