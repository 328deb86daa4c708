//! What is known of programs that were started.

use super::reading::Reading;
use super::{Due, Fault};
use crate::fuzz::lines;
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call, Slot};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known of programs that were started.
#[derive(Debug, Default)]
pub(super) struct Programs {
    /// The password of the user of sessions, as it was given, and whether it was said to
    /// be encrypted.
    password: Option<(Vec<u8>, bool)>,
    started: BTreeMap<Slot, Program>,
    /// What the last `uname -n` wrote.
    node: Option<String>,
    /// The file that the last program added to that ended.
    left: Option<u16>,
    /// Whether the client came anew since they were started.
    reopened: bool,
}

/// What a program writes to each of its streams.
type Streams = (Vec<u8>, Vec<u8>);

/// The file that a program adds to.
pub(super) fn file_of(call: &Call) -> Option<u16> {
    match call.argument("arg")? {
        Argument::Shell(_, file) => Some(*file),
        _ => None,
    }
}

#[derive(Debug)]
struct Program {
    /// Its number.
    pid: Value,
    ending: Ending,
    /// What it writes, and what to the stream for errors, if that is caught.
    output: Option<Streams>,
    /// The file that it adds to.
    adds_to: Option<u16>,
    /// It writes the machine's name.
    names: bool,
    /// It looks for a password.
    looks: bool,
    /// It cannot be over yet.
    lasts: bool,
    /// It has told of its end.
    is_over: bool,
}

/// How a program ends: the member that tells it, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Status(i64),
    Signal(i64),
}

impl Ending {
    fn told(self) -> (&'static str, &'static str, i64) {
        match self {
            Ending::Status(status) => ("exitcode", "signal", status),
            Ending::Signal(signal) => ("signal", "exitcode", signal),
        }
    }
}

impl Programs {
    /// The client came anew.
    pub(super) fn reopened(&mut self) {
        self.reopened = true;
    }

    /// What must become of a right call.
    pub(super) fn due(&self, call: &Call) -> Due {
        if call.command == "guest-exec" {
            return match call.argument("path") {
                Some(Argument::Json(path)) if path.contains("/no-such-") => Due::Refusal(Property::Works),
                _ if looks(call) => Due::Either,
                _ => Due::Return(Property::Works),
            };
        }
        let program = self.slot(call).and_then(|it| self.started.get(&it));
        match (program, call.argument("pid")) {
            (Some(program), _) if program.is_over => Due::Refusal(Property::Forgotten),
            (Some(_), _) if self.reopened => Due::Return(Property::Outlives),
            (Some(_), _) => Due::Return(Property::Program),
            (None, Some(Argument::Int(_))) => Due::Refusal(Property::Program),
            (None, _) => Due::Either,
        }
    }

    /// The slot of the program that a call asks about. One that has not told of its end may
    /// happen to have a number that was made up, or that of one that has.
    fn slot(&self, call: &Call) -> Option<Slot> {
        let living = |pid: &Value| {
            let mut started = self.started.iter();
            let found = started.find(|(_, it)| !it.is_over && it.pid == *pid);
            found.map(|it| *it.0)
        };
        match call.argument("pid")? {
            Argument::Slot(slot) => match self.started.get(slot) {
                Some(program) if program.is_over => Some(living(&program.pid).unwrap_or(*slot)),
                _ => Some(*slot),
            },
            Argument::Int(number) => living(&Value::from(*number)),
            _ => None,
        }
    }

    /// The file that the program added to which has just told of its end.
    pub(super) fn left(&mut self) -> Option<u16> {
        self.left.take()
    }

    /// The machine's name, if a program has just told it.
    pub(super) fn node(&mut self) -> Option<String> {
        self.node.take().filter(|it| !it.is_empty())
    }

    /// A password was set, or it was not.
    pub(super) fn password(&mut self, call: &Call, reading: &Reading) {
        let Some(Argument::Base64(password)) = call.argument("password") else {
            return;
        };
        let is_crypted = call.argument("crypted") == Some(&Argument::Json("true".into()));
        self.password = reading.result().map(|_| (password.clone(), is_crypted));
    }

    /// Whether the program that looks for a password must find it; `None` if nobody knows.
    fn finds(&self, call: &Call) -> Option<bool> {
        let (password, is_crypted) = self.password.as_ref().filter(|_| looks(call))?;
        (password == PASSWORD.as_bytes()).then_some(*is_crypted)
    }

