//! The script language: a transcript of one client session that reads like the wire.
//!
//! [`parse`] makes a [`Script`] of a text, [`print()`] makes the canonical text of a
//! script, and `parse(print(x)) == x` for every script that can be parsed at all.
//! This module must not know how a script is run.
//!
//! ```text
//! text ─▶ lines ─▶ entries ─▶ header, record ─▶ script ─▶ check
//!         #, blank  first word  one function      tree      what no single line shows
//!         lines     and body    for each word
//! ```

mod ast;
mod audience;
mod bytes;
mod check;
mod commands;
mod error;
mod header;
mod lines;
mod parse;
mod print;
mod record;
mod template;
mod value;
mod words;

pub use ast::*;
pub(crate) use bytes::parse as bytes_of;
pub use bytes::print_bytes;
pub use commands::SCRATCH;
pub use error::{Mistake, SHOWN_CHARS_MAX, ScriptError};
pub use parse::{parse, parse_bytes};
pub use print::{print, print_record};
pub use value::DURATION_MAX;
pub(crate) use words::nearest;

/// The variables that every script has without capturing them.
pub const GIVEN_VARIABLES: [&str; 1] = ["tmp"];
