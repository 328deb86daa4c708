//! Random requests, as the schema has them and with mistakes in their arguments.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fastrand::Rng;
use qga_fixtures::schema::{Command, CommandId, Effect, Member, Release, System, Type};

use super::ground::PROGRAMS;
use super::value::{self, one_of};

/// What is opened by careful clients, the more often the more can be done with it.
const FILES: &[&str] = &[
    "a",
    "a",
    "a",
    "a",
    "new",
    "new",
    "empty",
    "folder/new",
    "link",
    "read-only",
    "pipe",
    "null",
    "zero",
    "full",
];

/// What others open too: files of the scratch folder, its devices and mistakes.
const NAMES: &[&str] = &[
    "new2",
    "folder",
    "dangling",
    "loop",
    "pipe",
    "full",
    "missing/x",
    "a/x",
    ".",
    "./a",
    "folder//new",
    "a/",
    "",
    "a\\u0000b",
    "\u{e9}",
];

/// Names with bytes that are seldom in names, as JSON text.
const ODD_NAMES: &[&[u8]] = &[
    b"\"\xFF\"",
    b"\"\xC3\"",
    b"\"a\xF0\x9F\"",
    b"\"\xED\xA0\x80\"",
    b"\"\xF0\x9F\x98\x80\"",
    b"\"a\\nb\"",
    b"\"a\\tb\"",
    b"\"\\u0001\"",
    b"\"\\u00e9\"",
    b"\"\\uD83D\\uDE00\"",
    b"\"\\uD800\"",
    b"\"\x7F\"",
    b"\" a\"",
    b"\"a \"",
    b"\"%s%n\"",
    b"\"a\\\\b\"",
    b"\"a\\\"b\"",
    b"\"it's\"",
    b"'a'",
    b"\"*\"",
    b"\"-\"",
];

/// Lengths around which names and paths become too long.
const LONG_NAMES: &[usize] = &[254, 255, 256, 4094, 4095, 4096, 10_000];

/// What names of programs are run: more of them are [`PROGRAMS`].
const NO_PROGRAMS: &[&str] = &["missing", "folder", "folder/missing", "./a", "", ".", "a\\u0000b"];

const MODES: &[&[u8]] = &[
    b"\"r+\"", b"\"r+\"", b"\"w+\"", b"\"a+\"", b"\"r\"", b"\"w\"", b"\"a\"", b"\"r+\"", b"\"w+\"", b"\"a+\"",
    b"\"rb\"", b"\"w+b\"", b"\"rb+\"", b"\"x\"", b"\"rw\"", b"\"\"",
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

/// Bytes that are written at once: some more than the buffer of a stream.
const WRITTEN_BYTES_MAX: usize = 9000;

const ENVIRONMENT: &[&[u8]] = &[
    b"\"A=1\"",
    b"\"B=two\"",
    b"\"A=\"",
    b"\"A\"",
    b"\"=A\"",
    b"\"A=1=2\"",
    b"\"LANG=x\"",
    b"\"PATH=folder\"",
    b"\"PATH=\"",
    b"\"A=1\"",
    b"\"A=two words\"",
    b"\"A=\\u00e9\"",
    b"\"A=\\n\"",
    b"\"A=\xFF\"",
    b"\"\"",
    b"\"=\"",
    b"\"A=1\\u0000B=2\"",
    b"null",
    b"1",
];

/// Arguments of programs.
const WORDS: &[&[u8]] = &[
    b"\"a\"",
    b"\"\"",
    b"\"two words\"",
    b"\"-n\"",
    b"\"--\"",
    b"\"%s\"",
    b"\"a\\nb\"",
    b"\"$A\"",
    b"\"'\"",
    b"\"\xFF\"",
    b"\"\\uD83D\\uDE00\"",
    b"\"a\\u0000b\"",
    b"5",
    b"null",
    b"[]",
];

/// The number of an agent's first file.
const FIRST_HANDLE: i64 = 1000;

/// What requests are made of: a release's commands, or some of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// The release.
    pub(super) release: &'static Release,
    /// Only commands with this in their name.
    pub(super) only: &'a str,
}

/// Makes the requests of a batch.
pub(super) struct Requests<'a> {
    scope: Scope<'a>,
    /// Of so many things one is a mistake.
    care: u32,
    /// Of a hundred messages so many are requests of commands that there are.
    known: u32,
    /// How many files were asked for so far.
    opened: i64,
}