    /// What a reply tells. `before`: what was in the file that the program adds to.
    pub(super) fn told(&mut self, call: &Call, reading: &Reading, before: Option<Vec<u8>>) -> Option<Fault> {
        let result = reading.result()?;
        if call.command == "guest-exec" {
            let program = match looks(call) {
                true => self.finds(call).map(|it| Program::looking(call, it)),
                false => Program::of(call, before),
            };
            if let (Some(slot), Some(mut program)) = (call.binds, program) {
                program.pid = result["pid"].clone();
                self.started.insert(slot, program);
            }
            return None;
        }
        let program = self.started.get_mut(&self.slot(call)?)?;
        if result["exited"] != true {
            program.lasts = false;
            if let Some(early) = STREAMS.iter().find(|it| result.get(it).is_some()) {
                let pattern = format!("{{\"return\": {{\"exited\": true, ...}} | not({{\"{early}\": _, ...}}), ...}}");
                let found = format!("it runs, and what it wrote is told: {}", reading.shown());
                return Some(Fault::reply(Property::Program, pattern, found));
            }
            return call.polls.then(|| {
                Fault::reply(
                    Property::Program,
                    program.pattern(result, call.polls),
                    "the program does not end",
                )
            });
        }
        if std::mem::take(&mut program.lasts) && !call.polls {
            program.is_over = true;
            let found = format!("it is over at once: {}", reading.shown());
            return Some(Fault::reply(
                Property::Program,
                "{\"return\": {\"exited\": false, ...}, ...}",
                found,
            ));
        }
        program.is_over = true;
        self.left = program.adds_to.take();
        if program.names {
            let name = result["out-data"].as_str().and_then(|it| STANDARD.decode(it).ok());
            self.node = name.and_then(|it| Some(String::from_utf8(it).ok()?.trim_end().to_owned()));
            return None;
        }
        // It could not look.
        if program.looks && result["exitcode"].as_i64().is_none_or(|it| it > 1) {
            return None;
        }
        let is_right = program.is_told_by(result);
        (!is_right).then(|| {
            let found = format!("it ended so: {}", reading.shown());
            Fault::reply(Property::Program, program.pattern(result, call.polls), found)
        })
    }
}

/// The members with what a program wrote, and those that say that not all of it is there.
const STREAMS: [&str; 2] = ["out-data", "err-data"];
const CUT: [&str; 2] = ["out-truncated", "err-truncated"];
/// The least that an agent keeps of an output, in bytes.
const CUT_MIN: usize = 4096;

/// The password that sessions set.
pub(in crate::fuzz) const PASSWORD: &str = "xyzzy-plugh-frotz";
/// The arguments of the program that looks whether it stands in the file of passwords as
/// it is.
pub(in crate::fuzz) const LOOKS: &str = "[\"-c\", \"^debian:xyzzy-plugh-frotz:\", \"/etc/shadow\"]";

/// Whether a program looks for a password.
fn looks(call: &Call) -> bool {
    matches!(call.argument("arg"), Some(Argument::Json(it)) if it == LOOKS)
}

impl Program {
    /// One that was just started, and how it must end and what it must write.
    fn new(call: &Call, ending: Ending, streams: Streams) -> Program {
        let output = caught(call, streams);
        let is_uname = call.argument("path") == Some(&Argument::Json("\"/bin/uname\"".into()));
        Program {
            pid: Value::Null,
            adds_to: file_of(call),
            ending,
            names: is_uname && output.is_some(),
            output,
            looks: looks(call),
            lasts: call.lasts(),
            is_over: false,
        }
    }

    /// One that looks for what is there or is not.
    fn looking(call: &Call, finds: bool) -> Program {
        let output = if finds { b"1\n" } else { b"0\n" };
        Program::new(call, Ending::Status(i64::from(!finds)), (output.to_vec(), Vec::new()))
    }

    /// Whether that is how it ended and what it wrote.
    fn is_told_by(&self, result: &Value) -> bool {
        let (member, other, value) = self.ending.told();
        let wrote = match &self.output {
            Some((output, errors)) => tells(result, 0, output) && tells(result, 1, errors),
            None => STREAMS.iter().all(|it| result.get(it).is_none()) && CUT.iter().all(|it| result[*it] != true),
        };
        result[member].as_i64() == Some(value) && result.get(other).is_none() && wrote
    }

    /// What is known of a program of the list.
    fn of(call: &Call, before: Option<Vec<u8>>) -> Option<Program> {
        if file_of(call).is_some() {
            let output = [before?, b"a\n".to_vec()].concat();
            return Some(Program::new(call, Ending::Status(0), (output, Vec::new())));
        }
        let Some(Argument::Json(path)) = call.argument("path") else {
            return None;
        };
        let words = texts(call, "arg");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (ending, streams) = match (path.as_ref(), &words[..]) {
            ("\"/bin/true\"", _) => says(b""),
            ("\"/bin/false\"", _) => ends(Ending::Status(1)),
            ("\"/bin/echo\"", words) => says(format!("{}\n", words.join(" ")).as_bytes()),
            ("\"/bin/uname\"", ["-n"]) => says(b""),
            ("\"/bin/cat\"", []) => says(input(call)),
            ("\"/bin/sh\"", ["-c", line]) => shell(call, line)?,
            _ => return None,
        };
        Some(Program::new(call, ending, streams))
    }

