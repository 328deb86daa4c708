//! Each fault, with bytes that mean nothing.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;

/// No wait is longer than this.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long nothing must come for there to be nothing.
const QUIET: Duration = Duration::from_millis(50);

fn faults(text: &str) -> Faults {
    let mut faults = Faults::default();
    text.split_whitespace().for_each(|fault| faults.add(fault).unwrap());
    faults
}

/// What a client gets to its end of what the agent sends.
async fn carried(active: &Active, replies: &[u8]) -> Vec<u8> {
    let (mut client, relay_client) = duplex(1 << 20);
    let (mut agent, relay_agent) = duplex(1 << 20);
    agent.write_all(replies).await.unwrap();
    agent.shutdown().await.unwrap();
    let mut got = Vec::new();
    let (read, ()) = tokio::join!(
        timeout(PATIENCE, client.read_to_end(&mut got)),
        active.relay(relay_client, relay_agent)
    );
    read.unwrap().unwrap();
    got
}

#[tokio::test]
async fn bytes_are_carried_cut_lost_and_added_as_ordered() {
    for (order, replies, expected) in [
        ("", &b"one\ntwo\n"[..], &b"one\ntwo\n"[..]),
        ("chunk=1", b"one\ntwo\n", b"one\ntwo\n"),
        ("drop-after=5", b"one\ntwo\n", b"one\nt"),
        ("drop-after=0", b"one\ntwo\n", b""),
        ("lose=1", b"one\n", b""),
        (
            "stale-at-start",
            b"one\n",
            b"{\"return\": {}}\n{\"return\": {\"pid\"one\n",
        ),
        ("close-at-start=1", b"one\n", b""),
    ] {
        let active = Active::start(faults(order));
        assert_eq!(carried(&active, replies).await, expected, "{order}");
    }
}

#[tokio::test]
async fn chance_is_the_same_for_the_same_seed_and_connection() {
    let text = b"0123456789".repeat(100);
    let twice = |order: &'static str| {
        let text = text.clone();
        async move {
            let active = Active::start(faults(order));
            [carried(&active, &text).await, carried(&active, &text).await]
        }
    };
    for order in ["lose=10", "garble=10", "garbage-at-start"] {
        let [first, second] = twice(order).await;
        assert_ne!(first, text, "{order}");
        assert_ne!(first, second, "{order}: two connections suffer the same");
        assert_eq!(twice(order).await, [first, second], "{order}");
    }
    assert_ne!(twice("lose=10").await, twice("lose=10 seed=1").await);
}

#[tokio::test]
async fn garbling_turns_one_bit_and_keeps_the_length() {
    let text = vec![0; 1000];
    let got = carried(&Active::start(faults("garble=1")), &text).await;
    assert_eq!(got.len(), 1000);
    assert!(got.iter().all(|byte| byte.count_ones() == 1));
}

#[tokio::test]
async fn garbage_is_a_line_of_its_own() {
    let got = carried(&Active::start(faults("garbage-at-start=8")), b"one\n").await;
    assert_eq!(got.len(), 8 + 1 + 4);
    assert!(got.ends_with(b"\none\n"));
}

#[tokio::test(start_paused = true)]
async fn each_piece_is_late() {
    let active = Active::start(faults("delay=2s chunk=2"));
    let began = tokio::time::Instant::now();
    assert_eq!(carried(&active, b"12345").await, b"12345");
    assert_eq!(began.elapsed().as_secs(), 6);
}

/// A client, and what the agent gets of it.
async fn asked(active: &Active) -> (bool, bool) {
    let (mut client, relay_client) = duplex(1 << 10);
    let (mut agent, relay_agent) = duplex(1 << 10);
    let talk = async {
        client.write_all(b"ask").await.unwrap();
        agent.write_all(b"answer").await.unwrap();
        let mut byte = [0];
        let heard = timeout(QUIET, agent.read(&mut byte))
            .await
            .is_ok_and(|it| it.is_ok_and(|count| count == 1));
        let answered = timeout(QUIET, client.read(&mut byte))
            .await
            .is_ok_and(|it| it.is_ok_and(|count| count == 1));
        drop((client, agent));
        (heard, answered)
    };
    let (talked, ()) = tokio::join!(talk, active.relay(relay_client, relay_agent));
    talked
}

#[tokio::test]
async fn the_first_connections_are_deaf_and_the_next_is_not() {
    let active = Active::start(faults("deaf=2"));
    assert!(!asked(&active).await.0);
    assert!(!asked(&active).await.0);
    assert_eq!(asked(&active).await, (true, true));
}

#[tokio::test]
async fn what_is_sent_in_silence_is_lost() {
    let active = Active::start(faults("silent-for=1s"));
    assert_eq!(asked(&active).await, (false, false));
    let begun = Active {
        started: active.started - Duration::from_secs(1),
        ..active
    };
    assert_eq!(asked(&begun).await, (true, true));
}

#[test]
fn faults_are_read_with_their_values() {
    let expected = Faults {
        seed: 7,
        delay: Duration::from_millis(50),
        hang: vec![
            ("guest-exec".to_owned(), None),
            ("guest-ping".to_owned(), Some(Duration::from_secs(2))),
        ],
        ..Faults::default()
    };
    assert_eq!(faults("delay=50ms hang=guest-exec hang=guest-ping:2s seed=7"), expected);
    assert!(expected.need_journal() && expected.touch_bytes());
    assert!(!faults("hang=guest-exec seed=3").touch_bytes());
    assert_eq!(expected.hang("guest-exec"), Some(Duration::MAX));
    assert_eq!(expected.hang("guest-ping"), Some(Duration::from_secs(2)));
    assert_eq!(expected.hang("guest-info"), None);
}

#[test]
fn mistakes_name_what_is_wanted() {
    for (text, expected) in [
        ("slow", "no fault is called 'slow'; there are silent-for, deaf,"),
        ("delay", "delay needs a time such as 50ms or 2s: delay=…"),
        ("delay=5", "delay: '5' is not a time such as 50ms or 2s"),
        ("chunk=0", "chunk: '0' is not a whole number above 0"),
        (
            "garbage-at-start=9999999",
            "garbage-at-start: '9999999' is not a number of bytes up to 1048576",
        ),
        ("hang=", "hang: '' is not a command such as guest-exec or guest-exec:5s"),
        (
            "hang=guest-exec:x",
            "hang: 'guest-exec:x' is not a time such as 50ms or 2s",
        ),
        (
            "stale-at-start=1",
            "stale-at-start: '1' is not wanted: it takes no value",
        ),
    ] {
        let error = Faults::default().add(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
