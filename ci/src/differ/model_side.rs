//! The model, in process, with the same files and programs as the real agent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use qga_fixtures::schema::{Command, CommandId, Release};
use qga_model::agent::{Agent, ChannelId};
use qga_model::guest::Guest;
use qga_model::guest::accounts::Credentials;
use qga_model::guest::errno::SysError;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::inode::Kind;
use qga_model::guest::fs::io::Whence;
use qga_model::guest::fs::open::OpenFlags;
use qga_model::guest::fs::task::Descriptors;
use qga_model::journal::Asked;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Config, Time};

use super::batch::Batch;
use super::converse::{Heard, MARK_REPLY, Polls, Side, converse};
use super::ground::{FILES, FOLDER, LINKS, PIPE, PROGRAMS};
use super::transcript::{COMPARED_BYTES, Content, End, Files, Transcript, lines};
use crate::real::BLOCKED;
use crate::text::contains;

/// The longest piece that the model gets at once.
const PIECE_BYTES_MAX: usize = 40;

/// The machine as far as a batch can see it.
const MACHINE: &str = include_str!("machine.toml");

/// Where the agent works.
const SCRATCH: &str = "/scratch";

/// Where the programs are.
const PROGRAM_FOLDER: &str = "/programs";

/// A time in which each of the programs ends.
const PROGRAMS_END: Duration = Duration::from_secs(1);

/// A machine whose agents can be started over and over.
pub(super) struct ModelSide {
    config: Config,
    guest: Guest,
}

impl ModelSide {
    /// A machine whose scratch folder is on a filesystem of this type.
    pub(super) fn new(release: &'static Release, filesystem: &str) -> Result<ModelSide> {
        let mut config = Config::new(release);
        config.policy.block = BLOCKED.split(',').map(str::to_owned).collect();
        config.journal = true;
        let mut guest = Guest::from_toml("machine.toml", &MACHINE.replace("$TYPE", filesystem))?;
        on_files(&mut guest, lay_files).map_err(|error| anyhow::anyhow!("cannot lay the model's files: {error:?}"))?;
        Ok(ModelSide { config, guest })
    }

    /// What a fresh agent says to the batch, asked for processes as often as this,
    /// and how often it was asked.
    pub(super) fn answer(&self, batch: &Batch, polls: &Polls) -> Result<(Transcript, Polls)> {
        let agent = Agent::new(self.config.clone(), self.guest.clone(), Box::new(MemoryStateDir::new()));
        let agent = agent.map_err(|error| anyhow::anyhow!("the model does not start: {error:?}"))?;
        let mut talker = Talker {
            agent,
            now: Time::ZERO,
            rng: Rng::with_seed(batch.cuts),
            freed: BTreeSet::new(),
        };
        let (Heard { lines: replies, end }, polls) = converse(&mut talker, batch, polls)?;
        let files = on_files(talker.agent.guest_mut(), read_files)
            .map_err(|error| anyhow::anyhow!("cannot read the model's files: {error:?}"))?;
        Ok((Transcript { replies, end, files }, polls))
    }
}

/// An agent that is talked to.
struct Talker {
    agent: Agent,
    now: Time,
    rng: Rng,
    /// Handles whose close failed. A real agent has given back the memory behind
    /// them, and uses it when a client uses the handle.
    freed: BTreeSet<i64>,
}

/// What came of bytes.
#[derive(Default)]
struct Fed {
    replies: Vec<u8>,
    /// At which byte of the replies the one to a command begins.
    answers: BTreeMap<usize, &'static Command>,
    /// From which byte on a real agent's replies are undefined.
    undefined_from: Option<usize>,
}

impl Talker {
    /// Feeds the bytes in random pieces, as much of each as the agent takes.
    fn feed(&mut self, bytes: &[u8]) -> Fed {
        let mut fed = Fed::default();
        let mut at = 0;
        while at < bytes.len() && !self.agent.is_hanging() {
            let piece = &bytes[at..bytes.len().min(at + self.rng.usize(1..=PIECE_BYTES_MAX))];
            at += self.agent.handle_bytes(ChannelId::FIRST, self.now, piece);
            let before = fed.replies.len();
            let replies = self.agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
            fed.replies.extend(&replies);
            while let Some(request) = self.agent.poll_asked() {
                let reply = before + request.replies_before;
                self.note_request(&request, reply, &mut fed);
            }
        }
        fed
    }

