use super::*;
use crate::agent::{Agent, ChannelId};
use crate::guest::Guest;
use crate::state::Config;
use crate::state_dir::MemoryStateDir;
use crate::time::Time;

/// What an agent answers to some bytes.
fn answer(name: &str, bytes: &[u8]) -> Vec<u8> {
    let release = Release::find("7.2").expect("a release");
    let config = Config {
        deviation: Deviation::named(name),
        ..Config::new(release)
    };
    let mut agent = Agent::new(config, Guest::default(), Box::new(MemoryStateDir::new())).expect("an agent");
    agent.handle_bytes(ChannelId::FIRST, Time::ZERO, bytes);
    let mut said = Vec::new();
    while let Some(bytes) = agent.poll_transmit(ChannelId::FIRST) {
        said.extend(bytes);
    }
    said
}

#[test]
fn every_row_has_a_name_of_its_own_and_a_sentence() {
    let names: BTreeSet<&str> = Deviation::all().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), Deviation::all().len());
    for it in Deviation::all() {
        assert!(!it.about.is_empty() && !it.about.ends_with('.'), "{}", it.name);
        let release = it.release.as_deref().is_none_or(|name| Release::find(name).is_some());
        assert!(release, "{}: there is no such release", it.name);
    }
}

#[test]
fn each_seam_does_what_its_row_says() {
    let ping = b"{\"execute\": \"guest-ping\", \"id\": [1, 2]}\n";
    let sync = b"{\"execute\": \"guest-sync\", \"arguments\": {\"id\": 7}}\n";
    for (name, request, reply) in [
        ("none", &ping[..], &b"{\"return\": {}, \"id\": [1, 2]}\n"[..]),
        ("needs-line-feed", &ping[..ping.len() - 1], b""),
        ("id-reversed", ping, b"{\"return\": {}, \"id\": [2, 1]}\n"),
        ("id-forgotten", ping, b"{\"return\": {}}\n"),
        ("sync-one-more", sync, b"{\"return\": 8}\n"),
        ("sync-as-text", sync, b"{\"return\": \"7\"}\n"),
        ("ping-silent", ping, b""),
        ("members-sorted", ping, b"{\"id\": [1, 2], \"return\": {}}\n"),
        ("no-blanks", ping, b"{\"return\":{},\"id\":[1,2]}\n"),
        ("carriage-returns", sync, b"{\"return\": 7}\r\n"),
        ("reply-twice", sync, b"{\"return\": 7}\n{\"return\": 7}\n"),
        ("dribbles", sync, b"{\"return\": 7}\n"),
    ] {
        let said = answer(name, request);
        assert_eq!(String::from_utf8_lossy(&said), String::from_utf8_lossy(reply), "{name}");
    }
}

/// An agent with the one row that `text` has.
fn agent(text: &str) -> Agent {
    let rows = Deviation::parse(text).expect("a row");
    let config = Config {
        deviation: Some(&Box::leak(rows.into_boxed_slice())[0]),
        ..Config::new(Release::find("7.2").expect("a release"))
    };
    Agent::new(config, Guest::default(), Box::new(MemoryStateDir::new())).expect("an agent")
}

#[test]
fn an_agent_is_right_until_its_row_says_when() {
    let ping = "{\"execute\": \"guest-ping\"}";
    let with_id = "{\"execute\": \"guest-ping\", \"id\": 1}";
    let refused = "{\"execute\": \"guest-file-close\", \"arguments\": {\"handle\": 7}}";
    let unread = "{\"execute\": \"guest-file-close\"}";
    // What is asked, `/` for a client that goes; which of the pings is answered wrongly.
    for (when, asked, wrong) in [
        (
            "{ client = 2 }",
            vec![ping, "/", ping, "/", ping],
            vec![false, true, true],
        ),
        (
            "{ done = [\"guest-ping\", 2] }",
            vec![ping, ping, ping],
            vec![false, false, true],
        ),
        (
            "{ failed = \"guest-file-close\" }",
            vec![unread, ping, refused, ping],
            vec![false, true],
        ),
        ("\"with-id\"", vec![ping, with_id, ping], vec![false, true, false]),
    ] {
        let mut agent = agent(&format!(
            "[[deviation]]\nname = \"x\"\nabout = \"y\"\nwhen = {when}\n\
             does = {{ gate = {{ holds = \"guest-ping\" }} }}\n"
        ));
        let mut found = Vec::new();
        for request in asked {
            if request == "/" {
                agent.handle_disconnect(ChannelId::FIRST);
                continue;
            }
            agent.handle_bytes(ChannelId::FIRST, Time::ZERO, request.as_bytes());
            let said = agent.poll_transmit(ChannelId::FIRST).expect("an answer");
            let said = String::from_utf8_lossy(&said).into_owned();
            if request.contains("ping") {
                found.push(said.contains("error"));
            }
        }
        assert_eq!(found, wrong, "{when}");
    }
}

#[test]
fn a_row_that_asks_for_what_there_is_not_is_told_where() {
    let row = |does: &str| format!("[[deviation]]\nname = \"x\"\nabout = \"y\"\ndoes = {does}\n");
    assert!(Deviation::parse(&row("{ inlet = \"tabs-refused\" }")).is_ok());
    for (does, said) in [
        ("{ inlet = \"tabs\" }", "unknown variant `tabs`"),
        ("{ inlets = \"tabs-refused\" }", "unknown variant `inlets`"),
        (
            "{ result = [{ of = \"guest-ping\", chang = \"drop\" }] }",
            "unknown field `chang`",
        ),
    ] {
        let error = Deviation::parse(&row(does)).expect_err("a mistake");
        assert!(error.contains(said) && error.contains("line 4"), "{error}");
    }
}
