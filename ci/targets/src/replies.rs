//! The judge's reader of replies: what an agent sends is held against a script.

use qga_engine::script::Level;
use qga_engine::verdict::Outcome;
use qga_engine::{Demand, Run, RunConfig, Script, Time, parse};
use qga_fixtures::schema::Release;
use std::sync::OnceLock;

use crate::input::Input;

/// A session with each kind of expectation.
const SCRIPT: &str = r#"session a little of everything

must    FUZZ-001  say hello  [schema: guest-ping]
>       {"execute": "guest-ping"}
<       {"return": {}}

must    FUZZ-002  sync  [schema: guest-sync-delimited]
>       {"execute": "guest-sync-delimited", "arguments": {"id": 7}}
<sync   {"return": 7 as $id}

exact   FUZZ-003  fail in its own words  [qemu-ga]
>       {"execute": "guest-nothing"}
<       {"error": {"class": str, "desc": has("not been found")}}
<also   {"error": {"class": "CommandNotFound", ...}}

must    FUZZ-004  be silent, then say these bytes  [schema: guest-ping]
<none   50ms
>raw    {"execute": "guest-sync", "arguments": {"id": 7}}
<raw    {"return": 7}\n

must    FUZZ-005  poll  [schema: guest-exec-status]
>       {"execute": "guest-exec-status", "arguments": {"pid": $id}}
<again  {"return": {"exited": false}}
<       {"return": {"exited": true, "exitcode": int(0..255), ...}}
"#;

/// Between what the agent sends at one time and at the next.
const LATER: u8 = 0x1E;
/// How often a run is polled before it is taken not to end.
const POLLS_MAX: usize = 100_000;

pub(crate) fn run(input: &[u8]) {
    let Some(Input { piece, bytes, .. }) = Input::of(input) else {
        return;
    };
    assert_eq!(outcomes(bytes, usize::MAX), outcomes(bytes, piece), "pieces of {piece}");
}

/// What becomes of the script's claims if the agent sends these bytes, each burst when
/// the judge reads next, in pieces of so many bytes.
fn outcomes(bytes: &[u8], piece: usize) -> Vec<Outcome> {
    let release = Release::find("7.2").expect("it is a release");
    let mut run = Run::new(script(), RunConfig::new(Level::Exact, release));
    let mut bursts = bytes.split(|it| *it == LATER);
    let mut now = Time::ZERO;
    for _ in 0..POLLS_MAX {
        match run.poll(now) {
            Demand::Done => return run.result().outcomes,
            Demand::Send(_) | Demand::Reopen => {}
            Demand::Sleep { until } => now = until,
            Demand::Read { until } => match bursts.next() {
                Some(burst) => burst.chunks(piece).for_each(|it| run.handle_bytes(now, it)),
                None => now = until,
            },
        }
    }
    panic!("the run does not end");
}

fn script() -> &'static Script {
    static PARSED: OnceLock<Script> = OnceLock::new();
    PARSED.get_or_init(|| parse("fuzz.session", SCRIPT).unwrap_or_else(|error| panic!("{error}")))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let good = "{\"return\": {}}\n\x1E\u{FF}{\"return\": 7}\n\x1E\
                {\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command x has not been found\"}}\n\x1E\
                \x1E{\"return\": 7}\n\x1E{\"return\": {\"exited\": false}}\n\x1E{\"return\": {\"exited\": true, \"exitcode\": 0}}\n";
    let latin_1: Vec<u8> = good.chars().map(|it| it as u8).collect();
    vec![
        [&[0, 0], latin_1.as_slice()].concat(),
        b"\0\x03{\"return\": {}}\n{\"event\": \"x\"}\n\n\xFF\xFF\x1E[]\n".to_vec(),
    ]
}
