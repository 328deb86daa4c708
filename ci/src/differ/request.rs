//! Random requests, as the schema has them and with mistakes in their arguments.

use std::path::Path;
use std::sync::OnceLock;

use fastrand::Rng;
use qga_fixtures::schema::{Command, CommandId, Effect, Member, Release, System, Type};

use super::value::{self, one_of};

/// The folder that files are made in: the same path on both sides.
pub(super) fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<std::path::PathBuf> = OnceLock::new();
    SCRATCH.get_or_init(|| std::env::temp_dir().join(format!("qga-differ-{}", std::process::id())))
}

/// What paths are opened: files of the scratch folder, its devices and mistakes.
const NAMES: &[&str] = &[
    "a",
    "a",
    "a",
    "empty",
    "new",
    "new2",
    "folder",
    "folder/new",
    "link",
    "dangling",
    "loop",
    "read-only",
    "pipe",
    "missing/x",
    "a/x",
    ".",
    "..",
    "a/",
    "a\\u0000b",
];

/// Devices that are the same on every Linux.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full"];

const MODES: &[&[u8]] = &[
    b"\"r\"", b"\"w\"", b"\"a\"", b"\"r+\"", b"\"w+\"", b"\"a+\"", b"\"rb\"", b"\"w+b\"", b"\"rb+\"", b"\"x\"",
    b"\"rw\"", b"\"\"",
];

const DATA: &[&[u8]] = &[
    b"\"\"",
    b"\"YWJj\"",
    b"\"YQ==\"",
    b"\"YQ\"",
    b"\"====\"",
    b"\"YWJj=\"",
    b"\"YQ==YQ==\"",
    b"\"YW Jj\"",
    b"\"YW\\nJj\"",
    b"\"_-\"",
    b"\"AAEC/f7/\"",
    b"\"!\"",
];

/// What requests are made of: a release's commands, or some of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// The release.
    pub(super) release: &'static Release,
    /// Only commands with this in their name.
    pub(super) only: &'a str,
}

/// A request of any command, with its line end or without.
pub(super) fn any(scope: Scope<'_>, rng: &mut Rng) -> Vec<u8> {
    let command = match rng.u32(0..20) {
        0..9 => some(scope, rng, |it| it.effect == Effect::Files),
        9..12 => some(scope, rng, |_| true),
        _ => None,
    };
    match command {
        Some(command) => of_command(command, scope.release, rng),
        None => without_paths(scope, rng),
    }
}

/// A request that opens nothing and starts nothing, and whose reply is not about
/// the machine, whatever is changed in it.
pub(super) fn without_paths(scope: Scope<'_>, rng: &mut Rng) -> Vec<u8> {
    let command = match rng.u32(0..10) {
        0 if rng.u32(0..20) == 0 => return ended(value::deep(rng), rng),
        0 => return ended(value::any(rng), rng),
        1 => None,
        _ => some(scope, rng, |it| is_about_the_agent(it.id)),
    };
    match command {
        Some(command) => of_command(command, scope.release, rng),
        None => envelope(value::string(rng), value::any(rng), rng),
    }
}

/// Commands whose success says nothing about the machine.
fn is_about_the_agent(command: CommandId) -> bool {
    matches!(
        command,
        CommandId::GuestSync
            | CommandId::GuestSyncDelimited
            | CommandId::GuestPing
            | CommandId::GuestInfo
            | CommandId::GuestFsfreezeStatus
            | CommandId::GuestFsfreezeThaw
            | CommandId::GuestFileRead
            | CommandId::GuestFileWrite
            | CommandId::GuestFileSeek
            | CommandId::GuestFileFlush
            | CommandId::GuestFileClose
            | CommandId::GuestExecStatus
    )
}

