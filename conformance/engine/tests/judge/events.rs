//! What a run tells while it goes.

use crate::agent::{Act, config, drive, run, say, words};
use proptest::prelude::*;
use qga_engine::event::EventKind;
use qga_engine::script::{Level, print_bytes};
use qga_engine::verdict::Outcome;
use qga_engine::wire::WireKind;
use qga_engine::{Demand, Run, Time, parse};

fn told(kind: &EventKind) -> String {
    match kind {
        EventKind::Record(at) => format!("record {at}"),
        EventKind::Wire(wire) => format!("{:?} {}", wire.kind, print_bytes(&wire.head)),
        EventKind::Judged(claim, outcome) => format!("claim {claim} {}", *outcome == Outcome::Passed),
        EventKind::Finished => "finished".to_owned(),
    }
}

#[test]
fn everything_is_told_in_order() {
    let text = "session x\n\nmust A-001 x\n> a\n< {}\nmust A-002 y\nreopen\n<none 1s\n<closed\n";
    let script = parse("x", text).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::new(&script, config(Level::Must));
    drive(&mut run, usize::MAX, |line| match line {
        "a" => say("{}"),
        _ => vec![Act::Close(0)],
    });
    let events: Vec<String> = std::iter::from_fn(|| run.poll_event())
        .map(|it| told(&it.kind))
        .collect();
    let expected = [
        "record 0",
        "record 1",
        "Sent a\\n",
        "record 2",
        "Received {}\\n",
        "record 3",
        "claim 0 true",
        "record 4",
        "Reopened ",
        "record 5",
        "Closed ",
        "record 6",
        "claim 1 true",
        "finished",
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_channel_that_cannot_be_opened_again_is_closed() {
    let text = "session x\n\nmust A-001 x\nreopen\n> a\n< {}\n";
    let script = parse("x", text).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::new(&script, config(Level::Must));
    assert_eq!(run.poll(Time::ZERO), Demand::Reopen);
    run.handle_closed(Time::ZERO);
    assert_eq!(
        run.poll(Time::ZERO),
        Demand::Done,
        "nothing is sent into a closed channel"
    );
    assert_eq!(words(&run.result()), ["line 6: the agent closed the channel"]);
    assert_eq!(run.result().wire.last().map(|it| it.kind), Some(WireKind::Closed));
}

/// Expectations of every kind that asks for something.
const ASKS: [&str; 5] = ["< _", "<sync _", "< _\n<also _", "<raw {}\\n", "<closed"];

proptest! {
    #[test]
    fn nothing_that_is_asked_for_passes_in_silence(asks in prop::collection::vec(prop::sample::select(&ASKS[..]), 1..5)) {
        let claims = asks.iter().enumerate().map(|(at, ask)| format!("must A-{at:03} x\n> x\n{ask}\n"));
        let records: String = claims.collect();
        let result = run(&records, config(Level::Must), |_| vec![]);
        prop_assert!(!result.outcomes.contains(&Outcome::Passed), "{:?}", words(&result));
        prop_assert!(matches!(result.outcomes[0], Outcome::Failed(_)));
    }
}
