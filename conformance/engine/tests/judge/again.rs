//! `<again`: what is polled, for how long, and what is left for the next record.

use crate::agent::{Act, config, run, say, say_after, words};
use qga_engine::script::Level;
use qga_engine::verdict::RunResult;
use rstest::rstest;

/// Asks an agent whose program ends after some questions.
fn poll(level: &str, run_level: Level, mut agent: impl FnMut(usize) -> Vec<Act>) -> (RunResult, usize) {
    let records =
        format!("{level} ABC-001 end\n> ask\n<again {{\"ended\": false}}\n< {{\"ended\": true, \"code\": 3}}\n");
    let mut asked = 0;
    let result = run(&records, config(run_level), |_| {
        asked += 1;
        agent(asked)
    });
    (result, asked)
}

fn ends_at(question: usize) -> impl FnMut(usize) -> Vec<Act> {
    move |asked| match asked < question {
        true => say("{\"ended\": false}"),
        false => say("{\"ended\": true, \"code\": 3}"),
    }
}

#[rstest]
#[case::at_once(1, 0)]
#[case::once_more(2, 5)]
#[case::thrice_more(4, 5 + 10 + 20)]
#[case::pauses_grow_no_further(9, 5 + 10 + 20 + 40 + 80 + 160 + 200 + 200)]
fn it_asks_until_something_else_comes(#[case] question: usize, #[case] pauses: u128) {
    let (result, asked) = poll("must", Level::Must, ends_at(question));
    assert_eq!((words(&result), asked), (vec!["passed".to_owned()], question));
    assert_eq!(
        result.took.as_millis(),
        pauses + 50,
        "the pauses, and the silence at the end"
    );
}

#[test]
fn what_never_comes_is_waited_for_no_longer_than_an_expectation() {
    let (result, _) = poll("must", Level::Must, ends_at(usize::MAX));
    assert_eq!(words(&result), ["line 6: /ended: expected true, found false"]);
    assert!(
        result.took <= config(Level::Must).timeout * 2,
        "it took {:?}",
        result.took
    );
}

#[test]
fn an_agent_that_falls_silent_is_told_so() {
    let (result, asked) = poll("must", Level::Must, |_| Vec::new());
    assert_eq!(
        (words(&result), asked),
        (vec!["line 6: no complete reply came in 10s".to_owned()], 1)
    );
}

#[test]
fn something_wrong_is_left_for_the_next_record() {
    let (result, asked) = poll("must", Level::Must, |asked| match asked {
        1 => say("{\"ended\": false}"),
        _ => say("{\"ended\": true, \"code\": 4}"),
    });
    assert_eq!(
        (words(&result), asked),
        (vec!["line 6: /code: expected 3, found 4".to_owned()], 2)
    );
}

#[test]
fn a_level_that_is_not_judged_is_polled_all_the_same() {
    let records = "exact ABC-001 end\n> ask\n<again {\"ended\": false}\n< {\"ended\": true}\n\
        must ABC-002 answer\n> last\n< {}\n";
    let mut asked = 0;
    let result = run(records, config(Level::Must), |line| match line {
        "ask" => {
            asked += 1;
            ends_at(3)(asked)
        }
        _ => say("{}"),
    });
    assert_eq!(
        (words(&result), asked),
        (vec!["not owed".to_owned(), "passed".to_owned()], 3)
    );
}

#[test]
fn a_slow_agent_is_asked_no_more_often_than_it_answers() {
    let (result, asked) = poll("must", Level::Must, |asked| match asked {
        1..5 => say_after(300, b"{\"ended\": false}\n"),
        _ => say("{\"ended\": true, \"code\": 3}"),
    });
    assert_eq!((words(&result), asked), (vec!["passed".to_owned()], 5));
}
