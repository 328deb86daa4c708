//! An agent that is there already: it is resynchronised before each script, and
//! left as it was found.

mod common;

use common::{Ended, run, script};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

/// What a small agent has heard: the bytes of each client.
type Heard = Arc<Mutex<Vec<Vec<u8>>>>;

/// An agent of a few commands with a line to say to each client first.
fn agent(socket: &Path, greeting: &'static [u8]) -> Heard {
    let listener = UnixListener::bind(socket).expect("a socket");
    let heard = Heard::default();
    let told = Arc::clone(&heard);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            told.lock().expect("a lock").push(Vec::new());
            serve(client, greeting, &told);
        }
    });
    heard
}

fn serve(mut client: UnixStream, greeting: &[u8], heard: &Heard) {
    let _ = client.write_all(greeting);
    let (mut line, mut byte) = (Vec::new(), [0]);
    while client.read(&mut byte).is_ok_and(|it| it == 1) {
        heard
            .lock()
            .expect("a lock")
            .last_mut()
            .expect("a client")
            .push(byte[0]);
        line.push(byte[0]);
        if byte[0] == b'\n' {
            let _ = client.write_all(&answer(&String::from_utf8_lossy(&std::mem::take(&mut line))));
        }
    }
}

fn answer(request: &str) -> Vec<u8> {
    let digits: String = request.chars().filter(char::is_ascii_digit).collect();
    let reply = match request {
        it if it.contains("guest-sync") => format!("{{\"return\": {digits}}}"),
        it if it.contains("guest-info") => r#"{"return": {"version": "10.0.2"}}"#.to_owned(),
        it if it.contains("/agents-own") => r#"{"return": 1004}"#.to_owned(),
        it if it.contains("guest-exec-status") => r#"{"return": {"exited": true, "exitcode": 0}}"#.to_owned(),
        it if it.contains("guest-exec") => r#"{"return": {"pid": 77}}"#.to_owned(),
        it if it.contains("guest-file-open") => r#"{"error": {"class": "GenericError", "desc": "no"}}"#.to_owned(),
        _ => r#"{"return": {}}"#.to_owned(),
    };
    let sentinel: &[u8] = if request.contains("delimited") { b"\xFF" } else { b"" };
    [sentinel, reply.as_bytes(), b"\n"].concat()
}

fn judge(greeting: &'static [u8], text: &str, more: &[&str]) -> (Ended, Vec<String>) {
    let folder = TempDir::new().expect("a folder");
    let socket = folder.path().join("socket");
    let heard = agent(&socket, greeting);
    let path = script(folder.path(), "own.session", text);
    let target = format!("unix:{}", socket.display());
    let ended = run(&[&["run", &path, "--target", &target], more].concat());
    let heard = heard
        .lock()
        .expect("a lock")
        .iter()
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect();
    (ended, heard)
}

const OPEN: &str = "\
session an open file

must    OWN-001  open a file
>       {\"execute\": \"guest-file-open\", \"arguments\": {\"path\": \"/agents-own\"}}
<       {\"return\": int}
";

#[test]
fn what_an_earlier_client_left_is_thrown_away() {
    let greeting = b"{\"return\": {\"of\": \"somebody else\"}}\n{\"ret";
    let (ended, heard) = judge(greeting, OPEN, &["--level", "exact"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    for client in heard {
        assert!(
            client.starts_with("\u{FFFD}{\"execute\": \"guest-sync-delimited\""),
            "{client}"
        );
    }
}

#[test]
fn handles_that_a_script_opened_are_closed() {
    let (ended, heard) = judge(b"", OPEN, &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    let last = heard.last().expect("the script's client");
    assert!(
        last.ends_with("{\"execute\":\"guest-file-close\",\"arguments\":{\"handle\":1004}}\n"),
        "{last}"
    );
}

#[test]
fn the_agent_is_judged_as_the_release_it_says() {
    let text = OPEN.replace("session an open file", "session an open file\nsince   10.0");
    let (ended, _) = judge(b"", &text, &[]);
    assert!(ended.output.contains("1 of 1 claims hold"), "{}", ended.output);
    let (ended, _) = judge(b"", &text, &["--as", "7.2"]);
    assert!(
        ended.output.contains("release too old: needs 10.0 or later"),
        "{}",
        ended.output
    );
}

#[test]
fn a_guest_image_is_not_to_be_had() {
    let text = OPEN.replace("session an open file", "session an open file\nguest   full-disk");
    let (ended, heard) = judge(b"", &text, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(
        ended.output.contains("guest image not available: full-disk"),
        "{}",
        ended.output
    );
    assert!(!heard.concat().contains("agents-own"), "the script was not run");
}

/// An agent in another machine does not see the folders of this one.
#[test]
fn an_agent_elsewhere_makes_and_removes_its_scratch_folders() {
    let text = OPEN.replace("/agents-own", "$tmp/agents-own");
    let (ended, heard) = judge(b"", &text, &["--scratch", "/var/tmp"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    let last = heard.last().expect("the script's client");
    let (_, path) = last.split_once("\"path\": \"").expect("the file is opened");
    let (folder, _) = path.split_once("/agents-own").expect("in the scratch folder");
    assert!(folder.starts_with("/var/tmp/qga-"), "{folder}");
    let exec = |program: &str, words: &str| format!("{{\"path\":\"{program}\",\"arg\":[{words}\"{folder}\"]}}");
    let made = last.find(&exec("mkdir", "")).expect("the folder is made");
    let opened = last.find("agents-own").expect("the file is opened");
    let removed = last.find(&exec("rm", "\"-rf\",")).expect("the folder is removed");
    assert!(made < opened && opened < removed, "{last}");
}

#[test]
fn without_a_scratch_folder_nothing_is_written() {
    let text = OPEN.replace("/agents-own", "$tmp/agents-own");
    let (ended, heard) = judge(b"", &text, &["--allow", "files"]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(
        ended
            .output
            .contains("not possible with this target: make a scratch folder"),
        "{}",
        ended.output
    );
    assert!(
        ended
            .errors
            .contains("note: the agent does not see /tmp of this machine"),
        "{}",
        ended.errors
    );
    assert!(!heard.concat().contains("agents-own"), "the script was not run");
}
