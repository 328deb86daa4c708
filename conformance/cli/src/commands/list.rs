//! `list`: the scripts and what they claim.

use crate::args::ListArgs;
use crate::derived::{self, Wish};
use crate::output;
use crate::selection::{self, Chosen};
use crate::status::{HOLDS, Problem, Status};
use qga_engine::suite::Listed;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Lists scripts and claims.
///
/// # Errors
/// A word names nothing, or a script does not parse.
pub fn list(args: &ListArgs) -> Result<Status, Problem> {
    let selection = selection::choose(&args.filter)?;
    let mut chosen = selection.chosen;
    if let Wish::These(_) = selection.derived {
        chosen.extend(selection.derived.fulfil(&derived::for_default()?)?);
    }
    let listed: Vec<Listed> = chosen.iter().map(listed).collect();
    let text = if args.json { as_json(&listed)? } else { as_text(&listed) };
    output::print(&text)?;
    Ok(HOLDS)
}

/// The entry of a script, with the claims it was chosen for.
fn listed(chosen: &Chosen) -> Listed<'_> {
    let mut entry = Listed::of(&chosen.script);
    if let Some(ids) = &chosen.claims {
        entry.claims.retain(|it| ids.contains(it.id));
    }
    entry
}

fn as_text(scripts: &[Listed]) -> String {
    let mut text = String::new();
    for script in scripts {
        let _ = writeln!(text, "{}  {}", script.file, script.session);
        for claim in &script.claims {
            let source = claim.source.map_or(String::new(), |it| format!("  [{it}]"));
            let _ = writeln!(
                text,
                "  {:<11} {:<6} {}{source}",
                claim.id.as_str(),
                claim.level.word(),
                claim.text
            );
        }
    }
    let ids: BTreeSet<_> = scripts.iter().flat_map(|it| &it.claims).map(|it| it.id).collect();
    let _ = writeln!(text, "{} scripts, {} claims", scripts.len(), ids.len());
    text
}

fn as_json(scripts: &[Listed]) -> Result<String, Problem> {
    let json = serde_json::to_string_pretty(scripts);
    json.map(|it| it + "\n")
        .map_err(|error| Problem::usage(format!("cannot write the list: {error}"), ""))
}
