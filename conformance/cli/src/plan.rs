//! What a run would do: script by script what is sent and made, and why others are not
//! run.

use crate::selection::Chosen;
use qga_engine::script::{RecordKind, Script, print_record};
use qga_engine::verdict::Reason;
use qga_engine::{Run, RunConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Paths of a script that are named.
const PATHS_MAX: usize = 6;
/// What stands before the path of a file or a program in a request.
const PATH: &str = r#""path": ""#;

/// What a run would do.
#[derive(Debug)]
pub struct Plan<'c> {
    /// Scripts that would be run.
    runs: Vec<&'c Script>,
    /// Scripts that would not, by what is in the way.
    left_out: BTreeMap<Reason, Vec<&'c Script>>,
}

impl<'c> Plan<'c> {
    /// The plan for scripts that are run so.
    pub fn of(chosen: &'c [Chosen], config: &RunConfig) -> Plan<'c> {
        let (mut runs, mut left_out) = (Vec::new(), BTreeMap::<Reason, Vec<&Script>>::new());
        for script in chosen.iter().map(|it| &it.script) {
            match Run::new(script, config.clone()).obstacle() {
                None => runs.push(script),
                Some(reason) => left_out.entry(reason.clone()).or_default().push(script),
            }
        }
        Plan { runs, left_out }
    }

    /// The plan for a person.
    pub fn text(&self, head: &str, scratch: &str) -> String {
        let mut out = format!("{head}\n{scratch}\n\n");
        for script in &self.runs {
            one(&mut out, script);
        }
        for (reason, scripts) in &self.left_out {
            let _ = writeln!(out, "\nnot run: {reason}");
            for script in scripts {
                let _ = writeln!(out, "  {}", script.file);
            }
        }
        let left_out: usize = self.left_out.values().map(Vec::len).sum();
        let _ = writeln!(out, "\n{} scripts would be run, {left_out} would not", self.runs.len());
        out
    }
}

fn one(out: &mut String, script: &Script) {
    let effects: Vec<&str> = script.effects().iter().map(|it| it.name()).collect();
    let effects = if effects.is_empty() {
        "reads only".to_owned()
    } else {
        effects.join(", ")
    };
    let _ = writeln!(out, "{}  {}", script.file, script.name());
    let _ = writeln!(out, "  effect    {effects}");
    let commands: Vec<&str> = script.commands().into_keys().collect();
    if !commands.is_empty() {
        let _ = writeln!(out, "  commands  {}", commands.join(", "));
    }
    let paths = paths(script);
    if !paths.is_empty() {
        let more = paths.len().saturating_sub(PATHS_MAX);
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        let first: Vec<&str> = paths.iter().take(PATHS_MAX).map(String::as_str).collect();
        let _ = writeln!(out, "  touches   {}{more}", first.join(", "));
    }
}

/// The files and programs that its requests name.
fn paths(script: &Script) -> BTreeSet<String> {
    let sends = script
        .records
        .iter()
        .filter(|it| matches!(it.kind, RecordKind::Send(_) | RecordKind::SendRaw(_)));
    let texts = sends.map(|it| print_record(&it.kind));
    let found = texts.flat_map(|text| {
        let pieces = text.split(PATH).skip(1);
        let paths = pieces.filter_map(|it| Some(it.split_once('"')?.0.to_owned()));
        paths.collect::<Vec<_>>()
    });
    found.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qga_engine::parse;
    use qga_engine::script::Level;
    use qga_fixtures::schema::{Effect, Release};

    #[test]
    fn a_plan_says_what_is_done_and_what_is_not() {
        let texts = [
            (
                "a.session",
                "session a\n\nmust    OWN-001  one  [schema: guest-file-open]\n>       {\"execute\": \"guest-file-open\", \"arguments\": {\"path\": \"$tmp/x\", \"mode\": \"w\"}}\n<       {\"return\": int}\n",
            ),
            (
                "b.session",
                "session b\n\nmust    OWN-002  two  [schema: guest-shutdown]\n>       {\"execute\": \"guest-shutdown\"}\n<none   50ms\n",
            ),
        ];
        let chosen: Vec<Chosen> = texts
            .iter()
            .map(|(file, text)| Chosen::whole(parse(file, text).expect("a good script")))
            .collect();
        let config = RunConfig {
            allowed: [Effect::None, Effect::Files].into(),
            ..RunConfig::new(Level::Must, Release::find("7.2").expect("a release"))
        };
        let expected = "HEAD\nTMP\n\na.session  a\n  effect    files\n  commands  guest-file-open\n  touches   $tmp/x\n\n\
            not run: effect not allowed: power\n  b.session\n\n1 scripts would be run, 1 would not\n";
        assert_eq!(Plan::of(&chosen, &config).text("HEAD", "TMP"), expected);
    }
}