fn some(scope: Scope<'_>, rng: &mut Rng, wanted: impl Fn(&Command) -> bool) -> Option<&'static Command> {
    let commands = scope.release.commands(System::Linux);
    let commands: Vec<_> = commands
        .filter(|it| wanted(it) && it.name.contains(scope.only))
        .collect();
    rng.choice(commands)
}

fn of_command(command: &Command, release: &'static Release, rng: &mut Rng) -> Vec<u8> {
    let mut members = Vec::new();
    for member in command.arguments_in(release) {
        if rng.u32(0..10) > 0 || member.name == "path" {
            members.push((quoted(member.name), argument(member, rng)));
        }
    }
    let describes_machine = matches!(command.effect, Effect::None) && !is_about_the_agent(command.id);
    if describes_machine || rng.u32(0..12) == 0 {
        members.push((quoted("unexpected"), value::any(rng)));
    }
    rng.shuffle(&mut members);
    let arguments = value::joined(members, rng);
    envelope(quoted(command.name), arguments, rng)
}

/// A value for an argument: mostly one that fits.
fn argument(member: &Member, rng: &mut Rng) -> Vec<u8> {
    match member.name {
        // A wrong path could be any file of this machine.
        "path" => path(rng),
        _ if rng.u32(0..8) == 0 => value::any(rng),
        "handle" => rng.i64(999..1006).to_string().into_bytes(),
        "count" => one_of(rng, &[b"0", b"1", b"3", b"10", b"4096", b"5000", b"-1", b"50331649"]),
        "offset" => one_of(
            rng,
            &[b"0", b"1", b"4", b"-1", b"100", b"5000", b"-9223372036854775808"],
        ),
        "whence" => one_of(
            rng,
            &[b"0", b"1", b"2", b"3", b"\"set\"", b"\"cur\"", b"\"end\"", b"\"bogus\""],
        ),
        "mode" => one_of(rng, MODES),
        "buf-b64" => one_of(rng, DATA),
        "pid" => rng.i64(-2..5).to_string().into_bytes(),
        _ => fitting(member.kind, rng),
    }
}

fn path(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..12) {
        0 => quoted(DEVICES[rng.usize(0..DEVICES.len())]),
        1 => quoted(""),
        2 => value::number(rng),
        3 => quoted(&format!("{}/{}", scratch().display(), "n".repeat(300))),
        _ => quoted(&format!("{}/{}", scratch().display(), NAMES[rng.usize(0..NAMES.len())])),
    }
}

fn fitting(kind: Type, rng: &mut Rng) -> Vec<u8> {
    match kind {
        Type::Int | Type::Uint64 | Type::Uint16 => rng.i64(-2..100).to_string().into_bytes(),
        Type::Str => value::string(rng),
        Type::Bool => one_of(rng, &[b"true", b"false"]),
        Type::Number => value::number(rng),
        Type::List(of) => {
            let members: Vec<_> = (0..rng.usize(0..3)).map(|_| fitting(*of, rng)).collect();
            [b"[", members.join(&b","[..]).as_slice(), b"]"].concat()
        }
        Type::Struct(of) => {
            let members = of
                .members
                .iter()
                .map(|it| (quoted(it.name), fitting(it.kind, rng)))
                .collect();
            value::joined(members, rng)
        }
        Type::Enum(of) => quoted(of.values[rng.usize(0..of.values.len())].name),
        Type::Alternate(_) | Type::Union(_) => value::any(rng),
    }
}

/// The request around a command and its arguments, its members in any order.
fn envelope(command: Vec<u8>, arguments: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let mut members = vec![(quoted("execute"), command)];
    if rng.u32(0..10) > 0 {
        members.push((quoted("arguments"), arguments));
    }
    if rng.u32(0..3) == 0 {
        members.push((quoted("id"), value::any(rng)));
    }
    if rng.u32(0..30) == 0 {
        members.push((value::string(rng), value::any(rng)));
    }
    rng.shuffle(&mut members);
    let text = value::joined(members, rng);
    ended(text, rng)
}

fn ended(mut text: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    text.extend(one_of(rng, &[b"\n", b"\n", b"\n", b"\r\n", b"", b" "]));
    text
}

fn quoted(text: &str) -> Vec<u8> {
    format!("\"{text}\"").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(make: fn(Scope<'_>, &mut Rng) -> Vec<u8>) -> Vec<String> {
        let mut rng = Rng::with_seed(1);
        let release = Release::find("10.0").unwrap();
        let scope = Scope { release, only: "" };
        (0..5000)
            .map(|_| String::from_utf8_lossy(&make(scope, &mut rng)).into_owned())
            .collect()
    }

    #[test]
    fn every_command_of_the_release_comes_up() {
        let all = requests(any).concat();
        for command in Release::find("10.0").unwrap().commands(System::Linux) {
            assert!(all.contains(&format!("\"{}\"", command.name)), "{}", command.name);
        }
    }

    #[test]
    fn what_may_be_tampered_with_names_no_path_and_starts_nothing() {
        for request in requests(without_paths) {
            for word in [
                "guest-file-open",
                "guest-exec\"",
                "/tmp",
                "/dev",
                "guest-get-",
                "guest-ssh",
            ] {
                assert!(!request.contains(word), "{request}");
            }
        }
    }

    #[test]
    fn only_scratch_files_and_devices_are_opened() {
        for request in requests(any).iter().filter(|it| it.contains("\"path\"")) {
            let rest = request.split("\"path\"").nth(1).unwrap_or_default();
            let value = rest.trim_start_matches([':', ' ', '\n', '\t', '\r']);
            let harmless = [scratch().display().to_string(), "/dev/".to_owned(), "\"".to_owned()];
            let is_text = value.starts_with("\"/");
            assert!(
                !is_text || harmless[..2].iter().any(|it| value[1..].starts_with(it)),
                "{request}"
            );
        }
    }
}
