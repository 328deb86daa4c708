//! However the agent's bytes are cut, the verdict is the same.

use crate::agent::{Act, config, run, run_cut, say_after};
use proptest::prelude::*;
use qga_engine::script::Level;
use qga_engine::verdict::{Failure, Outcome, RunResult};

const RECORDS: &str = "must ABC-001 say a\n> a\n< {\"a\": int as $a}\n\
    exact ABC-002 say more\n< {\"b\": str}\n\
    must ABC-003 sync\n> b\n<sync {\"return\": $a}\n\
    should ABC-004 write so\n> c\n<raw {\"c\": 1}\\n\n\
    must ABC-005 be silent\n> d\n<none 50ms\n\
    must ABC-006 end\n> e\n< {\"e\": arr}\n<also {\"e\": [1, ...]}\n";

/// Mostly what is expected, sometimes something else.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(b"{\"a\": 7}\n".to_vec()),
        2 => Just(b"{\"a\": 7}\n{\"b\": \"x\"}\n".to_vec()),
        4 => Just(b"\xFF{\"return\": 7}\n".to_vec()),
        3 => Just(b"{\"c\": 1}\n".to_vec()),
        2 => Just(b"{\"c\":1}\n".to_vec()),
        3 => Just(b"".to_vec()),
        3 => Just(b"{\"e\": [1, 2]}\n".to_vec()),
        1 => Just(b"{\"e\": [2]}\n".to_vec()),
        1 => Just(b"half".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

/// The answer to each of the five requests, right ones being likely.
fn answers() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let right: [&[u8]; 5] = [
        b"{\"a\": 7}\n{\"b\": \"x\"}\n",
        b"\xFF{\"return\": 7}\n",
        b"{\"c\": 1}\n",
        b"",
        b"{\"e\": [1, 2]}\n",
    ];
    right
        .map(|it| prop_oneof![5 => Just(it.to_vec()), 1 => answer()])
        .to_vec()
}

fn agent(answers: &[Vec<u8>]) -> impl FnMut(&str) -> Vec<Act> + '_ {
    |line| {
        let at = "abcde".find(line).unwrap_or(0);
        say_after(1, &answers[at])
    }
}

/// What counts: not how much had come when the run made up its mind.
fn verdict(result: RunResult) -> Vec<Outcome> {
    let outcomes = result.outcomes.into_iter().map(|it| match it {
        Outcome::Failed(failure) => Outcome::Failed(Box::new(Failure {
            wire_end: 0,
            ..*failure
        })),
        other => other,
    });
    outcomes.collect()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_verdict(answers in answers(), cut in 1..20usize, level in 0..3usize) {
        let config = config(Level::ALL[level]);
        let whole = run(RECORDS, config.clone(), agent(&answers));
        let pieces = run_cut(RECORDS, config, cut, agent(&answers));
        prop_assert_eq!(verdict(whole), verdict(pieces));
    }
}