impl Requests<'_> {
    /// The requests to a fresh agent of a client that makes mistakes all the time.
    pub(super) fn careless(scope: Scope<'_>) -> Requests<'_> {
        Requests {
            scope,
            care: 12,
            known: 80,
            opened: 0,
        }
    }

    /// The requests of one that seldom makes mistakes, and so gets far.
    pub(super) fn careful(scope: Scope<'_>) -> Requests<'_> {
        Requests {
            care: 60,
            known: 98,
            ..Requests::careless(scope)
        }
    }

    fn makes_mistake(&self, rng: &mut Rng) -> bool {
        rng.u32(0..self.care) == 0
    }

    /// A request, or something that is none.
    pub(super) fn any(&mut self, rng: &mut Rng) -> Vec<u8> {
        if rng.u32(0..100) >= self.known {
            return unknown(rng);
        }
        let command = match rng.u32(0..80) {
            // Half of the files that are opened are not closed again.
            0..22 => self.some(rng, |it| it.effect == Effect::Files),
            22..45 => self.some(rng, |it| {
                it.effect == Effect::Files && it.id != CommandId::GuestFileClose
            }),
            45..52 => self.some(rng, |it| it.id == CommandId::GuestExec),
            52..70 => self.some(rng, |_| true),
            _ => self.some(rng, |it| is_about_the_agent(it.id)),
        };
        match command {
            Some(command) => self.of_command(command, rng),
            None => envelope(value::string(rng), value::any(rng), rng),
        }
    }

    fn some(&self, rng: &mut Rng, wanted: impl Fn(&Command) -> bool) -> Option<&'static Command> {
        let commands = self.scope.release.commands(System::Linux);
        let commands: Vec<_> = commands
            .filter(|it| wanted(it) && it.name.contains(self.scope.only))
            .collect();
        rng.choice(commands)
    }

    fn of_command(&mut self, command: &Command, rng: &mut Rng) -> Vec<u8> {
        let mut members = Vec::new();
        for member in command.arguments_in(self.scope.release) {
            let is_left_out = match member.is_optional(self.scope.release) {
                true => rng.bool(),
                false => self.makes_mistake(rng),
            };
            if !is_left_out {
                members.push((quoted(member.name), self.argument(command, member, rng)));
            }
        }
        if self.makes_mistake(rng) {
            members.push((quoted("unexpected"), value::any(rng)));
        }
        if rng.u32(0..40) == 0 {
            members.extend(members.first().cloned());
        }
        rng.shuffle(&mut members);
        self.opened += i64::from(command.id == CommandId::GuestFileOpen);
        let arguments = value::joined(members, rng);
        envelope(quoted(command.name), arguments, rng)
    }

    /// A value for an argument: mostly one that fits.
    fn argument(&self, command: &Command, member: &Member, rng: &mut Rng) -> Vec<u8> {
        match member.name {
            _ if self.makes_mistake(rng) => value::any(rng),
            "path" if rng.u32(0..25) == 0 => odd_name(rng),
            "path" if command.id == CommandId::GuestExec => program(rng),
            "path" if rng.u32(0..self.care) < 8 => quoted(NAMES[rng.usize(0..NAMES.len())]),
            "path" => quoted(FILES[rng.usize(0..FILES.len())]),
            "handle" => self.handle(rng),
            "count" => count(rng),
            "offset" => offset(rng),
            "whence" => whence(rng),
            "mode" => one_of(rng, MODES),
            "buf-b64" | "input-data" => data(rng),
            "pid" => rng.i64(-2..5).to_string().into_bytes(),
            "arg" if rng.bool() => list_of(WORDS, rng),
            "env" => list_of(ENVIRONMENT, rng),
            "capture-output" => capture(rng),
            _ => fitting(member.kind, rng),
        }
    }

    /// A handle: of a file that may be open, or the one before or after.
    fn handle(&self, rng: &mut Rng) -> Vec<u8> {
        let number = match rng.u32(0..self.care) {
            0 => rng.i64(-1..1),
            1 => FIRST_HANDLE - 1,
            // Not all that is opened can be.
            _ => FIRST_HANDLE + rng.i64(0..=self.opened) * 3 / 4,
        };
        number.to_string().into_bytes()
    }
}

/// A request of a command that there is not, or something that is no request.
fn unknown(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..20) {
        0..5 => envelope(value::string(rng), value::any(rng), rng),
        5 => ended(value::deep(rng), rng),
        6..10 => value::noise(rng),
        _ => ended(value::any(rng), rng),
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
            | CommandId::GuestExecStatus
    )
}

/// A name that is seldom, or one that is too long.
fn odd_name(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..4) {
        0 => {
            let length = LONG_NAMES[rng.usize(0..LONG_NAMES.len())];
            let part = if rng.bool() { "n" } else { "folder/" };
            quoted(&part.repeat(length.div_ceil(part.len()))[..length])
        }
        _ => one_of(rng, ODD_NAMES),
    }
}

fn program(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..5) {
        0 => quoted(NO_PROGRAMS[rng.usize(0..NO_PROGRAMS.len())]),
        _ => quoted(PROGRAMS[rng.usize(0..PROGRAMS.len())].0),
    }
}

fn count(rng: &mut Rng) -> Vec<u8> {
    const COUNTS: &[&[u8]] = &[
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
        b"10",
        b"4095",
        b"4096",
        b"4097",
        b"5000",
        b"8192",
        b"-1",
        b"50331649",
        b"2147483647",
        b"4294967295",
        b"4294967296",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775808",
        b"1.0",
        b"1e1",
        b"-0",
        b"null",
    ];
    one_of(rng, COUNTS)
}

