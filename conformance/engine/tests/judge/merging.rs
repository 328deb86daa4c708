//! Reports that are joined: shards of one agent, and agents side by side.

use crate::report::{everything, judged};
use qga_engine::report::{Format, REPORT_VERSION, Report, Shards, Verdict, merge, read};
use qga_engine::script::Level;
use qga_engine::verdict::Outcome;

/// The report cut as a run is: the part with that number of so many.
fn shard(report: &Report, number: u32, of: u32) -> Report {
    let scripts = report.scripts.iter().skip(number as usize - 1).step_by(of as usize);
    Report {
        scripts: scripts.cloned().collect(),
        shards: Some(Shards { of, ran: vec![number] }),
        ..report.clone()
    }
}

/// A report of so many scripts that all hold.
fn long(scripts: usize) -> Report {
    let texts: Vec<(String, String)> = (0..scripts)
        .map(|it| {
            let text = format!(
                "session {it}\nmust A-{it:03} answer\n>       {{\"execute\": \"guest-ping\"}}\n<       {{\"return\": {{}}}}\n"
            );
            (format!("{:03}.session", scripts - it), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()))
        .collect();
    judged(Level::Must, &files)
}

#[test]
fn shards_in_any_order_are_the_whole() {
    for scripts in [0, 1, 5, 12] {
        for of in 1..=7 {
            let whole = long(scripts);
            let mut parts: Vec<Report> = (1..=of).map(|it| shard(&whole, it, of)).collect();
            parts.rotate_left(of as usize / 2);
            let by_steps = parts.iter().cloned().fold(Vec::new(), |mut done: Vec<Report>, it| {
                done.push(it);
                merge(done)
            });
            for merged in [merge(parts), by_steps] {
                let [merged] = &merged[..] else {
                    panic!("one agent is one report")
                };
                assert_eq!(merged.scripts, whole.scripts, "{scripts} scripts in {of} shards");
                assert!(merged.shards.as_ref().is_some_and(Shards::is_whole));
                assert_eq!(merged.verdict(), whole.verdict());
            }
        }
    }
}

#[test]
fn a_missing_shard_is_told_and_never_conforms() {
    let whole = long(9);
    assert_eq!(whole.verdict(), Verdict::Conforms);
    let merged = merge(vec![shard(&whole, 3, 3), shard(&whole, 1, 3)]);
    assert_eq!(merged[0].verdict(), Verdict::Incomplete);
    assert_eq!(merged[0].shards.as_ref().map(Shards::missing), Some(vec![2]));
    let line = merged[0].line();
    assert!(
        line.contains("INCOMPLETE") && line.contains(", 1 shard missing (6 scripts)"),
        "{line}"
    );
}

#[test]
fn the_same_shard_twice_counts_once() {
    let whole = everything();
    assert_eq!(merge(vec![whole.clone(), whole.clone()]), std::slice::from_ref(&whole));
    let (one, two) = (shard(&whole, 1, 2), shard(&whole, 2, 2));
    let merged = merge(vec![one.clone(), two, one]);
    assert_eq!(merged[0].scripts, whole.scripts);
}

#[test]
fn of_two_outcomes_the_worse_counts() {
    let good = long(1);
    let mut bad = good.clone();
    bad.scripts[0].claims[0].outcome = Outcome::NotReached("it was cut off".to_owned());
    for reports in [[good.clone(), bad.clone()], [bad.clone(), good]] {
        assert_eq!(merge(reports.to_vec())[0].scripts, bad.scripts);
    }
}

/// Each report has another claim that did not hold: neither hides the other's.
#[test]
fn of_each_claim_the_worse_outcome_counts() {
    let text = "session two\nmust A-001 answer\n>       {\"execute\": \"guest-ping\"}\n<       {\"return\": {}}\n\
                must A-002 answer again\n>       {\"execute\": \"guest-ping\"}\n<       {\"return\": {}}\n";
    let good = judged(Level::Must, &[("two.session", text)]);
    let bad = |at: usize| {
        let mut report = good.clone();
        report.scripts[0].claims[at].outcome = Outcome::NotReached("it was cut off".to_owned());
        report
    };
    for reports in [vec![bad(0), bad(1)], vec![bad(1), bad(0), good.clone()]] {
        let merged = merge(reports);
        let claims = &merged[0].scripts[0].claims;
        assert!(claims.iter().all(|it| it.outcome != Outcome::Passed), "{claims:?}");
        assert_eq!(claims.len(), 2);
    }
}

#[test]
fn a_shard_and_the_whole_are_the_whole() {
    let whole = long(5);
    let merged = merge(vec![shard(&whole, 2, 3), whole.clone()]);
    assert_eq!(merged[0].shards, None);
    assert_eq!(merged[0].summary(), whole.summary());
}

#[test]
fn other_agents_stand_side_by_side() {
    let one = everything();
    let differ: [fn(&mut Report); 4] = [
        |it| it.agent = "other".to_owned(),
        |it| it.level = Level::Must,
        |it| it.target = "unix:/other".to_owned(),
        |it| it.release = "10.0".to_owned(),
    ];
    for change in differ {
        let mut other = one.clone();
        change(&mut other);
        assert_eq!(merge(vec![one.clone(), other.clone()]), [one.clone(), other]);
    }
}

#[test]
fn what_was_written_is_read_back() {
    let one = everything();
    let mut other = one.clone();
    other.agent = "other".to_owned();
    let json = Format::Json.write(std::slice::from_ref(&one));
    assert_eq!(read(&json).expect("it was written so"), std::slice::from_ref(&one));
    let both = [one, other];
    assert_eq!(read(&Format::Json.write(&both)).expect("it was written so"), both);
}

#[test]
fn a_report_of_before_is_named_by_its_target() {
    let json = Format::Json
        .write(&[everything()])
        .replace("\"agent\": \"an agent\",", "");
    assert_eq!(read(&json).expect("it is a report")[0].agent, "unix:/run/a b.sock");
}

#[test]
fn what_is_no_report_is_named() {
    let newer = format!("{{\"version\": {}}}", REPORT_VERSION + 1);
    for (text, why) in [
        ("", "it is no JSON report: EOF"),
        ("[]", "it is no JSON report: "),
        ("{}", "missing field `version`"),
        ("{\"version\": 1}", "missing field"),
        ("{\"version\": 1, \"reports\": [{}]}", "missing field"),
        (newer.as_str(), "this program reads versions up to"),
    ] {
        let error = read(text).expect_err("it is no report");
        assert!(error.contains(why), "{text}: {error}");
    }
}
