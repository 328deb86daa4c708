//! Agents that mean no good: each run ends in its time and takes little memory.

use crate::agent::{config, failure, words};
use qga_engine::script::Level;
use qga_engine::verdict::FailureKind;
use qga_engine::{Demand, Run, RunConfig, Time, parse};
use std::time::Duration;

const SCRIPT: &str = "session test\n\nmust ABC-001 answer\n> x\n< {\"return\": {}}\nmust ABC-002 be silent\n<none 1s\n";

/// Feeds the same piece for ever, one piece a millisecond.
fn flood(config: RunConfig, piece: &[u8]) -> Vec<String> {
    let script = parse("test.session", SCRIPT).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::new(&script, config);
    let mut now = Time::ZERO;
    for _ in 0..1_000_000 {
        match run.poll(now) {
            Demand::Done => {
                let wire: u64 = run.result().wire.iter().map(|it| it.head.len() as u64).sum();
                assert!(wire < 2_000_000);
                return words(&run.result());
            }
            Demand::Send(_) | Demand::Reopen => {}
            Demand::Read { .. } | Demand::Sleep { .. } => {
                run.handle_bytes(now, piece);
                now = now + Duration::from_millis(1);
            }
        }
    }
    panic!("the run does not end");
}

#[test]
fn a_line_without_an_end() {
    let config = RunConfig {
        line_bytes_max: 1 << 20,
        ..config(Level::Must)
    };
    let words = flood(config, &[b'x'; 4096]);
    assert_eq!(words[0], "line 5: more than 1048576 bytes came without an end");
    assert!(words[1].starts_with("not reached: line 5 was not answered"));
}

#[test]
fn replies_without_an_end() {
    let words = flood(config(Level::Must), b"{\"return\": {}}\n");
    assert_eq!(words[0], "passed");
    assert!(
        words[1].starts_with("line 7: bytes came that nobody expected: {\"return\": {}}"),
        "{words:?}"
    );
}

#[test]
fn nonsense_without_an_end() {
    let words = flood(config(Level::Must), b"\0\xFE\x80]]]\n");
    assert_eq!(
        words[0],
        "line 5: this is no reply: it is no UTF-8: byte 0xFE at offset 1"
    );
}

#[test]
fn a_byte_now_and_then_is_not_waited_for_longer() {
    let script = parse("test.session", SCRIPT).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::new(&script, config(Level::Must));
    crate::agent::drive(&mut run, usize::MAX, |_| {
        (1..100)
            .map(|it| crate::agent::Act::Say(it * 2000, b"{".to_vec()))
            .collect()
    });
    let result = run.result();
    assert_eq!(failure(&result), &FailureKind::Timeout(Duration::from_secs(10)));
    assert_eq!(result.took.as_secs(), 10);
}

#[test]
fn brackets_by_the_thousand() {
    let deep = [vec![b'['; 50_000], b"\n".to_vec()].concat();
    let words = flood(config(Level::Must), &deep);
    assert_eq!(
        words[0],
        "line 5: this is no reply: it is nested deeper than 127 levels and not read"
    );
}

#[test]
fn events_that_nobody_takes_are_bounded() {
    let script = parse("test.session", SCRIPT).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::new(&script, config(Level::Must));
    let _ = run.poll(Time::ZERO);
    for _ in 0..100_000 {
        run.handle_bytes(Time::ZERO, b"x");
    }
    let events = std::iter::from_fn(|| run.poll_event()).count();
    assert!(events <= qga_engine::run::EVENTS_MAX + 10, "{events}");
}