    fn note_request(&mut self, request: &Asked, reply: usize, fed: &mut Fed) {
        let Some(command) = Command::find(&request.command) else {
            return;
        };
        fed.answers.insert(reply, command);
        let Some(handle) = handle(request) else { return };
        if self.freed.contains(&handle) {
            fed.undefined_from.get_or_insert(reply);
        } else if command.id == CommandId::GuestFileClose && contains(&fed.replies[reply..], CLOSE_FAILED) {
            self.freed.insert(handle);
        }
    }

    fn hear(&mut self, bytes: &[u8], ends_well: impl FnOnce(&Talker, &[u8]) -> bool) -> Heard {
        let mut fed = self.feed(bytes);
        let end = match self.agent.death() {
            _ if fed.undefined_from.is_some() => End::Undefined,
            Some(_) => End::Died,
            None if ends_well(self, &fed.replies) => End::Answered,
            None => End::Silent,
        };
        fed.replies.truncate(fed.undefined_from.unwrap_or(usize::MAX));
        let mut lines = lines(&fed.replies);
        let mut at = 0;
        for line in &mut lines {
            line.answers = fed.answers.get(&at).copied();
            at += line.bytes.len();
        }
        Heard { lines, end }
    }
}

/// The handle that a request names.
fn handle(request: &Asked) -> Option<i64> {
    let arguments: serde_json::Value = serde_json::from_str(request.arguments.as_ref()?).ok()?;
    arguments.get("handle")?.as_i64()
}

/// What the reply says to a close that fails with the handle still there.
const CLOSE_FAILED: &[u8] = b"failed to close handle";

impl Side for Talker {
    fn exchange(&mut self, bytes: &[u8]) -> Result<Heard> {
        Ok(self.hear(bytes, |_, replies| replies.ends_with(MARK_REPLY)))
    }

    fn hang_up(&mut self, bytes: &[u8]) -> Result<Heard> {
        let heard = self.hear(bytes, |talker, _| !talker.agent.is_hanging());
        self.agent.handle_disconnect(ChannelId::FIRST);
        Ok(heard)
    }

    fn wait(&mut self) {
        self.now = self.now + PROGRAMS_END;
        self.agent.handle_timeout(self.now);
    }
}

