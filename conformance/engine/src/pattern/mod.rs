//! The pattern language: what a reply is held against.
//!
//! This module must not know where the value it looks at comes from.

mod ast;

pub use ast::*;
