//! A session that violates something, in the language of the suite: what a person
//! reads, keeps and runs.

use super::form::Form;
use super::judge::{Expected, Violation, same_variable};
use super::report::RECORDS_MAX;
use super::session::{Argument, Call, Raw, Session, Step, Variables, is_refusal, variable};
use super::transcript::Transcript;
use crate::script::{Script, parse, print, print_bytes};
use std::fmt::Write as _;

/// What a script is called where no file has its name yet.
const FILE: &str = "found by fuzz";
/// How long nothing comes where no reply is due.
const SILENCE: &str = "300ms";
/// The number of a script's own syncs.
const SYNC_ID: i64 = 7;

/// Where a session came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The seed of the campaign.
    pub seed: u64,
    /// The number of the case.
    pub case: u64,
    /// The guest image of the agent, if it is not the usual one.
    pub guest: Option<String>,
}

/// How a session is told.
#[derive(Clone, Copy, Debug)]
pub enum Telling<'a> {
    /// Each request, and what came.
    Plainly,
    /// The same after this sync: as the channel of the session began.
    AfterSync(&'a Call),
    /// Requests that wait for nothing at once: fewer records, longer lines.
    Briefly,
    /// Another client after bytes that do not show it: whatever comes of them.
    Apart,
}

/// The script that shows a violation, in canonical form. `None` if it cannot be said in
/// the language of the suite, or not so.
pub fn script(
    session: &Session,
    transcript: &Transcript,
    violation: &Violation,
    origin: &Origin,
    telling: Telling,
) -> Option<Script> {
    let file = FILE;
    if let Expected::Listed(command) = &violation.expected {
        return read(file, &listed(command, violation, origin));
    }
    let mut text = head(violation, origin);
    match telling {
        Telling::Plainly | Telling::Apart => {}
        Telling::AfterSync(sync) => begin(&mut text, sync),
        Telling::Briefly => {
            briefly(&mut text, session, transcript, violation)?;
            return read(file, &text);
        }
    }
    let calls: Option<Vec<&Call>> = session.steps.iter().map(Step::plain_call).collect();
    if let (Expected::Together, Some(calls)) = (&violation.expected, calls) {
        together(&mut text, &calls);
        return read(file, &text);
    }
    for (at, step) in session.steps.iter().enumerate() {
        let expected = (at == violation.step).then_some(&violation.expected);
        match step {
            Step::Call(call) => said(&mut text, call, transcript, at, expected),
            Step::Raw(raw) if matches!(telling, Telling::Apart) && expected.is_none() => left(&mut text, raw),
            Step::Raw(raw) => bytes(&mut text, raw, transcript, at, expected),
        }
    }
    if violation.expected == Expected::Closing {
        closing(&mut text);
    }
    read(file, &text)
}

impl Step {
    /// A call that is asked once and written as usual.
    fn single_request(&self) -> Option<&Call> {
        match self {
            Step::Call(call) if !call.polls && call.form == Form::Plain => Some(call),
            _ => None,
        }
    }

    /// A call that needs nothing of what came before it.
    fn plain_call(&self) -> Option<&Call> {
        match self {
            Step::Call(call) if !call.polls && call.needs().next().is_none() => {
                let has_file = call
                    .arguments
                    .iter()
                    .flatten()
                    .any(|(_, it)| matches!(it, Argument::File(_) | Argument::Shell(..)));
                (!has_file).then_some(call)
            }
            _ => None,
        }
    }
}

/// Requests in one write, a sync behind them, and a reply to each.
fn together(out: &mut String, calls: &[&Call]) {
    let mut requests = String::new();
    for call in calls {
        call.write(&Variables, &mut requests);
        requests.push('\n');
    }
    requests.push_str(&sync());
    line(out, ">raw", &print_bytes(requests.as_bytes()));
    for call in calls {
        let delimits = call.command == "guest-sync-delimited" && call.argument("id").is_some();
        line(out, if delimits { "<sync" } else { "<" }, "obj");
    }
    line(out, "<sync", &format!("{{\"return\": {SYNC_ID}}}"));
}

fn sync() -> String {
    format!("{{\"execute\": \"guest-sync-delimited\", \"arguments\": {{\"id\": {SYNC_ID}}}}}\n")
}