fn offset(rng: &mut Rng) -> Vec<u8> {
    const OFFSETS: &[&[u8]] = &[
        b"0",
        b"0",
        b"1",
        b"4",
        b"-1",
        b"-3",
        b"100",
        b"4095",
        b"4096",
        b"5000",
        b"-5000",
        b"4294967296",
        b"9223372036854775806",
        b"9223372036854775807",
        b"-9223372036854775808",
        b"2147483647",
        b"2147483648",
        b"-1.0",
        b"-0",
        b"1e2",
    ];
    one_of(rng, OFFSETS)
}

fn whence(rng: &mut Rng) -> Vec<u8> {
    const WHENCES: &[&[u8]] = &[
        b"0",
        b"1",
        b"2",
        b"0",
        b"1",
        b"2",
        b"3",
        b"-1",
        b"\"set\"",
        b"\"cur\"",
        b"\"end\"",
        b"\"bogus\"",
        b"\"SET\"",
        b"\"\"",
        b"\"set \"",
        b"\"\\u0073et\"",
        b"'cur'",
        b"0.0",
        b"2.5",
        b"4294967296",
        b"9223372036854775807",
        b"9223372036854775808",
        b"true",
        b"null",
        b"[]",
        b"{}",
    ];
    one_of(rng, WHENCES)
}

/// Base64 with and without mistakes, of few bytes and of many.
fn data(rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..10) {
        0..4 => one_of(rng, DATA),
        4..8 => {
            let bytes: Vec<u8> = (0..rng.usize(0..8)).map(|_| rng.u8(..)).collect();
            quoted(&BASE64_STANDARD.encode(bytes))
        }
        _ => {
            let bytes: Vec<u8> = (0..rng.usize(0..WRITTEN_BYTES_MAX)).map(|at| at as u8).collect();
            quoted(&BASE64_STANDARD.encode(bytes))
        }
    }
}

fn list_of(choices: &[&[u8]], rng: &mut Rng) -> Vec<u8> {
    let items: Vec<_> = (0..rng.usize(0..4)).map(|_| one_of(rng, choices)).collect();
    [b"[", items.join(&b","[..]).as_slice(), b"]"].concat()
}

/// What releases have known to capture, each with its own idea of it.
fn capture(rng: &mut Rng) -> Vec<u8> {
    const CAPTURES: &[&[u8]] = &[
        b"true",
        b"true",
        b"true",
        b"false",
        b"\"stdout\"",
        b"\"stderr\"",
        b"\"separated\"",
        b"\"merged\"",
        b"\"none\"",
        b"\"bogus\"",
        b"\"\"",
        b"\"true\"",
        b"'stdout'",
        b"0",
        b"1",
        b"null",
        b"[]",
        b"{}",
    ];
    one_of(rng, CAPTURES)
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
        let id = if rng.u32(0..60) == 0 {
            value::deep(rng)
        } else {
            value::any(rng)
        };
        members.push((quoted("id"), id));
    }
    if rng.u32(0..30) == 0 {
        members.push((value::string(rng), value::any(rng)));
    }
    if rng.u32(0..30) == 0 {
        // Said twice, the second time perhaps otherwise.
        let (name, value) = members[rng.usize(0..members.len())].clone();
        let value = if rng.bool() { value } else { value::any(rng) };
        members.push((name, value));
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

    fn all(only: &str) -> String {
        let mut rng = Rng::with_seed(1);
        let release = Release::find("10.0").unwrap();
        let mut requests = Requests::careless(Scope { release, only });
        let bytes: Vec<_> = (0..10_000).map(|_| requests.any(&mut rng)).collect();
        String::from_utf8_lossy(&bytes.concat()).into_owned()
    }

    #[test]
    fn every_command_of_the_release_comes_up() {
        let all = all("");
        for command in Release::find("10.0").unwrap().commands(System::Linux) {
            assert!(all.contains(&format!("\"{}\"", command.name)), "{}", command.name);
        }
    }

    #[test]
    fn every_odd_value_comes_up() {
        let mut rng = Rng::with_seed(1);
        let release = Release::find("10.0").unwrap();
        let mut requests = Requests::careless(Scope {
            release,
            only: "guest-",
        });
        let bytes: Vec<_> = (0..40_000).map(|_| requests.any(&mut rng)).collect();
        let all = bytes.concat();
        for odd in ODD_NAMES.iter().chain(WORDS).chain(ENVIRONMENT) {
            let shown = String::from_utf8_lossy(odd);
            assert!(all.windows(odd.len()).any(|it| it == *odd), "{shown}");
        }
    }

    #[test]
    fn every_program_and_no_command_outside_the_scope_comes_up() {
        let all = all("guest-exec");
        for (name, ..) in PROGRAMS {
            assert!(all.contains(&format!("\"{name}\"")), "{name}");
        }
        assert!(!all.contains("guest-file"));
    }
}
