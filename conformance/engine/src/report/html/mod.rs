//! The report as one page: agents by claims, every cell leading to its wire log.
//!
//! The table is in the page as it is written; the logs are the JSON report inside it,
//! and `page.js` shows them. Nothing is loaded from anywhere, and what an agent sent
//! is text wherever it stands: it is escaped here, and the script makes no markup of
//! it. The page's own policy forbids every other script.

mod table;

use super::Report;
use super::heads::heads;
use super::json::json_on_a_line;
use super::matrix::Matrix;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// How it looks.
const STYLE: &str = include_str!("page.css");
/// What it does.
const SCRIPT: &str = include_str!("page.js");
/// What stands around the table.
const PAGE: &str = include_str!("page.html");

/// The report as an HTML page that needs no other file.
pub fn html(reports: &[Report]) -> String {
    let (heads, matrix) = (heads(reports), Matrix::of(reports));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:",
        hash(STYLE),
        hash(SCRIPT)
    );
    let parts = [
        ("policy", policy),
        ("style", STYLE.to_owned()),
        ("agents", table::agents(reports, &heads)),
        ("filters", table::filters(&matrix, &heads)),
        ("table", table::table(&matrix, &heads)),
        ("data", data(reports)),
        ("script", SCRIPT.to_owned()),
    ];
    fill(PAGE, &parts)
}

/// Fills `{{name}}` in one pass, so that what was filled in is not looked at again.
fn fill(page: &str, parts: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some((before, from)) = rest.split_once("{{") {
        let (name, after) = from.split_once("}}").expect("the page closes its places");
        let part = parts.iter().find(|(known, _)| *known == name);
        let (_, text) = part.expect("the page names its places");
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out + rest
}

/// The reports as JSON inside a script element, which ends at the first `</script`.
fn data(reports: &[Report]) -> String {
    json_on_a_line(reports).replace('<', "\\u003c")
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// Text between tags and in attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() && letter != '\n' => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
    }
    out
}
