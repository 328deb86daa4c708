//! Bytes from the agent, cut into replies.
//!
//! `inbox` holds what came and was not yet looked at; [`reply`] reads one line as
//! what a reply has to be. Neither knows what is expected.

pub(crate) mod inbox;
pub mod reply;
