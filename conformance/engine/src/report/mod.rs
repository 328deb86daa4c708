//! The result of all scripts, and how it is written down. A report is a function
//! of its data: it knows no run and no target.

mod failure;
mod json;
mod junit;
mod model;
mod summary;
mod text;

pub use failure::failure;
pub use json::json;
pub use junit::junit;
pub use model::*;
pub use summary::{Summary, Verdict};
pub use text::text;