/// System calls of the superuser.
fn on_files<T>(guest: &mut Guest, act: impl FnOnce(&mut Syscalls<'_>) -> T) -> T {
    let mut task = guest
        .fs
        .new_task(Credentials::default(), 0o022, Descriptors::new(3, 1024));
    let result = act(&mut guest.fs.calls(&mut task));
    guest.end_task(task);
    result
}

/// The same files as the real side has.
fn lay_files(sys: &mut Syscalls<'_>) -> Result<(), SysError> {
    sys.mkdir(&path(FOLDER), 0o755)?;
    for (name, content) in FILES {
        sys.write_file_whole(&path(name), content.as_bytes(), 0o644)?;
    }
    for (name, target) in LINKS {
        sys.symlink(target.as_bytes(), &path(name))?;
    }
    for (name, text, mode) in PROGRAMS {
        sys.write_file_whole(format!("{PROGRAM_FOLDER}/{name}").as_bytes(), text.as_bytes(), *mode)?;
    }
    sys.mkfifo(&path(PIPE), 0o644)
}

fn read_files(sys: &mut Syscalls<'_>) -> Result<Files, SysError> {
    let mut files = Files::new();
    let mut folders = vec![Vec::new()];
    while let Some(folder) = folders.pop() {
        for name in sys.list(&[path("").as_slice(), &folder].concat())? {
            let name = if folder.is_empty() {
                name
            } else {
                [folder.as_slice(), b"/", &name].concat()
            };
            let path = [path("").as_slice(), &name].concat();
            match sys.lstat(&path)?.kind {
                Kind::Folder => folders.push(name),
                Kind::File => drop(files.insert(name, content(sys, &path)?)),
                _ => {}
            }
        }
    }
    Ok(files)
}

fn content(sys: &mut Syscalls<'_>, path: &[u8]) -> Result<Content, SysError> {
    let len = sys.lstat(path)?.size;
    let fd = sys.open(path, OpenFlags::READ, 0)?;
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    sys.read(fd, COMPARED_BYTES, &mut head)?;
    let rest = len - head.len() as u64;
    let from_end = rest.min(COMPARED_BYTES as u64);
    sys.lseek(fd, -from_end.cast_signed(), Whence::End)?;
    sys.read(fd, from_end as usize, &mut tail)?;
    sys.close(fd)?;
    Ok(Content { len, head, tail })
}

/// A file of the scratch folder.
fn path(name: &str) -> Vec<u8> {
    format!("{SCRATCH}/{name}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::releases;
    use crate::differ::batch::Message;
    use crate::differ::level::Level;
    use crate::differ::request::Scope;
    use crate::text::shown;
    use qga_fixtures::schema::System;

    /// What the model of a release says to these requests.
    fn said(release: &str, requests: &[String]) -> Transcript {
        let release = Release::find(release).unwrap();
        let messages = requests.iter().map(|it| Message::Bytes(format!("{it}\n").into_bytes()));
        let batch = Batch {
            messages: messages.collect(),
            cuts: 1,
        };
        let side = ModelSide::new(release, "tmpfs").unwrap();
        side.answer(&batch, &Polls::new()).unwrap().0
    }

    fn request(command: &str, arguments: &str) -> String {
        format!("{{\"execute\": \"{command}\", \"arguments\": {{{arguments}}}}}")
    }

    #[test]
    fn the_model_finds_the_files_and_answers_the_last_request() {
        let transcript = said("7.2", &[request("guest-ping", "")]);
        let names: Vec<_> = transcript.files.keys().map(|it| shown(it)).collect();
        assert_eq!(names, ["a", "empty", "read-only"]);
        assert_eq!(transcript.files[&b"a"[..]].head, b"0123456789");
        assert_eq!(transcript.end, End::Answered);
    }

    #[test]
    fn its_machine_can_tell_all_that_it_is_asked_for() {
        for name in releases() {
            let questions: Vec<_> = Level::new(Release::find(name).unwrap()).questions().collect();
            assert!(questions.len() > 10, "{name}");
            for command in questions {
                let transcript = said(name, &[request(command.name, "")]);
                let reply = &transcript.replies[0];
                assert!(reply.bytes.starts_with(b"{\"return\": "), "{name}: {reply}");
                assert_eq!(reply.answers.map(|it| it.name), Some(command.name));
            }
        }
    }

    #[test]
    fn a_handle_whose_close_failed_is_undefined_from_its_next_use_on() {
        let requests = [
            request("guest-file-open", "\"path\": \"full\", \"mode\": \"w\""),
            request("guest-file-write", "\"handle\": 1000, \"buf-b64\": \"YQ==\""),
            request("guest-file-close", "\"handle\": 1000"),
            request("guest-file-flush", "\"handle\": 1001"),
            request("guest-file-flush", "\"handle\": 1000"),
        ];
        let transcript = said("7.2", &requests);
        assert_eq!((transcript.replies.len(), transcript.end), (4, End::Undefined));
        assert_eq!(said("7.2", &requests[..4]).end, End::Answered);
    }

    #[test]
    fn programs_are_found_and_end() {
        let (started, polled) = (request("guest-exec", "\"path\": \"fails\""), Message::Poll(0));
        let batch = Batch {
            messages: vec![Message::Bytes(started.into_bytes()), polled],
            cuts: 1,
        };
        let side = ModelSide::new(Release::find("7.2").unwrap(), "tmpfs").unwrap();
        let (transcript, polls) = side.answer(&batch, &Polls::new()).unwrap();
        assert!(
            contains(&transcript.replies[3].bytes, b"\"exitcode\": 3"),
            "{transcript}"
        );
        assert_eq!(polls, [1]);
    }

    #[test]
    fn batches_get_through_to_every_harmless_command() {
        let release = Release::find("10.0").unwrap();
        let side = ModelSide::new(release, "tmpfs").unwrap();
        let mut succeeded: BTreeMap<&str, usize> = BTreeMap::new();
        for number in 0..300 {
            let batch = Batch::of(Scope { release, only: "" }, 1, number);
            let (transcript, _) = side.answer(&batch, &Polls::new()).unwrap();
            let successes = transcript
                .replies
                .iter()
                .filter(|it| contains(&it.bytes, b"{\"return\": "));
            for command in successes.filter_map(|it| it.answers) {
                *succeeded.entry(command.name).or_default() += 1;
            }
        }
        let blocked: Vec<_> = BLOCKED.split(',').collect();
        let harmless = release.commands(System::Linux).map(|it| it.name);
        for name in harmless.filter(|it| !blocked.contains(it) && !NEVER.contains(it)) {
            assert!(succeeded.contains_key(name), "{name}: {succeeded:?}");
        }
    }

    /// Nobody has keys here.
    const NEVER: [&str; 1] = ["guest-ssh-get-authorized-keys"];
}
