//! The path of a request, from value to bytes, held against what running agents said.

use super::*;
use crate::json::Dict;
use crate::state_dir::MemoryStateDir;
use qga_fixtures::schema::Release;
use serde_json::Value as Json;

/// A line of the recorded guest-info of each release; `fixtures/tests/guest_info.rs` tells its shape.
fn recorded() -> Vec<Json> {
    let lines = include_str!("../../../../fixtures/recordings/guest-info.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(line: &Json, key: &str) -> Vec<String> {
    let names = line[key].as_array().into_iter().flatten();
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn agent(release: &str, blocked: Vec<String>) -> Agent {
    let mut config = Config::new(Release::find(release).unwrap());
    config.policy.block = blocked.into_iter().collect();
    Agent::new(config, Guest::default(), Box::new(MemoryStateDir::new())).unwrap()
}

/// The bytes that answer a command without arguments.
fn reply_to(agent: &mut Agent, command: &str) -> String {
    let request = Dict::new().with("execute", command.as_bytes().to_vec());
    let mut out = Vec::new();
    answer(&mut agent.state, Frame::Value(request.into()), &mut out);
    String::from_utf8(out).unwrap()
}

/// The recorded reply.
fn recorded_reply(line: &Json) -> String {
    let (disabled, silent) = (names(line, "disabled"), names(line, "silent"));
    let row = |name: &String| {
        let enabled = !disabled.contains(name);
        let answered = match line["silent"] {
            Json::Null => String::new(),
            _ => format!(", \"success-response\": {}", !silent.contains(name)),
        };
        format!("{{\"enabled\": {enabled}, \"name\": \"{name}\"{answered}}}")
    };
    let commands = names(line, "commands");
    let rows: Vec<String> = commands.iter().map(row).collect();
    let list = match line["commands"] {
        Json::Null => String::new(),
        _ => format!(", \"supported_commands\": [{}]", rows.join(", ")),
    };
    format!("{{\"return\": {{\"version\": {}{list}}}}}\n", line["version"])
}

#[test]
fn guest_info_is_the_recorded_one_in_every_release() {
    for line in recorded() {
        let release = line["release"].as_str().unwrap();
        let mut agent = agent(release, names(&line, "blocked"));
        assert_eq!(reply_to(&mut agent, "guest-info"), recorded_reply(&line), "{release}");
    }
}

#[test]
fn a_command_this_system_lacks_is_disabled_or_unknown() {
    let text = |desc: &str| format!("{{\"error\": {{\"class\": \"CommandNotFound\", \"desc\": \"{desc}\"}}}}\n");
    for (release, desc) in [
        ("5.1", "The command guest-get-devices has not been found"),
        (
            "5.2",
            "The command guest-get-devices has been disabled for this instance",
        ),
        ("7.2", "Command guest-get-devices has been disabled"),
        ("10.0", "The command guest-get-devices has not been found"),
    ] {
        assert_eq!(
            reply_to(&mut agent(release, Vec::new()), "guest-get-devices"),
            text(desc),
            "{release}"
        );
    }
}

#[test]
fn what_is_asked_is_kept_if_the_configuration_says_so() {
    for journal in [false, true] {
        let config = Config {
            journal,
            ..Config::new(Release::find("7.2").unwrap())
        };
        let mut agent = Agent::new(config, Guest::default(), Box::new(MemoryStateDir::new())).unwrap();
        let bytes = br#"{"execute":"guest-ping"}{]{"arguments":{"a":[1]},"execute":"x"}"#;
        assert_eq!(agent.handle_bytes(ChannelId::FIRST, Time::ZERO, bytes), bytes.len());
        let asked: Vec<_> = std::iter::from_fn(|| agent.poll_asked()).collect();
        let told: Vec<_> = asked
            .iter()
            .map(|it| (it.command.as_str(), it.arguments.as_deref()))
            .collect();
        let expected = [("guest-ping", Some("{}")), ("x", Some("{\"a\": [1]}"))];
        assert_eq!(told, expected[..if journal { 2 } else { 0 }]);
        assert!(
            asked
                .windows(2)
                .all(|pair| pair[0].replies_before < pair[1].replies_before)
        );
    }
}