/// The requests that need no reply of each other's go out at once, in one line. If there
/// are still too many replies, another client takes only the last one.
fn briefly(out: &mut String, session: &Session, transcript: &Transcript, violation: &Violation) -> Option<()> {
    let calls = session.steps.iter().map(Step::single_request);
    let calls: Vec<&Call> = calls.collect::<Option<_>>()?;
    let last = calls.len().checked_sub(1).filter(|it| *it == violation.step)?;
    let is_needed = |at: &usize| {
        let slot = calls[*at].binds;
        let later = calls[at + 1..].iter().flat_map(|it| it.needs());
        slot.is_some_and(|slot| later.into_iter().any(|it| it == slot))
    };
    let free = (0..last).rev().find(is_needed).map_or(0, |at| at + 1);
    let reply = |out: &mut String, at: usize| {
        let expected = (at == last).then_some(&violation.expected);
        replied(out, calls[at], transcript, at, expected);
    };
    for at in 0..free {
        requests(out, &calls[at..=at]);
        reply(out, at);
    }
    if 2 * free + 1 + (calls.len() - free) <= RECORDS_MAX {
        requests(out, &calls[free..]);
        (free..=last).for_each(|at| reply(out, at));
    } else {
        requests(out, &calls[free..last]);
        line(out, "reopen", "");
        requests(out, &calls[last..]);
        reply(out, last);
    }
    Some(())
}

/// Requests in one record.
fn requests(out: &mut String, calls: &[&Call]) {
    for (at, call) in calls.iter().enumerate() {
        let mut request = String::new();
        call.write(&Variables, &mut request);
        line(out, if at == 0 { ">" } else { "" }, &request);
    }
}

/// The sync with which the channel of the session began, and its reply.
fn begin(out: &mut String, sync: &Call) {
    requests(out, &[sync]);
    let delimits = sync.command == "guest-sync-delimited";
    line(out, if delimits { "<sync" } else { "<" }, "obj");
}

/// A sync and its reply.
fn closing(out: &mut String) {
    line(out, ">", sync().trim_end());
    line(out, "<sync", &format!("{{\"return\": {SYNC_ID}}}"));
}

/// The script in canonical form.
fn read(file: &str, text: &str) -> Option<Script> {
    parse(file, &print(&parse(file, text).ok()?)).ok()
}

/// What is done without being listed must be listed.
fn listed(command: &str, violation: &Violation, origin: &Origin) -> String {
    let mut text = head(violation, origin);
    line(&mut text, ">", "{\"execute\": \"guest-info\"}");
    let entry = format!("some({{\"name\": \"{command}\", \"enabled\": true, ...}})");
    line(
        &mut text,
        "<",
        &format!("{{\"return\": {{\"supported_commands\": {entry}, ...}}, ...}}"),
    );
    text
}

fn head(violation: &Violation, origin: &Origin) -> String {
    let property = violation.property;
    let mut text = format!(
        "session {} {}, found by fuzz --seed {} in case {}\n",
        violation.command, property, origin.seed, origin.case
    );
    if let Some(guest) = &origin.guest {
        line(&mut text, "guest", guest);
    }
    text.push('\n');
    let (level, claim) = (property.level(), property.claim());
    line(
        &mut text,
        level.word(),
        &format!("{claim}  {}  [{}]", property.text(), property.source()),
    );
    text
}

fn line(out: &mut String, word: &str, body: &str) {
    writeln!(out, "{word:<7} {body}").expect("a string takes all");
}

/// A call and what is expected of it: at the violation what should have come, before it
/// what did, as far as it matters.
fn said(out: &mut String, call: &Call, transcript: &Transcript, at: usize, expected: Option<&Expected>) {
    let mut request = String::new();
    call.write(&Variables, &mut request);
    match call.form {
        Form::Plain => line(out, ">", &request),
        _ => line(out, ">raw", &print_bytes(format!("{request}\n").as_bytes())),
    }
    if call.polls {
        line(out, "<again", "{\"return\": {\"exited\": false, ...}, ...}");
    }
    replied(out, call, transcript, at, expected);
}

