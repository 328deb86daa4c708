//! Replies as a person reviews them: whole, with what changes from run to run
//! redacted, as text to keep or beside those of another agent.
//!
//! ```text
//! Transcript ─▶ responses ─▶ Responses ─▶ print ───▶ a snapshot's text
//!               redact                └─▶ compare ─▶ where two agents differ
//! ```

mod build;
mod compare;
mod member;
mod print;
mod redact;
mod show;
mod text;

pub use build::{Answer, Refused, Responses, Said, responses};
pub use compare::{COMPARISON_VERSION, Comparison, Difference, Lone, Side, compare};
pub use member::Members;
pub use redact::{Redactor, Rule};
