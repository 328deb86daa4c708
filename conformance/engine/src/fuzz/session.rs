//! A case as a tree: what a client sends, step by step, and the bytes of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use super::form::Form;
use super::lines;

/// Text that is mostly known when this program is built.
pub type Word = Cow<'static, str>;

/// The place of a value that the agent gives: a handle or a process number.
pub type Slot = u16;

/// A user that the simulated guest has, as JSON.
pub const USER: &str = "\"debian\"";
/// The ways to turn a machine off, as JSON.
const SHUTDOWNS: [&str; 3] = ["\"powerdown\"", "\"halt\"", "\"reboot\""];
/// How long a program may run that a session starts.
pub const PROGRAM_TIME: Duration = Duration::from_secs(2);
/// The most digits of a number that an agent gives.
const DIGITS_MAX: usize = 20;
/// The name of the file that is never made.
pub const MISSING_FILE: u16 = u16::MAX;

/// What a client does, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One thing that a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It sends a complete request and waits for its reply.
    Call(Call),
    /// It sends bytes of any kind and gets in step again.
    Raw(Raw),
}

/// A complete request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The command's name; it need not exist.
    pub command: Word,
    /// Its arguments in order; none are sent if `None`.
    pub arguments: Option<Vec<(Word, Argument)>>,
    /// The id, as JSON.
    pub id: Option<Word>,
    /// Where the handle or process number of the reply is kept.
    pub binds: Option<Slot>,
    /// Whether it is asked once more for as long as the program runs.
    pub polls: bool,
    /// How it is written.
    pub form: Form,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// This JSON.
    Json(Word),
    /// A number.
    Int(i64),
    /// What the agent gave.
    Slot(Slot),
    /// A file of the scratch folder, by its number.
    File(u16),
    /// These bytes, in base64.
    Base64(Vec<u8>),
    /// The arguments of a shell: a line, and the file of the scratch folder that is its
    /// `$0`.
    Shell(&'static str, u16),
}

/// Bytes of any kind. After them the client sends 0xFF and a sync, and whatever comes
/// before its reply belongs to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where they are cut, in order. If there are cuts, the bytes are sent in pieces
    /// after they were sent whole, and the answers must be the same.
    pub cuts: Vec<usize>,
    /// Whether the client goes after the bytes and comes anew; if there are cuts, between
    /// the pieces.
    pub reopens: bool,
}

impl Call {
    /// A call without arguments.
    pub fn plain(command: impl Into<Word>) -> Call {
        Call {
            command: command.into(),
            ..Call::default()
        }
    }