/// What is expected of a call.
fn replied(out: &mut String, call: &Call, transcript: &Transcript, at: usize, expected: Option<&Expected>) {
    let came = transcript.lines_of(at).next();
    match (expected, came) {
        (Some(Expected::Reply(pattern)), _) => line(out, "<", pattern),
        (Some(Expected::SyncReply(pattern)), _) => line(out, "<sync", pattern),
        (Some(Expected::Bytes(bytes)), _) => line(out, "<raw", &print_bytes(bytes)),
        (Some(Expected::Together), _) => line(out, "<", "obj"),
        (Some(Expected::Silence), _) => line(out, "<none", SILENCE),
        (Some(Expected::Closing), _) => {}
        (_, Some([0xFF, ..])) => line(out, "<sync", "obj"),
        (_, Some(came)) if is_refusal(came) => line(out, "<", "obj"),
        (_, Some(_)) => line(out, "<", &taken(call)),
        (_, None) => {}
    }
}

/// The expectation of a reply that is as it should be.
fn taken(call: &Call) -> String {
    match (call.binds.map(variable), call.command.as_ref()) {
        (None, "guest-fsfreeze-freeze") => "{\"return\": int as $frozen, ...} | obj".to_owned(),
        (None, command) if same_variable(command).is_some() => {
            let name = same_variable(command).unwrap_or_default();
            format!("{{\"return\": _ as ${name}, ...}} | obj")
        }
        (Some(name), "guest-exec") => format!("{{\"return\": {{\"pid\": int as ${name}, ...}}, ...}}"),
        (Some(name), _) => format!("{{\"return\": int as ${name}, ...}}"),
        (None, _) => "obj".to_owned(),
    }
}

/// Bytes, 0xFF, and another client, to whom it does not matter what came of them.
fn recovery(out: &mut String, raw: &Raw) {
    left(out, raw);
    closing(out);
}

/// Bytes, 0xFF, and another client.
fn left(out: &mut String, raw: &Raw) {
    if !raw.bytes.is_empty() {
        line(out, ">raw", &print_bytes(&raw.bytes));
    }
    if !(raw.bytes.is_empty() && raw.reopens) {
        line(out, ">raw", "\\xFF");
    }
    line(out, "reopen", "");
}

/// Bytes of any kind, and the sync after them.
fn bytes(out: &mut String, raw: &Raw, transcript: &Transcript, at: usize, expected: Option<&Expected>) {
    if matches!(expected, Some(Expected::Recovery)) {
        return recovery(out, raw);
    }
    // With nothing said before, the next client has nothing to get in step for.
    if raw.bytes.is_empty() && raw.reopens && expected.is_none() {
        return line(out, "reopen", "");
    }
    let whole = transcript.lines_of(at).collect::<Vec<_>>();
    let pieces: Vec<&[u8]> = match raw.cuts.is_empty() {
        true => vec![&raw.bytes],
        false => raw.pieces().collect(),
    };
    for (at, piece) in pieces.iter().filter(|it| !it.is_empty()).enumerate() {
        if raw.reopens && at > 0 {
            line(out, "reopen", "");
        }
        line(out, ">raw", &print_bytes(piece));
    }
    if raw.reopens && raw.cuts.is_empty() {
        line(out, "reopen", "");
    }
    line(
        out,
        ">raw",
        &print_bytes(
            format!("\u{1}{{\"execute\": \"guest-sync-delimited\", \"arguments\": {{\"id\": {SYNC_ID}}}}}\n")
                .as_bytes(),
        )
        .replacen("\\x01", "\\xFF", 1),
    );
    match expected {
        Some(Expected::Bytes(bytes)) => line(out, "<raw", &print_bytes(bytes)),
        _ => {
            for (number, it) in whole.iter().enumerate() {
                let pattern = match expected {
                    Some(Expected::Line(at, pattern)) if *at == number => pattern,
                    _ => "obj",
                };
                let is_marked = it.first() == Some(&0xFF) && expected != Some(&Expected::Unmarked(number));
                line(out, if is_marked { "<sync" } else { "<" }, pattern);
                // How many come after one that is broken, nobody knows.
                if matches!(expected, Some(Expected::Line(at, _) | Expected::Unmarked(at)) if *at == number) {
                    line(out, "reopen", "");
                    return;
                }
            }
        }
    }
    line(out, "<sync", &format!("{{\"return\": {SYNC_ID}}}"));
}
