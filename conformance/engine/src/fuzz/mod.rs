//! Sessions that nobody wrote, and how they are judged without an expected output.
//!
//! ```text
//! seed, number ─▶ generate ─▶ Session ─▶ driver ─▶ Transcript ─▶ judge ─▶ Violation
//!                              ▲    └─▶ session::merge: many cases on one connection
//!                              └── shrink ◀── still violates it? ──┘     └─▶ script
//! ```
//!
//! - [`random`] is where every choice comes from: the same seed and number of a case
//!   give the same case everywhere, whatever runs beside it;
//! - [`generate`] makes cases of several families, [`scope`] says what they may do;
//! - [`session`] is a case as a tree, and its bytes; [`form`] is how a request is written,
//!   and `lines` are all that a shell is given to run;
//! - [`transcript`] is what the agent answered to each step;
//! - [`property`] lists what every agent owes, and [`judge`] holds a transcript
//!   against it; [`compare`] holds it against the transcript of another agent;
//! - [`shrink`] makes a session that violates something smaller (proptest's
//!   `ValueTree`), and [`script`] writes it down in the language of the suite;
//! - [`coverage`] counts what was seen, and [`report`] is the result.
//!
//! Nothing here sends anything. What a session may do is bounded where it is made:
//! files only in the scratch folder, programs only of a fixed list, and bytes that
//! are no request are made of words that name neither.

pub mod compare;
pub mod coverage;
pub mod form;
pub mod generate;
pub mod judge;
mod lines;
pub mod property;
pub mod random;
pub mod report;
pub mod scope;
pub mod script;
pub mod session;
pub mod shrink;
pub mod transcript;

pub use compare::{Likeness, compare};
pub use coverage::Coverage;
pub use form::Form;
pub use generate::{CASES_OF_A_BATCH, Sessions, is_reader};
pub use judge::{KnownReplies, Rules, Violation, judge};
pub use property::Property;
pub use report::{Finding, FuzzReport};
pub use scope::{Family, Scope};
pub use session::{Argument, Call, Raw, Session, Step};
pub use shrink::Shrink;
pub use transcript::{End, Transcript};