    /// A call with arguments.
    pub fn with<const N: usize>(command: &'static str, arguments: [(&'static str, Argument); N]) -> Call {
        let arguments = arguments.into_iter().map(|(name, value)| (Word::Borrowed(name), value));
        Call {
            arguments: Some(arguments.collect()),
            ..Call::plain(command)
        }
    }

    /// A call with arguments in JSON; without any if there are none.
    pub fn in_json(command: &'static str, arguments: &[(&'static str, &'static str)]) -> Call {
        let arguments = arguments
            .iter()
            .map(|(name, text)| (Word::Borrowed(*name), Argument::Json(Word::Borrowed(*text))));
        let arguments: Vec<_> = arguments.collect();
        Call {
            arguments: (!arguments.is_empty()).then_some(arguments),
            ..Call::plain(command)
        }
    }

    /// Opens a file of the scratch folder by its number, in a mode that is written in JSON.
    pub fn open(file: u16, mode: &'static str) -> Call {
        let path = ("path", Argument::File(file));
        Call::with("guest-file-open", [path, ("mode", Argument::Json(mode.into()))])
    }

    /// The same, and the value that the agent gives is kept.
    pub fn binding(self, slot: Slot) -> Call {
        Call {
            binds: Some(slot),
            ..self
        }
    }

    /// The value of an argument.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        let arguments = self.arguments.as_deref().unwrap_or_default();
        arguments.iter().find(|(it, _)| it == name).map(|(_, value)| value)
    }

    fn is_exclusive(&self) -> bool {
        let freezes = self.command.starts_with("guest-fsfreeze-") && self.command != "guest-fsfreeze-status";
        // What a program sees of passwords must be of this session.
        let is_user = self.argument("username") == Some(&Argument::Json(USER.into()));
        let sets = self.command == "guest-set-user-password" && is_user;
        freezes || sets || self.lasts() || self.turns_off() || self.catches_one_stream()
    }

    /// Whether it runs a program that cannot be over when it is asked about at once.
    pub fn lasts(&self) -> bool {
        matches!(self.argument("arg"), Some(Argument::Json(it)) if lines::runs(it, lines::LASTS))
    }

    /// Whether it sends the machine to sleep or down.
    pub fn turns_off(&self) -> bool {
        let has_mode = |mode: &str| self.argument("mode") == Some(&Argument::Json(mode.to_owned().into()));
        match self.command.as_ref() {
            "guest-suspend-ram" => self.arguments.is_none(),
            "guest-shutdown" => self.arguments.is_none() || SHUTDOWNS.iter().any(|it| has_mode(it)),
            _ => false,
        }
    }

    /// Whether one of a program's two streams is caught. The reference agent then reads
    /// and closes what is not its own, from 8.1 on.
    pub fn catches_one_stream(&self) -> bool {
        let caught = self.argument("capture-output");
        matches!(caught, Some(Argument::Json(it)) if it == "\"stdout\"" || it == "\"stderr\"")
    }

    /// The slots it needs.
    pub fn needs(&self) -> impl Iterator<Item = Slot> {
        let arguments = self.arguments.as_deref().unwrap_or_default();
        arguments.iter().filter_map(|(_, value)| match value {
            Argument::Slot(slot) => Some(*slot),
            _ => None,
        })
    }

    /// Its text, without the line end.
    pub fn write(&self, names: &impl Names, out: &mut String) {
        if self.form == Form::Plain {
            return self.write_plainly(names, out);
        }
        let mut plain = String::new();
        self.write_plainly(names, &mut plain);
        out.push_str(&self.form.of(&plain));
    }

    fn write_plainly(&self, names: &impl Names, out: &mut String) {
        out.push_str("{\"execute\": \"");
        out.push_str(&self.command);
        out.push('"');
        if let Some(arguments) = &self.arguments {
            out.push_str(", \"arguments\": {");
            for (at, (name, value)) in arguments.iter().enumerate() {
                out.push_str(if at == 0 { "\"" } else { ", \"" });
                out.push_str(name);
                out.push_str("\": ");
                value.write(names, out);
            }
            out.push('}');
        }
        if let Some(id) = &self.id {
            out.push_str(", \"id\": ");
            out.push_str(id);
        }
        out.push('}');
    }
}

impl Argument {
    fn write(&self, names: &impl Names, out: &mut String) {
        match self {
            Argument::Json(text) => out.push_str(text),
            Argument::Int(number) => write!(out, "{number}").expect("a string takes all"),
            Argument::Slot(slot) => names.slot(*slot, out),
            Argument::File(number) => names.file(*number, out),
            Argument::Base64(bytes) => {
                out.push('"');
                STANDARD.encode_string(bytes, out);
                out.push('"');
            }
            Argument::Shell(line, file) => {
                write!(out, "[\"-c\", {}, ", serde_json::Value::from(*line)).expect("a string takes all");
                names.file(*file, out);
                out.push(']');
            }
        }
    }
}

/// How values that are known only when a session runs are written.
pub trait Names {
    /// The value of a slot, as JSON.
    fn slot(&self, slot: Slot, out: &mut String);
    /// The folder of the session's files, as it stands inside a JSON string.
    fn folder(&self, out: &mut String);

    /// The path of a file, as JSON. Its letters are of both kinds.
    fn file(&self, number: u16, out: &mut String) {
        out.push('"');
        self.folder(out);
        match number {
            MISSING_FILE => out.push_str("/missing\""),
            number => write!(out, "/F{number}\"").expect("a string takes all"),
        }
    }
}

/// As scripts write them: variables.
#[derive(Clone, Copy, Debug)]
pub struct Variables;

/// The variable of a slot in scripts.
pub fn variable(slot: Slot) -> String {
    format!("v{slot}")
}

impl Names for Variables {
    fn slot(&self, slot: Slot, out: &mut String) {
        out.push('$');
        out.push_str(&variable(slot));
    }

    fn folder(&self, out: &mut String) {
        out.push_str("$tmp");
    }
}

impl Raw {
    /// Its pieces.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.cuts.iter().copied().chain([self.bytes.len()]);
        let begins = [0].into_iter().chain(self.cuts.iter().copied());
        begins
            .zip(ends)
            .filter_map(|(from, to)| self.bytes.get(from..to))
            .filter(|it| !it.is_empty())
    }
}

