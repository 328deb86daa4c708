//! The files the agent keeps: its socket, state, log and pid.

use crate::program::{PING, PONG, Sim, eventually, is_socket, open};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_socket_is_its_owner_s_replaces_an_old_one_and_stays() {
    let sim = Sim::start("");
    sim.connect();
    assert_eq!(mode(&sim.path("socket")), 0o600);
    let folder = sim.stop();
    assert!(is_socket(&folder.path().join("socket")));
    assert_eq!(Sim::start_in(folder, "").connect().ask(PING), PONG);
}

#[test]
fn handles_are_counted_on_after_a_restart() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    assert_eq!(client.ask(&open("/tmp/a", "w")), "{\"return\": 1000}\n");
    assert_eq!(client.ask(&open("/tmp/a", "w")), "{\"return\": 1001}\n");
    let folder = sim.stop();
    let state = folder.path().join("qga.state");
    assert_eq!(fs::read_to_string(&state).unwrap(), "[global]\nfd_counter=1002\n");
    assert_eq!(mode(&state), 0o644);
    let sim = Sim::start_in(folder, "");
    assert_eq!(sim.connect().ask(&open("/tmp/a", "w")), "{\"return\": 1002}\n");
}

#[test]
fn a_freeze_outlives_the_process() {
    let sim = Sim::start("");
    sim.connect().ask(r#"{"execute":"guest-fsfreeze-freeze"}"#);
    let marker = sim.path("qga.state.isfrozen");
    assert_eq!(mode(&marker), 0o600);
    sim.signal(Signal::SIGKILL);
    let mut sim = sim;
    sim.ended();
    let folder = std::mem::replace(&mut sim.folder, tempfile::tempdir().unwrap());
    let sim = Sim::start_in(folder, "");
    let mut client = sim.connect();
    assert_eq!(
        client.ask(r#"{"execute":"guest-fsfreeze-status"}"#),
        "{\"return\": \"frozen\"}\n"
    );
    client.ask(r#"{"execute":"guest-fsfreeze-thaw"}"#);
    assert!(!sim.path("qga.state.isfrozen").exists());
}

#[test]
fn without_a_state_folder_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let mut child = crate::program::command()
        .args(["-m", "unix-listen", "-p"])
        .arg(&socket)
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let stream = eventually("it listens", || std::os::unix::net::UnixStream::connect(&socket).ok());
    let mut client = crate::program::Client::new(stream);
    assert_eq!(client.ask(&open("/tmp/a", "w")), "{\"return\": 1000}\n");
    child.kill().unwrap();
    child.wait().unwrap();
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["socket"]);
}

#[test]
fn the_log_says_what_came_and_went() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let sim = Sim::start_in(folder, &format!("-v -b guest-exec -l {}", log.display()));
    let mut client = sim.connect();
    client.send(PING);
    assert_eq!(client.finish(), PONG);
    let folder = sim.stop();
    let text = fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    for line in [
        "debug: disabling command: guest-exec",
        &format!("debug: read data, count: 24, data: {PING}"),
        "debug: sending data, count: 15",
        "debug: received EOF",
        "debug: received signal num 15, quitting",
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{text}");
    }
}

#[test]
fn the_journal_says_what_was_asked_and_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let sim = Sim::start_in(folder, &format!("--journal {}", journal.display()));
    let mut client = sim.connect();
    assert_eq!(client.ask(PING), PONG);
    client.send(r#"{"execute":"guest-shutdown","arguments":{"mode":"halt"}}"#);
    assert_eq!(client.finish(), "");
    let text = fs::read_to_string(&journal).unwrap();
    let expected = "{\"request\": \"guest-ping\", \"arguments\": {}}\n\
        {\"request\": \"guest-shutdown\", \"arguments\": {\"mode\": \"halt\"}}\n\
        {\"event\": \"shutdown\", \"mode\": \"halt\"}\n";
    assert_eq!(text, expected);
}

/// `-d` gives the terminal back and leaves the agent behind.
#[rstest]
#[case("7.2")]
#[case("10.0")]
fn an_agent_in_the_background_has_a_pid_file_and_removes_it(#[case] release: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let start = || {
        let mut command = crate::program::command();
        command
            .args(["-m", "unix-listen", "-d", "--emulate", release, "-p"])
            .arg(path("socket"));
        command.arg("-t").arg(folder.path()).arg("-f").arg(path("pid"));
        command.output().unwrap()
    };
    assert_eq!(start().status.code(), Some(0));
    let text = eventually("there is a pid", || {
        fs::read_to_string(path("pid")).ok().filter(|text| text.ends_with('\n'))
    });
    let pid = Pid::from_raw(text.trim().parse().unwrap());
    assert_eq!(mode(&path("pid")), 0o600);
    let stream = eventually("it listens", || {
        std::os::unix::net::UnixStream::connect(path("socket")).ok()
    });
    assert_eq!(crate::program::Client::new(stream).ask(PING), PONG);
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap(), Path::new("/"));
    assert_eq!(
        fs::read_link(format!("/proc/{pid}/fd/2")).unwrap(),
        Path::new("/dev/null")
    );
    let second = start();
    assert_eq!(second.status.code(), Some(0));
    kill(pid, Signal::SIGTERM).unwrap();
    eventually("it is gone", || (!path("pid").exists()).then_some(()));
}