    /// What its end should have been told as, where this was told.
    fn pattern(&self, result: &Value, polls: bool) -> String {
        // Whoever asks but once may be told that it runs.
        let runs = if polls { "" } else { "{\"exited\": false, ...} | " };
        let (member, other, value) = self.ending.told();
        let stream = |name: &str, bytes: &[u8]| match bytes {
            [] => String::new(),
            bytes => format!(", \"{name}\": \"{}\"", STANDARD.encode(bytes)),
        };
        let (output, errors) = self.output.clone().unwrap_or_default();
        let told = format!(
            "{{\"exited\": true, \"{member}\": {value}{}{}, ...}}",
            stream("out-data", &output),
            stream("err-data", &errors)
        );
        let due = [
            (other, true),
            ("out-data", output.is_empty()),
            ("err-data", errors.is_empty()),
        ];
        let has = |it: &str| result.get(it).is_some_and(|it| self.output.is_none() || it != "");
        let extra = due
            .into_iter()
            .find(|(it, is_extra)| *is_extra && has(it))
            .map(|it| it.0);
        let cut = CUT.into_iter().find(|it| result[*it] == true);
        if let Some(cut) = cut {
            return format!("{{\"return\": not({{\"{cut}\": true, ...}}), ...}}");
        }
        let is_told = result[member].as_i64() == Some(value);
        match extra {
            Some(extra) if is_told && (self.output.is_none() || extra == other) => {
                format!("{{\"return\": not({{\"{extra}\": _, ...}}), ...}}")
            }
            Some(extra) if is_told => format!("{{\"return\": not({{\"{extra}\": re(\".\"), ...}}), ...}}"),
            _ => format!("{{\"return\": {runs}{told}, ...}}"),
        }
    }
}

/// Whether what was written to a stream is told: whole, or cut where one may well stop, if
/// that is said.
fn tells(result: &Value, stream: usize, whole: &[u8]) -> bool {
    let told = result[STREAMS[stream]].as_str().and_then(|it| STANDARD.decode(it).ok());
    let told = told.unwrap_or_default();
    match result[CUT[stream]] == true {
        true => told.len() >= CUT_MIN && told.len() < whole.len() && whole.starts_with(&told),
        false => told == whole,
    }
}

/// How a line of a shell ends and what it writes.
fn shell(call: &Call, line: &str) -> Option<(Ending, Streams)> {
    let exit = lines::exit_of(line).map(Ending::Status);
    if let Some(ending) = exit.or_else(|| lines::signal_of(line).map(Ending::Signal)) {
        return Some(ends(ending));
    }
    Some(match line {
        lines::LASTS => says(b""),
        lines::SOON => says(b"a\n"),
        lines::BOTH_STREAMS => (Ending::Status(0), (b"a\n".to_vec(), b"b\n".to_vec())),
        lines::ERRORS => (Ending::Status(0), (Vec::new(), input(call).to_vec())),
        lines::ECHOES => says(format!("{}\n", variable(call)).as_bytes()),
        _ => return None,
    })
}

/// A program that writes this and ends well.
fn says(output: &[u8]) -> (Ending, Streams) {
    (Ending::Status(0), (output.to_vec(), Vec::new()))
}

/// A program that writes nothing.
fn ends(ending: Ending) -> (Ending, Streams) {
    (ending, Streams::default())
}

/// What a program is given to read.
fn input(call: &Call) -> &[u8] {
    match call.argument("input-data") {
        Some(Argument::Base64(bytes)) => bytes,
        _ => &[],
    }
}

/// A list of texts among the arguments; none is an empty one.
fn texts(call: &Call, name: &str) -> Vec<String> {
    match call.argument(name) {
        Some(Argument::Json(words)) => serde_json::from_str(words).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The variable that a program writes; empty if it was not given.
fn variable(call: &Call) -> String {
    let variables = texts(call, "env");
    let value = variables.iter().find_map(|it| it.strip_prefix(lines::VARIABLE));
    value.unwrap_or_default().to_owned()
}

/// What is to be told of what a program wrote; `None` if nothing is.
fn caught(call: &Call, (output, errors): Streams) -> Option<Streams> {
    let Some(Argument::Json(word)) = call.argument("capture-output") else {
        return None;
    };
    match word.as_ref() {
        "true" | "\"separated\"" => Some((output, errors)),
        "\"stdout\"" => Some((output, Vec::new())),
        "\"stderr\"" => Some((Vec::new(), errors)),
        // The programs of the list write to the one stream before they do to the other.
        "\"merged\"" => Some(([output, errors].concat(), Vec::new())),
        _ => None,
    }
}
