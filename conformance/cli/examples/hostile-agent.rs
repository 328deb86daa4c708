//! Agents that are broken in one way each, for the tests of the runner: whatever
//! an agent does, a run must end in its time and leave nothing behind.
//!
//! `hostile-agent KIND SOCKET`

use nix::sys::signal::{SigSet, Signal};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

/// Bytes written at a time by those that write without end.
const PIECE: usize = 64 * 1024;
/// Longer than any test waits.
const FOREVER: Duration = Duration::from_secs(3600);
/// What an agent does when its client leaves takes less.
const WORK: Duration = Duration::from_millis(10);
/// Whether the client of the agent that hangs as clients leave has left.
static HAS_LEFT: AtomicBool = AtomicBool::new(false);

fn main() {
    let mut words = std::env::args().skip(1);
    let (Some(kind), Some(socket)) = (words.next(), words.next()) else {
        eprintln!("usage: hostile-agent KIND SOCKET");
        exit(2);
    };
    match kind.as_str() {
        "exits-before-listening" => {
            eprintln!("no such device");
            exit(7);
        }
        "never-listens" => sleep(FOREVER),
        "never-accepts" => {
            let _listener = listen(&socket);
            sleep(FOREVER);
        }
        "floods-stderr" => {
            thread::spawn(|| endless(std::io::stderr(), &[b'e'; PIECE]));
            serve(&socket, answer);
        }
        "hangs-as-clients-leave" => {
            let sigterm = SigSet::from(Signal::SIGTERM);
            sigterm.thread_block().expect("a signal can be blocked");
            thread::spawn(move || end_beside_a_client(&sigterm));
            serve(&socket, |stream| {
                answer(stream);
                HAS_LEFT.store(true, Ordering::Relaxed);
                sleep(FOREVER);
            });
        }
        "ignores-sigterm" => respawn(&["-c", "trap '' TERM; \"$0\" good \"$1\" & wait; wait"], &socket),
        "leaves-children" => {
            leave(&["-c", "sleep 3600"]);
            leave(&["-c", "setsid sleep 3600 & exit 0"]);
            serve(&socket, answer);
        }
        "daemonises" => respawn(&["-c", "setsid \"$0\" good \"$1\" &"], &socket),
        _ => serve(&socket, client(&kind)),
    }
}

