//! The simulated agent on a socket: thin drivers around the pure model.
//!
//! ```text
//! command line ─▶ start ─▶ transport ─▶ connection ─▶ shared agent ─▶ the model
//!  settings        log,     socket or    bytes in,     clock, events
//!  own options     state,   device       bytes out
//!                  pid file
//! ```
//!
//! Nothing here reads a byte that a client sends or decides what is answered: that
//! is the model's. Nothing a client sends reaches this machine: the model's files,
//! programs and clocks are its own.

mod background;
mod command_line;
mod connection;
mod door;
mod embed;
pub mod exit;
mod fault;
mod guest;
mod log;
mod os_error;
mod record;
mod run;
mod serve;
mod shared_agent;
mod signals;
mod start;
mod state_folder;
mod transport;

pub use command_line::{Clients, DEFAULT_GUEST, DEFAULT_RELEASE, Environment, Started, config};
pub use embed::{BuildError, Builder, SimulatedAgent};
pub use qga_model::Event;
pub use qga_model::event::{ShutdownMode, SuspendMode};
pub use qga_model::guest::Guest;
pub use qga_model::journal::Asked;
pub use run::main;
