//! What goes over the wire in every script, for every release that was recorded:
//! the newest release whole, the others where they differ from it. Every claim must hold
//! for the model of each release: the suite accuses none of them.
//!
//! A person reviews these files; `cargo insta review` shows what a change does to
//! the bytes of each release.

use qga_conformance::drive::Driver;
use qga_conformance::facts::Facts;
use qga_conformance::target::Target;
use qga_engine::script::{Level, Script, parse, print_bytes};
use qga_engine::verdict::{Outcome, RunResult};
use qga_engine::wire::{Wire, WireKind};
use qga_engine::{Run, RunConfig};
use qga_fixtures::schema::{Evidence, RELEASES, Release};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Lines shown before and after a line that differs.
const CONTEXT_LINES: usize = 1;
/// Lines of a transcript that are kept.
const LINES_MAX: usize = 80;
/// Bytes of a line that are kept: most of a guest-info fits.
const HEAD_BYTES_MAX: usize = 2000;
const PATIENCE: Duration = Duration::from_secs(5);
const DEFAULT_IMAGE: &str = "default";

/// What each release offers, by release and guest image: asked once.
type Known = BTreeMap<(&'static str, String), Facts>;

#[tokio::test]
async fn every_script_has_a_transcript_for_every_release() {
    let mut known = Known::new();
    for (path, text) in qga_fixtures::sessions() {
        let script = parse(path, text).expect("the scripts of the suite parse");
        let page = page(&script, &mut known).await;
        let (folder, name) = path.rsplit_once('/').expect("scripts lie in folders");
        insta::with_settings!({
            snapshot_path => format!("../../../snapshots/transcripts/{folder}"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name.trim_end_matches(".session"), page);
        });
    }
}

/// A script's transcripts: the newest release's, then what others do otherwise.
async fn page(script: &Script, known: &mut Known) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for release in RELEASES.iter().rev().filter(|it| it.evidence == Evidence::Recorded) {
        let Some(transcript) = transcript(script, release, known).await else {
            continue;
        };
        match groups.iter_mut().find(|(text, _)| *text == transcript) {
            Some((_, releases)) => releases.push(release.name),
            None => groups.push((transcript, vec![release.name])),
        }
    }
    let mut page = String::new();
    let newest = groups.first().map(|(text, _)| text.clone()).unwrap_or_default();
    for (place, (text, releases)) in groups.iter().enumerate() {
        writeln!(page, "{}== {}", if place == 0 { "" } else { "\n" }, releases.join(" ")).expect("a string takes all");
        page += &if place == 0 {
            text.clone()
        } else {
            difference(&newest, text)
        };
    }
    page
}

fn difference(newest: &str, other: &str) -> String {
    let diff = TextDiff::from_lines(newest, other);
    diff.unified_diff()
        .context_radius(CONTEXT_LINES)
        .missing_newline_hint(false)
        .to_string()
}

/// The bytes both ways, a line each piece; `None` if the script is not for the release.
async fn transcript(script: &Script, release: &'static Release, known: &mut Known) -> Option<String> {
    let image = script.guest().unwrap_or(DEFAULT_IMAGE);
    let target = Target::builtin(release, PATIENCE);
    let facts = facts(&target, release, image, known).await;
    let mut config = RunConfig {
        offered: facts.offered,
        ..RunConfig::new(Level::Exact, release)
    };
    let system = target.system(image).expect("the suite names images that there are");
    config.system = system.unwrap_or(config.system);
    let mut stage = target.open(image).await.expect("the simulated agent starts");
    config
        .variables
        .extend(stage.scratch.clone().map(|it| ("tmp".to_owned(), it)));
    let mut run = Run::new(script, config);
    if run.obstacle().is_some() {
        return None;
    }
    let more = Semaphore::new(1);
    Driver::new(&mut run, &mut stage.link, PATIENCE, &more).drive().await;
    let RunResult { outcomes, wire, .. } = run.result();
    for ((_, claim), outcome) in script.claims().zip(&outcomes) {
        assert!(
            matches!(outcome, Outcome::Passed | Outcome::NotTestable(_)),
            "{release}: {} of {}: {outcome:?}",
            claim.id,
            script.file
        );
    }
    Some(shown(&wire))
}

fn shown(log: &[Wire]) -> String {
    let mut text: String = log.iter().take(LINES_MAX).map(line).collect();
    if log.len() > LINES_MAX {
        writeln!(text, "… {} more", log.len() - LINES_MAX).expect("a string takes all");
    }
    text
}

fn line(wire: &Wire) -> String {
    let head = print_bytes(&wire.head[..wire.head.len().min(HEAD_BYTES_MAX)]);
    let left_out = wire.length() as usize - wire.head.len().min(HEAD_BYTES_MAX);
    let rest = if left_out > 0 {
        format!(" … {left_out} bytes more")
    } else {
        String::new()
    };
    match wire.kind {
        WireKind::Sent => format!("→ {head}{rest}\n"),
        WireKind::Received => format!("← {head}{rest}\n"),
        WireKind::Reopened => "-- closed and opened again\n".to_owned(),
        WireKind::Closed => "-- closed by the agent\n".to_owned(),
        WireKind::Again => unreachable!("no script of a transcript is run twice"),
    }
}

async fn facts(target: &Target, release: &Release, image: &str, known: &mut Known) -> Facts {
    let key = (release.name, image.to_owned());
    if let Some(facts) = known.get(&key) {
        return facts.clone();
    }
    let mut stage = target.open(image).await.expect("the simulated agent starts");
    let facts = Facts::ask(&mut stage.link, PATIENCE).await;
    known.insert(
        (RELEASES[usize::from(release.since.0)].name, image.to_owned()),
        facts.clone(),
    );
    facts
}