/// What is done with a client.
fn client(kind: &str) -> fn(UnixStream) {
    match kind {
        "good" => answer,
        "silent" => |stream| wait_on(stream),
        "closes-at-once" => drop,
        "closes-in-mid-reply" => |mut stream| {
            let _ = stream.read(&mut [0; PIECE]);
            let _ = stream.write_all(b"{\"return\": {\"ver");
        },
        "dies-on-the-first-byte" => |mut stream| {
            let _ = stream.read(&mut [0; 1]);
            eprintln!("that was too much for me");
            std::process::abort();
        },
        "endless-without-a-line-end" | "gigabyte-line" => |stream| endless(stream, &[b'x'; PIECE]),
        "endless-replies" => |stream| endless(stream, b"{\"return\": {}}\n".repeat(4096).as_slice()),
        "million-brackets" => |mut stream| {
            let _ = stream.write_all(&[b'['; 1_000_000]);
            let _ = stream.write_all(b"\n");
            wait_on(stream);
        },
        "deep-reply" => |mut stream| {
            let _ = stream.write_all(&[b"{\"return\": ".to_vec(), vec![b'['; 100_000], vec![b']'; 100_000]].concat());
            let _ = stream.write_all(b"}\n");
            wait_on(stream);
        },
        "long-number" => |mut stream| {
            let _ = stream.write_all(&[b"{\"return\": ".to_vec(), vec![b'9'; 10_000_000]].concat());
            let _ = stream.write_all(b"}\n");
            wait_on(stream);
        },
        "many-small-objects" => |stream| answer_all_with(stream, r#"{"a":1}"#, 74_000),
        "many-members" => |stream| answer_all_with(stream, "1", 290_000),
        "many-long-strings" => |stream| answer_all_with(stream, &format!("\"{}\"", "x".repeat(215)), 290_000),
        "half-closes" => |stream| {
            let _ = stream.shutdown(Shutdown::Write);
            wait_on(stream);
        },
        "nuls-and-bad-utf8" => |stream| endless(stream, b"\0\0\xC3\x28\xFF\xFE\n".repeat(4096).as_slice()),
        "one-byte-every-two-seconds" => dribble,
        "never-reads" => |stream| {
            let _keep = stream;
            sleep(FOREVER);
        },
        _ => {
            eprintln!("there is no hostile agent of that kind");
            exit(2);
        }
    }
}

fn listen(socket: &str) -> UnixListener {
    UnixListener::bind(socket).expect("the socket can be made")
}

/// Ends on the signal if it can still reach its client some time later: as qemu-ga does,
/// whose main loop must not be at work with a client that leaves.
fn end_beside_a_client(signal: &SigSet) {
    let _ = signal.wait();
    sleep(WORK);
    if !HAS_LEFT.load(Ordering::Relaxed) {
        exit(0);
    }
}

/// One client at a time.
fn serve(socket: &str, client: fn(UnixStream)) {
    for stream in listen(socket).incoming() {
        client(stream.expect("a client"));
    }
}

fn wait_on(mut stream: UnixStream) {
    while stream.read(&mut [0; PIECE]).is_ok_and(|it| it > 0) {}
}

/// The same list for each request.
fn answer_all_with(mut stream: UnixStream, item: &str, count: usize) {
    let reply = format!("{{\"return\": [{}]}}\n", vec![item; count].join(","));
    while stream.read(&mut [0; PIECE]).is_ok_and(|it| it > 0) {
        let _ = stream.write_all(reply.as_bytes());
    }
}

fn endless(mut out: impl Write, piece: &[u8]) {
    while out.write_all(piece).is_ok() {}
}

fn dribble(mut stream: UnixStream) {
    for byte in b"{\"return\": {}}\n".iter().cycle() {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        sleep(Duration::from_secs(2));
    }
}

/// The smallest agent that is not broken: it answers sync and info.
fn answer(mut stream: UnixStream) {
    let mut unread = Vec::new();
    let mut buffer = [0; PIECE];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        unread.extend_from_slice(&buffer[..count]);
        while let Some(end) = unread.iter().position(|it| *it == b'\n') {
            let line: Vec<u8> = unread.drain(..=end).collect();
            let _ = stream.write_all(&reply(&String::from_utf8_lossy(&line)));
        }
    }
}

fn reply(request: &str) -> Vec<u8> {
    let id: String = request.chars().filter(char::is_ascii_digit).collect();
    if request.contains("guest-sync") {
        let sentinel: &[u8] = if request.contains("delimited") { b"\xFF" } else { b"" };
        return [sentinel, format!("{{\"return\": {id}}}\n").as_bytes()].concat();
    }
    if request.contains("guest-info") {
        let command = |name| format!(r#"{{"enabled": true, "name": "guest-{name}", "success-response": true}}"#);
        let commands = ["info", "ping", "sync"].map(command).join(", ");
        return format!("{{\"return\": {{\"version\": \"7.2.22\", \"supported_commands\": [{commands}]}}}}\n")
            .into_bytes();
    }
    b"{\"return\": {}}\n".to_vec()
}

/// Starts a child and forgets it.
#[expect(clippy::zombie_processes, reason = "leaving children behind is what this is for")]
fn leave(shell: &[&str]) {
    Command::new("sh").args(shell).spawn().expect("a child");
}

/// Becomes a shell that starts this program again.
fn respawn(shell: &[&str], socket: &str) {
    let program = std::env::current_exe().expect("this program has a path");
    let error = Command::new("sh").args(shell).arg(program).arg(socket).exec();
    eprintln!("cannot become a shell: {error}");
    exit(1);
}
