//! The pattern language: what a reply is held against.
//!
//! [`parse`] and [`print()`](print::flat) turn text into patterns and back;
//! [`matches()`] holds a value against one, in time linear in both, and says where
//! it first differs. This module must not know where the value comes from.

mod ast;
mod describe;
mod fault;
mod matching;
mod number;
mod parse;
pub mod print;
mod string;
mod text;

pub use ast::*;
pub use fault::Fault;
pub use matching::{MatchError, Variables, matches};
pub(crate) use parse::base64_call;
pub use parse::{PATTERN_DEPTH_MAX, parse};
pub(crate) use string::name_length;
pub use text::Unbound;
pub(crate) use text::{characters, lookup};

pub use describe::{SHOWN_BYTES_MAX, shorten};
