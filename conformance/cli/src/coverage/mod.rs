//! Which claims cover which row of the schema. It is measured, not declared: the suite
//! is run on the agent inside this program.
//!
//! - A command, an argument or an error is covered by the claims that were judged by an
//!   exchange in which the agent used it, and that hold.
//! - A difference between releases is covered by the claims that fail when the agent of
//!   the release with which it came does not have it, and hold when it has.

mod measure;
mod row;
mod show;

pub use measure::{Coverage, Thoroughness, measure};
pub use row::{Row, rows};
pub use show::{json, text};
