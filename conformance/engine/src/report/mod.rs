//! The result of all scripts, and how it is written down. A report is a function
//! of its data: it knows no run and no target. Each form has a file of its own, and
//! [`Format`] is the list of them.

mod badge;
mod consumer;
mod failure;
mod format;
mod github;
mod heads;
mod html;
mod json;
mod junit;
mod known;
mod markdown;
mod matrix;
mod merge;
mod model;
mod rerun;
mod shards;
mod statement;
mod summary;
mod tap;
mod text;
mod weight;

pub use badge::{badge, svg};
pub use consumer::{Consumer, Lacking, Needs, Standing};
pub use failure::{failure, wire_line};
pub use format::Format;
pub use github::github;
pub use html::html;
pub use json::{json, json_of_many};
pub use junit::junit;
pub use known::{KnownFailure, is_name_of};
pub use markdown::{MARKDOWN_BYTES_MAX, markdown};
pub use merge::{merge, read};
pub use model::*;
pub use shards::Shards;
pub use statement::{Publisher, STATEMENT_VERSION, Statement};
pub use summary::{Summary, Verdict};
pub use tap::tap;
pub use text::{text, text_of_many};

use matrix::Matrix;
use weight::Weight;
