//! Programs that run long: what a client has to wait for meanwhile.

use qga_fixtures::schema::Release;
use qga_model::agent::{Agent, ChannelId};
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Config, Time};
use std::time::Duration;

/// Longer than a call of the agent goes, and than the program takes.
const MINUTE: Duration = Duration::from_secs(60);

fn ask(agent: &mut Agent, now: Time, request: &str) -> String {
    agent.handle_bytes(ChannelId::FIRST, now, request.as_bytes());
    let reply = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
    String::from_utf8(reply).expect("it is text")
}

#[test]
fn a_program_that_runs_long_is_not_waited_for() {
    let config = Config::new(Release::find("10.0").expect("it is known"));
    let guest = Guest::named("default").expect("an image of that name");
    let mut agent = Agent::new(config, guest, Box::new(MemoryStateDir::new())).expect("it starts");
    let exec = r#"{"execute": "guest-exec", "arguments": {"path": "/bin/sh", "arg": ["-c", "seq 1 30000000 | tail -1"], "capture-output": true}}"#;
    let started = ask(&mut agent, Time::ZERO, exec);
    let pid = started.split(|it: char| !it.is_ascii_digit()).find(|it| !it.is_empty());
    let status = format!(
        r#"{{"execute": "guest-exec-status", "arguments": {{"pid": {}}}}}"#,
        pid.expect("it has a number")
    );
    // All the time has passed, and still one call does not do all the work.
    let now = Time::ZERO + MINUTE;
    let first = ask(&mut agent, now, &status);
    assert_eq!(first, "{\"return\": {\"exited\": false}}\n");
    let mut replies = std::iter::repeat_with(|| ask(&mut agent, now, &status)).take(100);
    let last = replies.find(|it| it.contains("\"exited\": true"));
    assert_eq!(
        last.as_deref(),
        Some("{\"return\": {\"exitcode\": 0, \"out-data\": \"MzAwMDAwMDAK\", \"exited\": true}}\n")
    );
}
