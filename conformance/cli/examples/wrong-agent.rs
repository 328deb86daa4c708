//! Agents that are right but for one thing each, for the tests of `fuzz`: the simulated
//! agent, and something done to its replies.
//!
//! `wrong-agent KIND SOCKET GUEST`

use qga_model::agent::{Agent, ChannelId};
use qga_model::guest::Guest;
use qga_model::state::Config;
use qga_model::state_dir::MemoryStateDir;
use qga_model::time::Time;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::exit;
use std::thread::park;
use std::time::Duration;

/// The time that passes in the guest with each read: programs must come to an end.
const TICK: Duration = Duration::from_millis(20);

fn main() {
    let mut words = std::env::args().skip(1);
    let (Some(kind), Some(socket), Some(image)) = (words.next(), words.next(), words.next()) else {
        eprintln!("usage: wrong-agent KIND SOCKET GUEST");
        exit(2);
    };
    let release = qga_fixtures::schema::Release::find("7.2").expect("a release");
    let guest = Guest::named(&image).expect("a guest image");
    let store = Box::new(MemoryStateDir::new());
    let mut config = Config::new(release);
    if let Some(names) = kind.strip_prefix("without=") {
        config.policy.block = names.split(',').map(str::to_owned).collect();
    }
    let agent = Agent::new(config, guest, store).expect("it starts");
    let listener = UnixListener::bind(socket).expect("the socket can be made");
    let mut wrong = Wrong {
        kind,
        agent,
        now: Duration::ZERO,
        leaked: Vec::new(),
        line: Vec::new(),
        position: 0,
    };
    for stream in listener.incoming().flatten() {
        wrong.serve(stream);
    }
}

struct Wrong {
    kind: String,
    agent: Agent,
    now: Duration,
    leaked: Vec<Vec<u8>>,
    /// The request that is just coming.
    line: Vec<u8>,
    position: u64,
}

impl Wrong {
    fn serve(&mut self, mut stream: UnixStream) {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => count,
            };
            self.now += TICK;
            let mut out = Vec::new();
            let came = self.before(&buffer[..count]);
            // Each request by itself, so that its reply is known.
            for piece in came.split_inclusive(|it| *it == b'\n') {
                self.line.extend_from_slice(piece);
                // What it has said so far is there before it ends.
                if self.kind.ends_with("-late") && stream.write_all(&std::mem::take(&mut out)).is_err() {
                    return;
                }
                let said = self.ask(piece);
                let request = String::from_utf8_lossy(&self.line).into_owned();
                self.after(&request, said, &mut out);
                if piece.ends_with(b"\n") {
                    self.line.clear();
                }
            }
            if stream.write_all(&out).is_err() {
                return;
            }
        }
    }

    fn ask(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut taken = 0;
        while taken < bytes.len() {
            taken += self
                .agent
                .handle_bytes(ChannelId::FIRST, Time(self.now), &bytes[taken..]);
            out.extend(self.agent.poll_transmit(ChannelId::FIRST).unwrap_or_default());
            if taken < bytes.len() {
                self.now = self.agent.poll_timeout().map_or(self.now, |it| it.0.max(self.now));
                self.agent.handle_timeout(Time(self.now));
            }
        }
        out.extend(self.agent.poll_transmit(ChannelId::FIRST).unwrap_or_default());
        out
    }

    /// What is done to the bytes before the agent sees them.
    fn before(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self.kind.as_str() {
            "ignores-ff" => bytes.retain(|it| *it != 0xFF),
            "forgets-between-reads" if !self.line.is_empty() => {
                self.line.clear();
                bytes.insert(0, 0xFF);
            }
            _ => {}
        }
        bytes
    }

    /// What is done to the replies to a request.
    fn after(&mut self, request: &str, said: Vec<u8>, out: &mut Vec<u8>) {
        let has = |text: &str| request.contains(text);
        let fails = said.starts_with(b"{\"error\"");
        let text = String::from_utf8_lossy(&said).into_owned();
        let mut replace = |from: &str, to: &str| out.extend_from_slice(text.replacen(from, to, 1).as_bytes());
        match self.kind.as_str() {
            "drops-a-reply" if has("guest-get-host-name") && !fails => {}
            "answers-twice" if has("guest-ping") && !fails => out.extend([said.clone(), said].concat()),
            "no-ff" => out.extend(said.into_iter().filter(|it| *it != 0xFF)),
            "no-id" if said.starts_with(b"{\"return\"") => replace(", \"id\": ", ", \"x-id\": "),
            "bad-json" if has("guest-get-host-name") => replace("}}", "},}"),
            "wrong-type" if has("guest-get-time") && !fails => replace("return\": ", "return\": \"x\", \"time\": "),
            "takes-wrong-types" if fails && text.contains("Invalid parameter type") => {
                out.extend_from_slice(b"{\"return\": {}}\n")
            }
            "knows-everything" if text.contains("CommandNotFound") => out.extend_from_slice(b"{\"return\": {}}\n"),
            "takes-closed-handles" if fails && text.contains("has not been found") && has("guest-file-") => {
                out.extend_from_slice(b"{\"return\": {}}\n");
            }
            "one-off" if has("guest-file-seek") && !fails => {
                let digits: String = text
                    .chars()
                    .skip_while(|it| !it.is_ascii_digit())
                    .take_while(char::is_ascii_digit)
                    .collect();
                self.position = digits.parse().unwrap_or_default();
                replace(
                    &format!("position\": {digits}"),
                    &format!("position\": {}", self.position + 1),
                );
            }
            "loses-output" if has("guest-exec-status") => replace("\"out-data\"", "\"x-data\""),
            "freezes-nothing" if has("guest-fsfreeze-freeze") => out.extend_from_slice(b"{\"return\": 0}\n"),
            "freezes-nothing" if has("guest-fsfreeze-status") => replace("frozen", "thawed"),
            "other-words" if fails => replace("desc\": \"", "desc\": \"error: "),
            "leaks" => {
                self.leaked.push(vec![1; 64 * 1024]);
                out.extend_from_slice(&said);
            }
            "dies" if has("guest-get-users") => exit(1),
            "dies-late" if has("guest-ping") && has("arguments") => exit(1),
            "hangs-late" if has("guest-ping") && has("arguments") => loop {
                park();
            },
            "hangs" if has("guest-get-users") => loop {
                park();
            },
            _ => out.extend_from_slice(&said),
        }
    }
}
