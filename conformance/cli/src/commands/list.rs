//! `list`: the scripts and what they claim.

use crate::args::ListArgs;
use crate::coverage::{self, Thoroughness};
use crate::derived::{self, Wish};
use crate::output;
use crate::selection::{self, Chosen, Selection};
use crate::status::{FAILS, HOLDS, Problem, Status};
use qga_engine::suite::Listed;
use std::collections::BTreeSet;
use std::fmt::Write;
use tokio::runtime::Runtime;

/// Lists scripts and claims.
///
/// # Errors
/// A word names nothing, or a script does not parse.
pub fn list(args: &ListArgs) -> Result<Status, Problem> {
    let selection = selection::choose(&args.filter)?;
    if args.coverage {
        return covered(selection, args.json);
    }
    let mut chosen = selection.chosen;
    if let Wish::These(_) = selection.derived {
        chosen.extend(selection.derived.fulfil(&derived::for_default()?)?);
    }
    let listed: Vec<Listed> = chosen.iter().map(listed).collect();
    let text = if args.json { as_json(&listed)? } else { as_text(&listed) };
    output::print(&text)?;
    Ok(HOLDS)
}

/// Measures what the suite covers, and prints it.
fn covered(selection: Selection, as_json: bool) -> Result<Status, Problem> {
    let runtime = Runtime::new().map_err(|error| Problem::usage(format!("cannot start: {error}"), ""))?;
    let scripts = selection.chosen.into_iter().map(|it| it.script).collect();
    let coverage = runtime.block_on(coverage::measure(scripts, Thoroughness::All))?;
    let (text, is_whole) = match as_json {
        true => {
            let (json, is_whole) = coverage::json(&coverage);
            (format!("{json:#}\n"), is_whole)
        }
        false => coverage::text(&coverage),
    };
    output::print(&text)?;
    Ok(if is_whole { HOLDS } else { FAILS })
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
