//! How sessions are told as scripts: request by request, after a sync, and briefly.

use qga_engine::fuzz::judge::Expected;
use qga_engine::fuzz::script::{Origin, Telling, script};
use qga_engine::fuzz::{Argument, Call, End, Property, Raw, Session, Step, Transcript, Violation};
use qga_engine::script::print;

/// The records of the script that tells of calls, the last of which was answered wrong.
fn told(calls: Vec<(Call, &str)>, telling: Telling) -> Option<String> {
    let steps = calls.into_iter().map(|(call, reply)| (Step::Call(call), reply));
    told_of(steps.collect(), telling)
}

/// The same of steps of any kind.
fn told_of(steps: Vec<(Step, &str)>, telling: Telling) -> Option<String> {
    let mut transcript = Transcript::new(steps.len());
    for (at, (_, reply)) in steps.iter().enumerate() {
        transcript.line(at, format!("{reply}\n").as_bytes());
        transcript.end(at, End::Complete);
    }
    let violation = Violation {
        property: Property::ReadBack,
        step: steps.len() - 1,
        command: "guest-file-read".to_owned(),
        member: String::new(),
        expected: Expected::Reply("{\"return\": {\"count\": 1, ...}, ...}".to_owned()),
        found: "nothing".to_owned(),
    };
    let origin = Origin {
        seed: 1,
        case: 7,
        guest: None,
    };
    let session = Session {
        steps: steps.into_iter().map(|it| it.0).collect(),
    };
    let script = script(&session, &transcript, &violation, &origin, telling)?;
    let text = print(&script);
    let body = text.split_once("\n\n").expect("a head").1;
    Some(body.split_once('\n').expect("a claim").1.to_owned())
}

fn open(slot: u16) -> (Call, &'static str) {
    (Call::open(0, "\"w\"").binding(slot), "{\"return\": 1000}")
}

fn read(slot: u16) -> (Call, &'static str) {
    let call = Call::with("guest-file-read", [("handle", Argument::Slot(slot))]);
    (call, "{\"return\": {}}")
}

fn flush(slot: u16) -> (Call, &'static str) {
    let call = Call::with("guest-file-flush", [("handle", Argument::Slot(slot))]);
    (call, "{\"return\": {}}")
}

#[test]
fn requests_that_wait_for_nothing_go_out_at_once() {
    let calls = || vec![open(0), flush(0), flush(0), open(1), read(0)];
    let plain = told(calls(), Telling::Plainly).expect("a script");
    assert_eq!(plain.lines().count(), 10, "{plain}");
    insta::assert_snapshot!(told(calls(), Telling::Briefly).expect("a script"), @r#"
    >       {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
    <       {"return": int as $v0, ...}
    >       {"execute": "guest-file-flush", "arguments": {"handle": $v0}}
            {"execute": "guest-file-flush", "arguments": {"handle": $v0}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-read", "arguments": {"handle": $v0}}
    <       obj
    <       obj
    <       {"return": int as $v1, ...}
    <       {"return": {"count": 1, ...}, ...}
    "#);
}

#[test]
fn the_last_of_many_requests_comes_from_another_client() {
    let calls = (0..9).map(open).chain([read(0)]).collect();
    insta::assert_snapshot!(told(calls, Telling::Briefly).expect("a script"), @r#"
    >       {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
    <       {"return": int as $v0, ...}
    >       {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
            {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
    reopen
    >       {"execute": "guest-file-read", "arguments": {"handle": $v0}}
    <       {"return": {"count": 1, ...}, ...}
    "#);
}

#[test]
fn what_is_asked_again_and_again_is_not_told_briefly() {
    let (call, reply) = read(0);
    let polled = Call { polls: true, ..call };
    assert_eq!(told(vec![open(0), (polled, reply)], Telling::Briefly), None);
}

#[test]
fn a_script_may_begin_with_the_sync_of_its_channel() {
    let sync = Call::with("guest-sync-delimited", [("id", Argument::Int(7))]);
    insta::assert_snapshot!(told(vec![open(0), read(0)], Telling::AfterSync(&sync)).expect("a script"), @r#"
    >       {"execute": "guest-sync-delimited", "arguments": {"id": 7}}
    <sync   obj
    >       {"execute": "guest-file-open", "arguments": {"path": "$tmp/F0", "mode": "w"}}
    <       {"return": int as $v0, ...}
    >       {"execute": "guest-file-read", "arguments": {"handle": $v0}}
    <       {"return": {"count": 1, ...}, ...}
    "#);
}

/// Of bytes that do not show it nothing is expected: another client goes on.
#[test]
fn what_comes_of_bytes_is_left_behind() {
    let raw = Raw {
        bytes: b"]".to_vec(),
        ..Raw::default()
    };
    let steps = || {
        let ping = Step::Call(Call::plain("guest-ping"));
        vec![(Step::Raw(raw.clone()), "{\"error\": {}}"), (ping, "{\"return\": 7}")]
    };
    insta::assert_snapshot!(told_of(steps(), Telling::Apart).expect("a script"), @r#"
    >raw    ]
    >raw    \xFF
    reopen
    >       {"execute": "guest-ping"}
    <       {"return": {"count": 1, ...}, ...}
    "#);
    let plainly = told_of(steps(), Telling::Plainly).expect("a script");
    assert!(plainly.contains("\n<       obj\n"), "{plainly}");
}
