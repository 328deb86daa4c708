//! The reader of guest images.

use qga_fixtures::schema::Release;
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Agent, ChannelId, Config, Time};

/// Commands that tell the whole guest.
const QUESTIONS: [&str; 14] = [
    "guest-info",
    "guest-get-osinfo",
    "guest-get-host-name",
    "guest-get-timezone",
    "guest-get-time",
    "guest-get-users",
    "guest-get-vcpus",
    "guest-get-memory-blocks",
    "guest-get-fsinfo",
    "guest-get-disks",
    "guest-get-diskstats",
    "guest-get-cpustats",
    "guest-network-get-interfaces",
    "guest-network-get-route",
];

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Guest::from_toml("fuzz.toml", text) {
        Ok(guest) => ask(guest),
        Err(error) => assert!(error.to_string().contains("fuzz.toml"), "{error}"),
    }
}

fn ask(guest: Guest) {
    let release = Release::find("11.1").expect("it is a release");
    let Ok(mut agent) = Agent::new(Config::new(release), guest, Box::new(MemoryStateDir::new())) else {
        return;
    };
    for question in QUESTIONS {
        let request = format!("{{\"execute\": \"{question}\"}}\n");
        agent.handle_bytes(ChannelId::FIRST, Time::ZERO, request.as_bytes());
        let reply = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
        assert!(reply.ends_with(b"}\n"), "{question}: {}", reply.escape_ascii());
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let images = qga_fixtures::guests::GUESTS.iter();
    images.map(|it| it.text.as_bytes().to_vec()).collect()
}
