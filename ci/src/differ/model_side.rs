//! The model, in process, on the same files as the real agent.

use fastrand::Rng;
use qga_fixtures::schema::Release;
use qga_model::agent::{Agent, ChannelId};
use qga_model::guest::Guest;
use qga_model::guest::accounts::Credentials;
use qga_model::guest::errno::SysError;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::inode::Kind;
use qga_model::guest::fs::task::Descriptors;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Config, Time};

use super::batch::Batch;
use super::ground::{FILES, FOLDER, LINKS, PIPE};
use super::real_side::{LAST, LAST_REPLY};
use super::request::scratch;
use super::transcript::{End, Files, Transcript};
use crate::real::BLOCKED;

/// The longest piece that the model gets at once.
const PIECE_BYTES_MAX: usize = 40;

/// A machine as far as a batch can see it.
const MACHINE: &str = include_str!("machine.toml");

/// What a fresh model of the release says to the batch.
pub(super) fn answer(release: &'static Release, batch: &Batch) -> Transcript {
    let mut config = Config::new(release);
    config.policy.block = BLOCKED.split(',').map(str::to_owned).collect();
    let mut guest = Guest::from_toml("machine.toml", MACHINE).expect("the image is tested");
    on_files(&mut guest, lay_files).expect("the scratch folder is empty");
    let Ok(mut agent) = Agent::new(config, guest, Box::new(MemoryStateDir::new())) else {
        return Transcript::default();
    };
    let bytes = [batch.bytes().as_slice(), LAST].concat();
    let replies = replies(&mut agent, &bytes, &mut Rng::with_seed(batch.cuts));
    let end = match agent.death() {
        Some(_) => End::Died,
        None if replies.ends_with(LAST_REPLY) => End::Answered,
        None => End::Silent,
    };
    let files = on_files(agent.guest_mut(), read_files).unwrap_or_default();
    Transcript { replies, end, files }
}

/// Feeds the bytes in random pieces, as much of each as the agent takes.
fn replies(agent: &mut Agent, bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut replies = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let piece = &bytes[at..bytes.len().min(at + rng.usize(1..=PIECE_BYTES_MAX))];
        at += agent.handle_bytes(ChannelId::FIRST, Time::ZERO, piece);
        replies.extend(agent.poll_transmit(ChannelId::FIRST).unwrap_or_default());
    }
    replies
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
    sys.mkdir(scratch().as_os_str().as_encoded_bytes(), 0o755)?;
    sys.mkdir(&path(FOLDER), 0o755)?;
    for (name, content) in FILES {
        sys.write_file_whole(&path(name), content.as_bytes(), 0o644)?;
    }
    for (name, target) in LINKS {
        sys.symlink(target.as_bytes(), &path(name))?;
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
                Kind::File => drop(files.insert(name, sys.read_file(&path)?)),
                _ => {}
            }
        }
    }
    Ok(files)
}

/// A file of the scratch folder.
fn path(name: &str) -> Vec<u8> {
    scratch().join(name).into_os_string().into_encoded_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shown;

    #[test]
    fn the_model_finds_the_files_and_answers_the_last_request() {
        let batch = Batch {
            messages: vec![b"{\"execute\":\"guest-ping\"}\n".to_vec()],
            cuts: 1,
        };
        let transcript = answer(Release::find("7.2").unwrap(), &batch);
        let names: Vec<_> = transcript.files.keys().map(|it| shown(it)).collect();
        assert_eq!(names, ["a", "empty", "read-only"]);
        assert_eq!(transcript.files[&b"a"[..]], b"0123456789");
    }
}
