//! The simulated agent inside another program.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use qga_sim::{Clients, Event, ShutdownMode, SimulatedAgent};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// No wait is longer than this.
const PATIENCE: Duration = Duration::from_secs(20);

const PING: &str = r#"{"execute":"guest-ping"}"#;
const PONG: &str = "{\"return\": {}}\n";

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    line(stream).await
}

async fn line(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        match timeout(PATIENCE, stream.read_u8()).await.unwrap() {
            Ok(byte) => line.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(line).unwrap()
}

#[tokio::test]
async fn an_agent_in_memory_answers_and_tells_what_happened() {
    let (agent, mut stream) = SimulatedAgent::builder().release("7.2").in_memory().unwrap();
    assert_eq!(ask(&mut stream, PING).await, PONG);
    assert_eq!(agent.take_event(), None);
    stream
        .write_all(br#"{"execute":"guest-shutdown","arguments":{"mode":"reboot"}}"#)
        .await
        .unwrap();
    let event = timeout(PATIENCE, agent.next_event()).await.unwrap();
    assert_eq!(event, Event::Shutdown(ShutdownMode::Reboot));
}

#[tokio::test]
async fn clients_in_memory_are_served_one_after_another_unless_many_are_asked_for() {
    let (agent, mut first) = SimulatedAgent::builder().in_memory().unwrap();
    let mut second = agent.connect();
    second.write_all(PING.as_bytes()).await.unwrap();
    assert_eq!(ask(&mut first, PING).await, PONG);
    assert!(timeout(Duration::from_millis(50), second.read_u8()).await.is_err());
    drop(first);
    assert_eq!(line(&mut second).await, PONG);

    let (agent, _first) = SimulatedAgent::builder().clients(Clients::Many).in_memory().unwrap();
    assert_eq!(ask(&mut agent.connect(), PING).await, PONG);
}

#[tokio::test]
async fn an_agent_on_a_socket_ends_with_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let agent = SimulatedAgent::builder().block(["guest-info"]).spawn(&path).unwrap();
    let mut stream = UnixStream::connect(&path).await.unwrap();
    assert!(
        ask(&mut stream, r#"{"execute":"guest-info"}"#)
            .await
            .contains("has been disabled")
    );
    drop(agent);
    assert_eq!(line(&mut stream).await, "");
    assert!(UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn only_what_is_allowed_works() {
    let (_agent, mut stream) = SimulatedAgent::builder()
        .release("10.0")
        .allow(["guest-ping"])
        .in_memory()
        .unwrap();
    assert_eq!(ask(&mut stream, PING).await, PONG);
    assert!(
        ask(&mut stream, r#"{"execute":"guest-info"}"#)
            .await
            .contains("the command is not allowed")
    );
}

#[tokio::test]
async fn a_death_closes_the_connection_and_is_told() {
    let (agent, mut stream) = SimulatedAgent::builder().release("2.0").in_memory().unwrap();
    assert_eq!(ask(&mut stream, r#"{"execute":"guest-ping","arguments":[]}"#).await, "");
    let why = agent.death().unwrap();
    assert_eq!(agent.take_event(), Some(Event::Died(why)));
    assert_eq!(line(&mut agent.connect()).await, "");
}

#[tokio::test]
async fn a_freeze_is_seen_from_outside_and_outlives_the_agent_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let builder = SimulatedAgent::builder().state_folder(folder.path());
    let (agent, mut stream) = builder.clone().in_memory().unwrap();
    ask(&mut stream, r#"{"execute":"guest-fsfreeze-freeze"}"#).await;
    assert!(agent.is_frozen());
    drop(agent);
    let (agent, _stream) = builder.in_memory().unwrap();
    assert!(agent.is_frozen());
}

#[tokio::test]
async fn what_was_asked_is_kept() {
    let (agent, mut stream) = SimulatedAgent::builder().in_memory().unwrap();
    ask(
        &mut stream,
        r#"{"execute":"guest-file-open","arguments":{"path":"/tmp/é","mode":"w"},"id":1}"#,
    )
    .await;
    ask(&mut stream, "{]").await;
    ask(&mut stream, r#"{"execute":"no-such-thing"}"#).await;
    let requests: Vec<_> = std::iter::from_fn(|| agent.take_request()).collect();
    let told: Vec<_> = requests
        .iter()
        .map(|it| (it.command.as_str(), it.arguments.as_deref()))
        .collect();
    let opened = r#"{"mode": "w", "path": "/tmp/\u00E9"}"#;
    assert_eq!(told, [("guest-file-open", Some(opened)), ("no-such-thing", Some("{}"))]);
}

#[tokio::test]
async fn a_command_that_hangs_is_done_and_holds_up_all_after_it() {
    let builder = SimulatedAgent::builder().fault("hang=guest-fsfreeze-freeze");
    let (agent, mut stream) = builder.in_memory().unwrap();
    let freeze = r#"{"execute":"guest-fsfreeze-freeze"}"#;
    stream
        .write_all(format!("{PING}{freeze}{PING}").as_bytes())
        .await
        .unwrap();
    assert_eq!(line(&mut stream).await, PONG);
    assert!(timeout(Duration::from_millis(50), stream.read_u8()).await.is_err());
    assert!(agent.is_frozen());
}

#[tokio::test]
async fn a_command_that_hangs_for_a_time_is_answered_then() {
    let (_agent, mut stream) = SimulatedAgent::builder()
        .fault("hang=guest-ping:100ms")
        .in_memory()
        .unwrap();
    let begin = std::time::Instant::now();
    stream.write_all(PING.repeat(2).as_bytes()).await.unwrap();
    assert_eq!(line(&mut stream).await, PONG);
    assert!(begin.elapsed() >= Duration::from_millis(100));
    assert_eq!(line(&mut stream).await, PONG);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn replies_in_pieces_are_the_same_replies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _agent = SimulatedAgent::builder()
        .fault("chunk=1")
        .fault("delay=1ms")
        .spawn(&path)
        .unwrap();
    for _ in 0..2 {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        assert_eq!(ask(&mut stream, PING).await, PONG);
    }
}

#[tokio::test]
async fn a_connection_cut_in_a_reply_leaves_the_agent_alive() {
    let (agent, mut stream) = SimulatedAgent::builder().fault("drop-after=20").in_memory().unwrap();
    stream.write_all(PING.repeat(3).as_bytes()).await.unwrap();
    assert_eq!(line(&mut stream).await, PONG);
    assert_eq!(line(&mut stream).await, &PONG[..5]);
    assert_eq!(ask(&mut agent.connect(), PING).await, PONG);
}

#[tokio::test]
async fn what_cannot_be_had_is_told() {
    let builder = SimulatedAgent::builder;
    for (error, told) in [
        (
            builder().release("99").in_memory().unwrap_err(),
            "no release is called '99'",
        ),
        (
            builder().guest("nobody").in_memory().unwrap_err(),
            "there is no guest of this name",
        ),
        (
            builder().fault("slow").in_memory().unwrap_err(),
            "no fault is called 'slow'",
        ),
        (
            builder().spawn("/nonexistent/socket").unwrap_err(),
            "Failed to bind socket to /nonexistent/socket",
        ),
    ] {
        assert!(error.to_string().contains(told), "{error}");
    }
}