impl Session {
    /// Whether it must have the agent to itself.
    pub fn is_exclusive(&self) -> bool {
        self.steps.iter().any(|it| match it {
            Step::Call(call) => call.is_exclusive(),
            Step::Raw(raw) => raw.reopens,
        })
    }

    /// Whether an agent is not asked any more afterwards: its machine goes down or sleeps,
    /// or it may be spoilt by a fault that agents are known for.
    pub fn is_last(&self) -> bool {
        self.steps.iter().any(|it| match it {
            Step::Call(call) => call.turns_off() || call.catches_one_stream(),
            Step::Raw(_) => false,
        })
    }

    /// How many slots it has: one more than the greatest that is bound.
    pub fn slots(&self) -> Slot {
        let bound = self.steps.iter().filter_map(|it| match it {
            Step::Call(call) => call.binds,
            Step::Raw(_) => None,
        });
        bound.max().map_or(0, |it| it + 1)
    }

    /// The same with slots and files numbered as they come.
    pub fn tidy(mut self) -> Session {
        let (mut slots, mut files) = (Vec::new(), Vec::new());
        for step in &mut self.steps {
            let Step::Call(call) = step else { continue };
            for (_, value) in call.arguments.iter_mut().flatten() {
                match value {
                    Argument::Slot(slot) => *slot = number(&mut slots, *slot),
                    Argument::File(file) | Argument::Shell(_, file) if *file != MISSING_FILE => {
                        *file = number(&mut files, *file);
                    }
                    _ => {}
                }
            }
            call.binds = call.binds.map(|it| number(&mut slots, it));
        }
        self
    }

    fn files(&self) -> u16 {
        let files = self.steps.iter().flat_map(|it| match it {
            Step::Call(call) => call.arguments.as_deref().unwrap_or_default(),
            Step::Raw(_) => &[],
        });
        let numbers = files.filter_map(|(_, it)| match it {
            Argument::File(number) | Argument::Shell(_, number) if *number != MISSING_FILE => Some(number + 1),
            _ => None,
        });
        numbers.max().unwrap_or(0)
    }

