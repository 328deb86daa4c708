//! A connection's life, and the process's.

use crate::program::{PING, PONG, Sim, open};
use nix::sys::signal::Signal;
use rstest::rstest;

#[test]
fn a_request_is_answered_without_a_newline_and_however_it_is_cut() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    assert_eq!(client.ask(PING), PONG);
    for byte in PING.bytes() {
        client.send([byte]);
    }
    assert_eq!(client.line(), PONG);
    assert!(client.is_quiet());
}

#[test]
fn half_a_request_outlives_its_client() {
    let sim = Sim::start("");
    sim.connect().send(r#"{"execute":"guest-pi"#);
    assert_eq!(
        sim.connect().ask(r#"ng","id":"joined"}"#),
        "{\"return\": {}, \"id\": \"joined\"}\n"
    );
}

#[test]
fn a_client_that_will_send_no_more_gets_all_its_answers_and_then_the_end() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    client.send(PING.repeat(100));
    assert_eq!(client.finish(), PONG.repeat(100));
}

#[test]
fn a_client_that_stops_in_the_middle_of_a_request_gets_the_end_and_its_half_is_kept() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    client.send(r#"{"execute":"#);
    assert_eq!(client.finish(), "");
    assert_eq!(sim.connect().ask(r#""guest-ping"}"#), PONG);
}

#[test]
fn what_a_client_asked_is_done_though_it_went_away_without_reading() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    client.send(open("/tmp/a", "w").repeat(3));
    drop(client);
    let mut next = sim.connect();
    assert_eq!(next.ask(&open("/tmp/b", "w")), "{\"return\": 1003}\n");
    assert!(next.is_quiet(), "a reply of the client before leaked");
}

#[rstest]
#[case(Signal::SIGTERM)]
#[case(Signal::SIGINT)]
fn a_signal_ends_it_with_a_client_connected(#[case] signal: Signal) {
    let mut sim = Sim::start("");
    let mut client = sim.connect();
    assert_eq!(client.ask(PING), PONG);
    sim.signal(signal);
    assert_eq!(sim.ended(), (Some(0), String::new()));
    assert_eq!(client.rest(), "");
}

#[rstest]
#[case("1.1")]
#[case("7.2")]
#[case("11.1")]
fn a_signal_is_ignored_while_filesystems_are_frozen(#[case] release: &str) {
    let mut sim = Sim::start(&format!("--emulate {release}"));
    let mut client = sim.connect();
    assert!(
        client
            .ask(r#"{"execute":"guest-fsfreeze-freeze"}"#)
            .starts_with("{\"return\": ")
    );
    sim.signal(Signal::SIGTERM);
    sim.signal(Signal::SIGINT);
    assert_eq!(client.ask(PING), PONG);
    assert!(
        client
            .ask(r#"{"execute":"guest-fsfreeze-thaw"}"#)
            .starts_with("{\"return\": ")
    );
    sim.signal(Signal::SIGTERM);
    assert_eq!(sim.ended().0, Some(0));
}

#[test]
fn a_release_that_keeps_its_freeze_in_memory_ends_frozen() {
    let mut sim = Sim::start_without_state(tempfile::tempdir().unwrap(), "--emulate 1.0.50");
    let mut client = sim.connect();
    assert!(
        client
            .ask(r#"{"execute":"guest-fsfreeze-freeze"}"#)
            .starts_with("{\"return\": ")
    );
    sim.signal(Signal::SIGTERM);
    assert_eq!(sim.ended().0, Some(0));
}

/// Arguments that are no object end the agent of this time.
const DEADLY: &str = r#"{"execute":"guest-ping","arguments":[]}"#;

#[test]
fn an_agent_that_dies_of_a_request_ends_as_by_an_abort() {
    let mut sim = Sim::start("--emulate 2.0");
    let mut client = sim.connect();
    client.send(format!("{PING}{DEADLY}{PING}"));
    assert_eq!(client.rest(), PONG);
    let (status, said) = sim.ended();
    assert_eq!(status, Some(134));
    assert!(said.starts_with("qga-sim: the agent died: "), "{said}");
}

#[test]
fn an_agent_that_is_to_survive_does() {
    let sim = Sim::start("--emulate 2.0 --survive");
    let mut client = sim.connect();
    client.send(DEADLY);
    client.send(PING);
    assert_eq!(client.line(), PONG);
}

#[test]
fn errors_close_nothing() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    for broken in ["\u{1}", "]", "{\"execute\":3}", "[]", "\"x\""] {
        assert!(client.ask(broken).starts_with("{\"error\": "), "{broken}");
    }
    assert_eq!(client.ask(PING), PONG);
}
