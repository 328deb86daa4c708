//! Requests and replies as a text that is kept and reviewed, in the words of scripts.

use super::show::show;
use super::{Answer, Responses, Said};
use std::fmt::Write as _;

/// Where the body of a line begins, as in scripts.
const BODY: usize = 8;

impl Responses {
    /// The text: what the script sends as it stands there, what the agent answers
    /// under it.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut answered = false;
        for said in &self.said {
            match said {
                Said::Request(text) => {
                    out.push_str(if answered { "\n" } else { "" });
                    let _ = writeln!(out, "{}", text.trim_end());
                }
                Said::Reply { answer, .. } => {
                    let _ = writeln!(out, "{answer}");
                }
            }
            answered = matches!(said, Said::Reply { .. });
        }
        if self.lost > 0 {
            let _ = writeln!(out, "# and {} lines more", self.lost);
        }
        out
    }

    /// Whether the agent answered anything.
    pub fn is_empty(&self) -> bool {
        !self.said.iter().any(|it| matches!(it, Said::Reply { .. }))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Value { sentinel, value } => {
                let word = if *sentinel { "<sync" } else { "<" };
                write!(f, "{word:<BODY$}{}", show(value, BODY))
            }
            Answer::Raw(bytes) => write!(f, "{:<BODY$}{bytes}", "<raw"),
            Answer::Digest { length, sha256 } => {
                write!(f, "{:<BODY$}({length} bytes, SHA-256 {sha256})", "<raw")
            }
        }
    }
}