    /// Moves its slots and files out of the way of others.
    fn shift(&mut self, slots: Slot, files: u16) {
        for step in &mut self.steps {
            let Step::Call(call) = step else { continue };
            call.binds = call.binds.map(|it| it + slots);
            for (_, value) in call.arguments.iter_mut().flatten() {
                match value {
                    Argument::Slot(slot) => *slot += slots,
                    Argument::File(number) | Argument::Shell(_, number) if *number != MISSING_FILE => {
                        *number += files;
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The place of a number among those that were seen, which it joins.
fn number(seen: &mut Vec<u16>, wanted: u16) -> u16 {
    let at = seen.iter().position(|it| *it == wanted).unwrap_or_else(|| {
        seen.push(wanted);
        seen.len() - 1
    });
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// The handle or process number that a reply gives, as JSON.
pub fn given(line: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(text) = line.strip_prefix(b"{\"return\": ") {
        let text = text.strip_prefix(b"{\"pid\": ").unwrap_or(text);
        let length = text.iter().take_while(|it| it.is_ascii_digit() || **it == b'-').count();
        if (1..=DIGITS_MAX).contains(&length) && matches!(text.get(length), Some(b'}' | b',')) {
            return std::str::from_utf8(&text[..length]).ok().map(Cow::Borrowed);
        }
    }
    let reply = crate::frame::reply::read(line).ok()?.value;
    let result = reply.get("return")?;
    let value = result.get("pid").unwrap_or(result);
    value.is_number().then(|| Cow::Owned(value.to_string()))
}

/// Whether a reply is an error, as the reference agent writes one.
pub fn is_refusal(line: &[u8]) -> bool {
    line.starts_with(b"{\"error\"")
}

/// Whether a reply says of a program that it still runs.
pub fn is_running(line: &[u8]) -> bool {
    crate::frame::reply::read(line).is_ok_and(|it| it.value["return"]["exited"] == false)
}

/// Many sessions as one: a step of each in turn, so that they meet each other in the
/// agent. Beside each step stands the number of the session it came from.
pub fn merge(sessions: Vec<Session>) -> (Session, Vec<usize>) {
    let (mut slots, mut files) = (0, 0);
    let length = sessions.iter().map(|it| it.steps.len()).sum();
    let mut queues = Vec::with_capacity(sessions.len());
    for mut session in sessions {
        session.shift(slots, files);
        (slots, files) = (slots.max(session.slots()), files.max(session.files()));
        queues.push(session.steps.into_iter());
    }
    let (mut steps, mut owners) = (Vec::with_capacity(length), Vec::with_capacity(length));
    loop {
        let before = steps.len();
        for (owner, queue) in queues.iter_mut().enumerate() {
            if let Some(step) = queue.next() {
                steps.push(step);
                owners.push(owner);
            }
        }
        if steps.len() == before {
            return (Session { steps }, owners);
        }
    }
}

/// Many sessions as one: one after the other.
pub fn merge_in_turn<'s>(sessions: impl Iterator<Item = &'s Session>) -> Session {
    let (mut slots, mut steps) = (0, Vec::new());
    for session in sessions {
        let mut session = session.clone();
        // The files are the same ones: what one session leaves in them the next may find.
        session.shift(slots, 0);
        slots = slots.max(session.slots());
        steps.extend(session.steps);
    }
    Session { steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(call: &Call) -> String {
        let mut out = String::new();
        call.write(&Variables, &mut out);
        out
    }

    #[test]
    fn calls_are_written_as_scripts_have_them() {
        let open = Call::with(
            "guest-file-open",
            [("path", Argument::File(3)), ("mode", Argument::Json("\"w\"".into()))],
        );
        let write = Call::with(
            "guest-file-write",
            [
                ("handle", Argument::Slot(2)),
                ("buf-b64", Argument::Base64(b"qga".to_vec())),
                ("count", Argument::Int(-1)),
            ],
        );
        let ping = Call {
            id: Some("[7]".into()),
            ..Call::plain("guest-ping")
        };
        for (call, expected) in [
            (
                open.binding(0),
                r#"{"execute": "guest-file-open", "arguments": {"path": "$tmp/F3", "mode": "w"}}"#,
            ),
            (
                write,
                r#"{"execute": "guest-file-write", "arguments": {"handle": $v2, "buf-b64": "cWdh", "count": -1}}"#,
            ),
            (ping, r#"{"execute": "guest-ping", "id": [7]}"#),
        ] {
            assert_eq!(text(&call), expected);
        }
    }

    #[test]
    fn a_given_number_is_found_however_the_reply_is_written() {
        for line in [
            "{\"return\": 7}\n",
            "{\"return\":7}\n",
            " { \"return\" : 7 }\n",
            "{\"\\u0072eturn\": 7}\n",
            "{\"return\": {\"pid\": 7}}\n",
            "{\"return\":{\"pid\":7}}\n",
        ] {
            assert_eq!(given(line.as_bytes()).as_deref(), Some("7"), "{line}");
        }
        assert_eq!(given(b"{\"return\": {}}\n"), None);
    }

    #[test]
    fn merged_sessions_keep_out_of_each_others_way() {
        let one = Session {
            steps: vec![
                Step::Call(Call::with("guest-file-open", [("path", Argument::File(0))]).binding(0)),
                Step::Call(Call::with("guest-file-close", [("handle", Argument::Slot(0))])),
            ],
        };
        let (merged, owners) = merge(vec![one.clone(), one]);
        assert_eq!(owners, [0, 1, 0, 1]);
        let texts: Vec<String> = merged
            .steps
            .iter()
            .map(|it| match it {
                Step::Call(call) => text(call),
                Step::Raw(_) => String::new(),
            })
            .collect();
        assert!(texts[1].contains("$tmp/F1") && texts[3].contains("$v1"), "{texts:?}");
    }

    #[test]
    fn tidy_sessions_count_from_zero() {
        let open = Call::with("guest-file-open", [("path", Argument::File(9))]).binding(5);
        let close = Call::with("guest-file-close", [("handle", Argument::Slot(5))]);
        let tidy = Session {
            steps: vec![Step::Call(open), Step::Call(close)],
        }
        .tidy();
        let texts: Vec<String> = tidy
            .steps
            .iter()
            .filter_map(|it| match it {
                Step::Call(call) => Some(text(call)),
                Step::Raw(_) => None,
            })
            .collect();
        assert!(texts[0].contains("$tmp/F0") && texts[1].contains("$v0"), "{texts:?}");
    }

    #[test]
    fn pieces_are_the_bytes_between_the_cuts() {
        let raw = Raw {
            bytes: b"abcdef".to_vec(),
            cuts: vec![0, 2, 2, 5],
            reopens: false,
        };
        assert_eq!(raw.pieces().collect::<Vec<_>>(), [&b"ab"[..], b"cde", b"f"]);
    }
}
