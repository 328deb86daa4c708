//! Names of files that a pattern fits.

use super::pattern::{Char, Pattern, byte, bytes, is_pattern};
use crate::guest::process::sys::Sys;
use crate::guest::tools::text;

/// What looking at a name costs, as so many bytes.
const NAME_COST_BYTES: usize = 64;

/// Names that are found at the most.
const NAMES_MAX: usize = 65_536;

/// The names that a pattern fits, in the order of their bytes.
pub(super) fn names(sys: &mut Sys<'_>, pattern: &[Char]) -> Vec<Vec<u8>> {
    let mut found = vec![Vec::new()];
    let mut rest = pattern;
    while !rest.is_empty() {
        let slashes = rest.iter().take_while(|it| byte(**it) == b'/').count();
        let (separator, after) = rest.split_at(slashes);
        let len = after.iter().position(|it| byte(*it) == b'/').unwrap_or(after.len());
        let (part, after) = after.split_at(len);
        let separator = bytes(separator);
        found
            .iter_mut()
            .for_each(|it: &mut Vec<u8>| it.extend_from_slice(&separator));
        found = next(sys, found, part);
        rest = after;
    }
    found.retain(|it| !it.is_empty() && sys.calls(|sys| sys.lstat(it)).is_ok());
    found.sort();
    found
}

/// One name further.
fn next(sys: &mut Sys<'_>, found: Vec<Vec<u8>>, part: &[Char]) -> Vec<Vec<u8>> {
    if !is_pattern(part) {
        let part = bytes(part);
        return found.into_iter().map(|it| text![it, part]).collect();
    }
    let pattern = Pattern::new(part);
    let mut next = Vec::new();
    for folder in found {
        let path: &[u8] = if folder.is_empty() { b"." } else { &folder };
        let names = sys.calls(|sys| sys.list(path)).unwrap_or_default();
        let is_hidden = |name: &[u8]| name.first() == Some(&b'.') && part.first().map(|it| byte(*it)) != Some(b'.');
        sys.charge(names.len() * NAME_COST_BYTES);
        let fitting = names.iter().filter(|name| !is_hidden(name) && pattern.fits(name));
        next.extend(fitting.take(NAMES_MAX - next.len()).map(|name| text![folder, name]));
    }
    next
}
