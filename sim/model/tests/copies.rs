//! How much memory goes into a reply: what is copied has to be put somewhere, so that
//! the bytes that are asked for, in all, tell how often a reply is copied.

use qga_fixtures::schema::Release;
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::time::Time;
use qga_model::{Agent, ChannelId, Config};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn agent(image: &str) -> Agent {
    let guest = Guest::from_toml("image.toml", image).unwrap_or_else(|error| panic!("{error}"));
    let release = Release::find("11.1").expect("it is known");
    Agent::new(Config::new(release), guest, Box::new(MemoryStateDir::new())).expect("it starts")
}

/// The length of a reply, and the bytes that were asked for to make it.
fn measured(agent: &mut Agent, request: &str) -> (u64, u64) {
    let before = dhat::HeapStats::get().total_bytes;
    let taken = agent.handle_bytes(ChannelId::FIRST, Time::ZERO, request.as_bytes());
    assert_eq!(taken, request.len());
    let reply = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
    assert!(reply.starts_with(b"{\"return\""), "{request}");
    (reply.len() as u64, dhat::HeapStats::get().total_bytes - before)
}

/// A machine with so many interfaces.
fn machine(count: usize) -> String {
    let rest = "hardware-address = \"52:54:00:12:34:56\"\naddresses = [\"10.0.2.15/24\"]\n";
    format!("{ROOT}[[interface]]\nname = \"veth{{n}}\"\n{rest}count = {count}\n")
}

const ROOT: &str = "[[mount]]\nat = \"/\"\nsize = \"1 GiB\"\n";

const FILE: &str = "[[file]]\npath = \"/f\"\ncontent = \"text\"\nsize = 8000000\n";

/// One test, since all of a process is counted together.
#[test]
fn a_reply_is_copied_twice_at_most_and_takes_memory_in_proportion() {
    let _profiler = dhat::Profiler::builder().testing().build();

    // A file's bytes: read once, written as text once. A third copy would show.
    let mut with_file = agent(&format!("{ROOT}{FILE}"));
    let open = r#"{"execute": "guest-file-open", "arguments": {"path": "/f"}}"#;
    measured(&mut with_file, open);
    let read = r#"{"execute": "guest-file-read", "arguments": {"handle": 1000, "count": 8000000}}"#;
    let (reply, asked_for) = measured(&mut with_file, read);
    assert!(reply > 10_000_000, "{reply}");
    assert!(asked_for <= 2 * reply, "{asked_for} bytes for {reply}");

    // Many small parts: whatever a part takes, it takes no more among many.
    let of = |count| {
        let mut agent = agent(&machine(count));
        let request = r#"{"execute": "guest-network-get-interfaces"}"#;
        let (reply, asked_for) = measured(&mut agent, request);
        asked_for as f64 / reply as f64
    };
    let (few, many) = (of(500), of(4000));
    assert!(
        many <= few * 1.1,
        "{few} bytes for each byte of few parts, {many} of many"
    );
}
