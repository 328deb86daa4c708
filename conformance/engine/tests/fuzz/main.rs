//! Transcripts that break a property of `fuzz`, and such that are near to it and break
//! none.

mod compared;
mod machine;
mod programs;

use qga_engine::fuzz::{
    Argument, Call, End, KnownReplies, Likeness, Property, Raw, Rules, Session, Step, Transcript, compare, judge,
};
use qga_engine::script::Level;
use qga_fixtures::schema::{Release, System};
use rstest::rstest;

/// What is wrong with an agent that answers each call so, at a level.
fn wrong(calls: Vec<(Call, &str)>, level: Level) -> Option<Property> {
    let release = Release::find("11.1").expect("a release");
    let mut transcript = Transcript::new(calls.len());
    for (at, (_, reply)) in calls.iter().enumerate() {
        transcript.line(at, format!("{reply}\n").as_bytes());
        transcript.end(at, End::Complete);
    }
    transcript.end = End::Complete;
    let steps = calls.into_iter().map(|(call, _)| Step::Call(call));
    let session = Session { steps: steps.collect() };
    violated(&session, &transcript, level, release)
}

/// What is violated, with replies that are met for the first time and with known ones.
fn violated(session: &Session, transcript: &Transcript, level: Level, release: &'static Release) -> Option<Property> {
    let rules = Rules::new(level, release, System::Linux);
    let mut known = KnownReplies::default();
    let first = judge(session, transcript, &rules, &mut known);
    let again = judge(session, transcript, &rules, &mut known);
    assert_eq!(first, again, "replies that are known are judged otherwise");
    first.map(|it| it.property)
}

/// A reply is known for its command alone, and does not stand for what was asked.
#[test]
fn what_was_right_once_may_be_wrong_elsewhere() {
    let sync = |id| Call::with("guest-sync", [("id", Argument::Int(id))]);
    let right = || (sync(7), r#"{"return": 7}"#);
    assert_eq!(wrong(vec![right(), right()], Level::Must), None);
    let other = (sync(8), r#"{"return": 7}"#);
    assert_eq!(wrong(vec![right(), other], Level::Must), Some(Property::Sync));
    let zone = (call("guest-get-timezone", &[]), r#"{"return": 7}"#);
    assert_eq!(wrong(vec![right(), zone], Level::Must), Some(Property::ResultForm));
}

/// An agent may take a count beyond the data where that is not owed to be refused, but
/// there is no more to write.
#[test]
fn no_more_is_written_than_there_is() {
    let open = Call::open(0, "\"w+\"");
    let write = Call::with(
        "guest-file-write",
        [
            ("handle", Argument::Slot(0)),
            ("buf-b64", Argument::Base64(b"qga".to_vec())),
            ("count", Argument::Int(4)),
        ],
    );
    let session = |written| {
        vec![
            (open.clone().binding(0), r#"{"return": 1000}"#),
            (
                Call::with("guest-file-read", [("handle", Argument::Slot(0))]),
                r#"{"return": {"count": 0, "buf-b64": "", "eof": true}}"#,
            ),
            (write.clone(), written),
        ]
    };
    let three = r#"{"return": {"count": 3, "eof": false}}"#;
    assert_eq!(wrong(session(three), Level::Exact), None);
    let four = r#"{"return": {"count": 4, "eof": false}}"#;
    assert_eq!(wrong(session(four), Level::Exact), Some(Property::ReadBack));
}

fn call(command: &'static str, arguments: &[(&'static str, &'static str)]) -> Call {
    Call::in_json(command, arguments)
}

#[rstest]
#[case::small(
    "guest-get-memory-block-info",
    r#"{"return": {"size": 131072}}"#,
    Some(Property::Shape)
)]
#[case::block("guest-get-memory-block-info", r#"{"return": {"size": 134217728}}"#, None)]
#[case::milliseconds(
    "guest-get-users",
    r#"{"return": [{"user": "u", "login-time": 1700000000000}]}"#,
    Some(Property::Sound)
)]
#[case::seconds(
    "guest-get-users",
    r#"{"return": [{"user": "u", "login-time": 1700000000.5}]}"#,
    None
)]
#[case::whole_disk(
    "guest-get-disks",
    r#"{"return": [{"name": "/dev/vda", "partition": true}]}"#,
    Some(Property::Shape)
)]
#[case::partition(
    "guest-get-disks",
    r#"{"return": [{"name": "/dev/vda1", "partition": true, "dependencies": ["/dev/vda"]}]}"#,
    None
)]
#[case::disk("guest-get-disks", r#"{"return": [{"name": "/dev/vda", "partition": false}]}"#, None)]
#[case::version(
    "guest-get-osinfo",
    r##"{"return": {"kernel-release": "#1 SMP Debian"}}"##,
    Some(Property::Shape)
)]
#[case::release("guest-get-osinfo", r#"{"return": {"kernel-release": "6.1.0-18-amd64"}}"#, None)]
#[case::more_than_all(
    "guest-get-fsinfo",
    r#"{"return": [{"name": "a", "mountpoint": "/", "type": "ext4", "disk": [], "used-bytes": 8, "total-bytes": 7}]}"#,
    Some(Property::Sound)
)]
#[case::all(
    "guest-get-fsinfo",
    r#"{"return": [{"name": "a", "mountpoint": "/", "type": "ext4", "disk": [], "used-bytes": 7, "total-bytes": 7}]}"#,
    None
)]
#[case::less_than_nothing(
    "guest-fstrim",
    r#"{"return": {"paths": [{"path": "/", "trimmed": -1}]}}"#,
    Some(Property::Sound)
)]
#[case::trimmed_with_an_error(
    "guest-fstrim",
    r#"{"return": {"paths": [{"path": "/", "trimmed": 1, "error": "no"}]}}"#,
    Some(Property::Shape)
)]
#[case::not_trimmed("guest-fstrim", r#"{"return": {"paths": [{"path": "/", "error": "no"}]}}"#, None)]
#[case::nothing("guest-fstrim", r#"{"return": {"paths": [{"path": "/", "trimmed": 0}]}}"#, None)]
#[case::minutes("guest-get-timezone", r#"{"return": {"offset": 345}}"#, Some(Property::Shape))]
#[case::kathmandu("guest-get-timezone", r#"{"return": {"zone": "+0545", "offset": 20700}}"#, None)]
fn what_one_reply_tells_of_a_machine(
    #[case] command: &'static str,
    #[case] reply: &str,
    #[case] found: Option<Property>,
) {
    assert_eq!(wrong(vec![(Call::plain(command), reply)], Level::Exact), found);
    if found == Some(Property::Shape) {
        assert_eq!(
            wrong(vec![(Call::plain(command), reply)], Level::Must),
            None,
            "nobody owes it at must"
        );
    }
}

const ROUTES: &str = r#"{"return": [{"iface": "eth0", "destination": "0.0.0.0", "metric": 0, "version": 4}]}"#;
const TRIMMED: &str = r#"{"return": {"paths": [{"path": "/home", "trimmed": 0}]}}"#;
const MOUNTED: &str = r#"{"return": [{"name": "vda4", "mountpoint": "/home", "type": "ext4", "disk": []}]}"#;

#[rstest]
#[case::not_listed(
    "guest-network-get-route",
    ROUTES,
    "guest-network-get-interfaces",
    r#"{"return": [{"name": "lo"}]}"#,
    Some(Property::Shape)
)]
#[case::listed(
    "guest-network-get-route",
    ROUTES,
    "guest-network-get-interfaces",
    r#"{"return": [{"name": "lo"}, {"name": "eth0"}]}"#,
    None
)]
#[case::not_mounted(
    "guest-fstrim",
    TRIMMED,
    "guest-get-fsinfo",
    r#"{"return": [{"name": "vda2", "mountpoint": "/", "type": "ext4", "disk": []}]}"#,
    Some(Property::Shape)
)]
#[case::mounted(
    "guest-fstrim",
    TRIMMED,
    "guest-get-fsinfo",
    r#"{"return": [{"name": "vda4", "mountpoint": "/home", "type": "ext4", "disk": []}]}"#,
    None
)]
#[case::not_trimmed(
    "guest-get-fsinfo",
    MOUNTED,
    "guest-fstrim",
    r#"{"return": {"paths": []}}"#,
    Some(Property::Shape)
)]
#[case::trimmed("guest-get-fsinfo", MOUNTED, "guest-fstrim", TRIMMED, None)]
fn what_one_command_names_another_lists(
    #[case] names: &'static str,
    #[case] named: &str,
    #[case] lists: &'static str,
    #[case] listed: &str,
    #[case] found: Option<Property>,
) {
    let calls = || vec![(Call::plain(names), named), (Call::plain(lists), listed)];
    assert_eq!(wrong(calls(), Level::Exact), found);
    assert_eq!(wrong(calls(), Level::Must), None, "nobody owes it at must");
}

fn status() -> Call {
    Call::with("guest-exec-status", [("pid", Argument::Slot(0))])
}

#[rstest]
#[case::early(r#"{"return": {"exited": false, "out-data": ""}}"#, Some(Property::Program))]
#[case::runs(r#"{"return": {"exited": false}}"#, None)]
#[case::over(r#"{"return": {"exited": true, "exitcode": 0, "out-data": "YQo="}}"#, None)]
#[case::another(
    r#"{"return": {"exited": true, "exitcode": 0, "out-data": "Yg=="}}"#,
    Some(Property::Program)
)]
fn what_a_program_wrote_is_told_at_its_end(#[case] told: &str, #[case] found: Option<Property>) {
    let program = [
        ("path", "\"/bin/sh\""),
        ("arg", "[\"-c\", \"echo a; sleep 0.02\"]"),
        ("capture-output", "true"),
    ];
    let start = call("guest-exec", &program).binding(0);
    let calls = vec![(start, r#"{"return": {"pid": 7}}"#), (status(), told)];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::the_same("vm", None)]
#[case::with_domain("vm.example.org", None)]
#[case::capitals("VM", Some(Property::Shape))]
#[case::longer("vm2", Some(Property::Shape))]
fn the_host_name_is_what_a_program_is_told(#[case] name: &str, #[case] found: Option<Property>) {
    let program = [
        ("path", "\"/bin/uname\""),
        ("arg", "[\"-n\"]"),
        ("capture-output", "true"),
    ];
    let start = call("guest-exec", &program).binding(0);
    let reply = format!("{{\"return\": {{\"host-name\": \"{name}\"}}}}");
    let calls = vec![
        (start, r#"{"return": {"pid": 7}}"#),
        (
            status(),
            r#"{"return": {"exited": true, "exitcode": 0, "out-data": "dm0K"}}"#,
        ),
        (Call::plain("guest-get-host-name"), reply.as_str()),
    ];
    assert_eq!(wrong(calls, Level::Exact), found);
}

#[rstest]
#[case::from_hardware("1800000003000000000", None)]
#[case::from_nowhere("0", Some(Property::Kept))]
fn the_clock_of_the_hardware_was_set_too(#[case] time: &str, #[case] found: Option<Property>) {
    let set = call("guest-set-time", &[("time", "1800000000000000000")]);
    let told = format!("{{\"return\": {time}}}");
    let calls = vec![
        (set, r#"{"return": {}}"#),
        (Call::plain("guest-set-time"), r#"{"return": {}}"#),
        (Call::plain("guest-get-time"), told.as_str()),
    ];
    assert_eq!(wrong(calls, Level::Must), found);
}

/// The property by which two agents differ that tell of a program so, asked once or twice.
fn difference(program: &'static str, polls: [bool; 2], one: [&str; 2], other: [&str; 2]) -> Option<Property> {
    let start = call("guest-exec", &[("path", program)]).binding(0);
    let asks = polls.map(|polls| Call { polls, ..status() });
    let steps = [start].into_iter().chain(asks).map(Step::Call);
    let session = Session { steps: steps.collect() };
    let transcript = |told: [&str; 2]| {
        let mut transcript = Transcript::new(3);
        for (at, reply) in ["{\"return\": {\"pid\": 7}}", told[0], told[1]].into_iter().enumerate() {
            transcript.line(at, format!("{reply}\n").as_bytes());
            transcript.end(at, End::Complete);
        }
        transcript
    };
    let likeness = Likeness {
        level: Level::Exact,
        folders: ["/a".to_owned(), "/b".to_owned()],
        same_machine: false,
    };
    compare(&session, &transcript(one), &transcript(other), &likeness).map(|it| it.property)
}

const RUNS: &str = r#"{"return": {"exited": false}}"#;
const ENDED: &str = r#"{"return": {"exitcode": 0, "exited": true}}"#;
const FAILED: &str = r#"{"return": {"exitcode": 1, "exited": true}}"#;
const GONE: &str = r#"{"error": {"class": "GenericError", "desc": "gone"}}"#;

#[rstest]
#[case::ended("\"/bin/true\"", [true, false], [ENDED, GONE], [ENDED, GONE], None)]
#[case::ended_otherwise("\"/bin/true\"", [true, false], [FAILED, GONE], [ENDED, GONE], Some(Property::Value))]
#[case::not_gone("\"/bin/true\"", [true, false], [ENDED, ENDED], [ENDED, GONE], Some(Property::Outcome))]
#[case::by_chance("\"/bin/true\"", [false, true], [RUNS, ENDED], [ENDED, GONE], None)]
#[case::of_its_machine("\"/bin/uname\"", [true, false], [FAILED, GONE], [ENDED, GONE], None)]
fn what_chance_decides_of_a_program_is_not_compared(
    #[case] program: &'static str,
    #[case] polls: [bool; 2],
    #[case] one: [&str; 2],
    #[case] other: [&str; 2],
    #[case] found: Option<Property>,
) {
    assert_eq!(difference(program, polls, one, other), found);
}

#[rstest]
#[case::set(Some(r#"{"return": {}}"#), None)]
#[case::refused(Some(r#"{"error": {"class": "GenericError", "desc": "no"}}"#), Some(Property::Kept))]
fn a_clock_that_was_set_can_be_set_again_from_the_hardware(
    #[case] reply: Option<&str>,
    #[case] found: Option<Property>,
) {
    let set = call("guest-set-time", &[("time", "1800000000000000000")]);
    let from_hardware = || Step::Call(Call::plain("guest-set-time"));
    let done = Some(r#"{"return": {}}"#);
    let after = vec![(Step::Call(set), done), (from_hardware(), reply)];
    assert_eq!(judged(after, Level::Must), found);
    assert_eq!(
        judged(vec![(from_hardware(), reply)], Level::Must),
        None,
        "there may be no such clock"
    );
}

/// What is wrong with an agent that answers each step so, or not at all.
fn judged(steps: Vec<(Step, Option<&str>)>, level: Level) -> Option<Property> {
    let release = Release::find("11.1").expect("a release");
    let mut transcript = Transcript::new(steps.len());
    for (at, (_, reply)) in steps.iter().enumerate() {
        match reply {
            Some(reply) => {
                transcript.line(at, format!("{reply}\n").as_bytes());
                transcript.end(at, End::Complete);
            }
            None => transcript.end(at, End::Nothing),
        }
    }
    transcript.end = End::Complete;
    let steps = steps.into_iter().map(|(step, _)| step);
    let session = Session { steps: steps.collect() };
    violated(&session, &transcript, level, release)
}

const ERROR: &str = r#"{"error": {"class": "GenericError", "desc": "no"}}"#;

#[rstest]
#[case::down("guest-shutdown", None, None)]
#[case::down_and_told("guest-shutdown", Some(r#"{"return": {}}"#), Some(Property::Silent))]
#[case::not_down("guest-shutdown", Some(ERROR), Some(Property::Works))]
#[case::asleep("guest-suspend-ram", None, None)]
#[case::asleep_and_told("guest-suspend-ram", Some(r#"{"return": {}}"#), Some(Property::Silent))]
#[case::cannot_sleep("guest-suspend-ram", Some(ERROR), None)]
fn nothing_tells_of_a_machine_that_goes_down(
    #[case] command: &'static str,
    #[case] reply: Option<&str>,
    #[case] found: Option<Property>,
) {
    assert_eq!(
        judged(vec![(Step::Call(Call::plain(command)), reply)], Level::Must),
        found
    );
}

fn keys(command: &'static str, words: &'static str, more: &[(&'static str, &'static str)]) -> Step {
    let arguments = [&[("username", "\"debian\""), ("keys", words)], more].concat();
    Step::Call(call(command, &arguments))
}

const ADD: &str = "guest-ssh-add-authorized-keys";
const RESET: &[(&str, &str)] = &[("reset", "true")];

#[rstest]
#[case::both(vec![keys(ADD, r#"["a"]"#, &[]), keys(ADD, r#"["b"]"#, &[])], r#"["a", "b"]"#, None)]
#[case::replaced(vec![keys(ADD, r#"["a"]"#, &[]), keys(ADD, r#"["b"]"#, &[])], r#"["b"]"#, Some(Property::Kept))]
#[case::of_somebody_else(vec![keys(ADD, r#"["a"]"#, &[])], r#"["z", "a"]"#, None)]
#[case::cut(vec![keys(ADD, r#"["a", "b"]"#, &[])], r#"["a"]"#, Some(Property::Kept))]
#[case::reset(vec![keys(ADD, r#"["a"]"#, &[]), keys(ADD, r#"["b"]"#, RESET)], r#"["b"]"#, None)]
#[case::not_reset(vec![keys(ADD, r#"["a"]"#, &[]), keys(ADD, r#"["b"]"#, RESET)], r#"["a", "b"]"#, Some(Property::Kept))]
#[case::added_after_a_reset(vec![keys(ADD, r#"["b"]"#, RESET), keys(ADD, r#"["a"]"#, &[])], r#"["b", "a"]"#, None)]
#[case::removed(vec![keys(ADD, r#"["a", "b"]"#, &[]), keys("guest-ssh-remove-authorized-keys", r#"["a"]"#, &[])], r#"["b"]"#, None)]
#[case::not_removed(vec![keys("guest-ssh-remove-authorized-keys", r#"["a"]"#, &[])], r#"["a"]"#, Some(Property::Kept))]
fn keys_are_as_they_were_set(#[case] done: Vec<Step>, #[case] told: &str, #[case] found: Option<Property>) {
    let get = call("guest-ssh-get-authorized-keys", &[("username", "\"debian\"")]);
    let reply = format!("{{\"return\": {{\"keys\": {told}}}}}");
    let mut steps: Vec<_> = done.into_iter().map(|it| (it, Some(r#"{"return": {}}"#))).collect();
    steps.push((Step::Call(get), Some(&reply)));
    assert_eq!(judged(steps, Level::Must), found);
}

#[rstest]
#[case::added(ADD, Some(Property::Kept))]
#[case::none_left("guest-ssh-remove-authorized-keys", None)]
fn keys_that_were_added_are_there(#[case] command: &'static str, #[case] found: Option<Property>) {
    let get = call("guest-ssh-get-authorized-keys", &[("username", "\"debian\"")]);
    let steps = vec![
        (keys(command, r#"["a"]"#, &[]), Some(r#"{"return": {}}"#)),
        (Step::Call(get), Some(ERROR)),
    ];
    assert_eq!(judged(steps, Level::Must), found);
}

#[rstest]
#[case::both("true", r#""out-data": "YQo=", "err-data": "Ygo=""#, None)]
#[case::apart("\"separated\"", r#""out-data": "YQo=", "err-data": "Ygo=""#, None)]
#[case::as_one("\"merged\"", r#""out-data": "YQpiCg==""#, None)]
#[case::not_as_one("\"merged\"", r#""out-data": "YQo=", "err-data": "Ygo=""#, Some(Property::Program))]
#[case::the_output("\"stdout\"", r#""out-data": "YQo=""#, None)]
#[case::nothing_of_the_other("\"stdout\"", r#""out-data": "YQo=", "err-data": """#, None)]
#[case::the_other_too("\"stdout\"", r#""out-data": "YQo=", "err-data": "Ygo=""#, Some(Property::Program))]
#[case::the_errors("\"stderr\"", r#""err-data": "Ygo=""#, None)]
#[case::none("\"none\"", r#""out-truncated": false"#, None)]
#[case::some("\"none\"", r#""out-data": "YQo=""#, Some(Property::Program))]
fn what_is_caught_of_a_program_is_what_was_asked_for(
    #[case] caught: &'static str,
    #[case] told: &str,
    #[case] found: Option<Property>,
) {
    let program = [
        ("path", "\"/bin/sh\""),
        ("arg", "[\"-c\", \"echo a; echo b >&2\"]"),
        ("capture-output", caught),
    ];
    let start = call("guest-exec", &program).binding(0);
    let told = format!("{{\"return\": {{\"exited\": true, \"exitcode\": 0, {told}}}}}");
    let calls = vec![(start, r#"{"return": {"pid": 7}}"#), (status(), told.as_str())];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::known(r#"{"return": {"exited": true, "exitcode": 0}}"#, None)]
#[case::forgotten(ERROR, Some(Property::Outlives))]
fn a_program_is_known_to_the_next_client(#[case] told: &str, #[case] found: Option<Property>) {
    let steps = |level| {
        let start = call("guest-exec", &[("path", "\"/bin/true\"")]).binding(0);
        let anew = Raw {
            reopens: true,
            ..Raw::default()
        };
        let steps = vec![
            (Step::Call(start), Some(r#"{"return": {"pid": 7}}"#)),
            (Step::Raw(anew), Some(r#"{"return": {}}"#)),
            (Step::Call(status()), Some(told)),
        ];
        judged(steps, level)
    };
    assert_eq!(steps(Level::Should), found);
    assert_eq!(steps(Level::Must), None, "nobody owes it at must");
}

#[rstest]
#[case::once("YQo=", None)]
#[case::twice("YQphCg==", Some(Property::Program))]
fn a_program_that_adds_to_a_file_does_so_once(#[case] told: &str, #[case] found: Option<Property>) {
    let open = |mode| Call::open(0, mode).binding(0);
    let start = Call::with(
        "guest-exec",
        [
            ("path", Argument::Json("\"/bin/sh\"".into())),
            ("arg", Argument::Shell("echo a >>\"$0\"; cat \"$0\"", 0)),
            ("capture-output", Argument::Json("true".into())),
        ],
    );
    let status = Call::with("guest-exec-status", [("pid", Argument::Slot(1))]);
    let told = format!("{{\"return\": {{\"exited\": true, \"exitcode\": 0, \"out-data\": \"{told}\"}}}}");
    let calls = |mode| {
        vec![
            (open(mode), r#"{"return": 1000}"#),
            (start.clone().binding(1), r#"{"return": {"pid": 7}}"#),
            (status.clone(), told.as_str()),
        ]
    };
    assert_eq!(wrong(calls("\"w\""), Level::Must), found);
    assert_eq!(wrong(calls("\"a\""), Level::Must), None, "nobody knows what was there");
}

#[rstest]
#[case::few(3, Level::Must, Some(Property::Works))]
#[case::many(16, Level::Exact, Some(Property::Many))]
#[case::many_by_the_schema(16, Level::Should, None)]
#[case::very_many(40, Level::Exact, None)]
fn so_many_files_can_be_open_at_a_time(#[case] open: u16, #[case] level: Level, #[case] found: Option<Property>) {
    let call = |slot| Step::Call(Call::open(0, "\"w\"").binding(slot));
    let replies: Vec<String> = (0..open).map(|it| format!("{{\"return\": {it}}}")).collect();
    let opened = replies
        .iter()
        .zip(0..)
        .map(|(reply, slot)| (call(slot), Some(reply.as_str())));
    let steps = opened.chain([(call(open), Some(ERROR))]).collect();
    assert_eq!(judged(steps, level), found);
}

#[rstest]
#[case::kept("true", 0, None)]
#[case::encrypted_again("true", 1, Some(Property::Program))]
#[case::encrypted("false", 1, None)]
#[case::not_encrypted("false", 0, Some(Property::Program))]
#[case::cannot_look("true", 2, None)]
fn a_password_is_kept_as_it_is_said_to_be(
    #[case] crypted: &'static str,
    #[case] exit: u8,
    #[case] found: Option<Property>,
) {
    let set = Call::with(
        "guest-set-user-password",
        [
            ("username", Argument::Json("\"debian\"".into())),
            ("password", Argument::Base64(b"xyzzy-plugh-frotz".to_vec())),
            ("crypted", Argument::Json(crypted.into())),
        ],
    );
    let look = [
        ("path", "\"/bin/grep\""),
        ("arg", "[\"-c\", \"^debian:xyzzy-plugh-frotz:\", \"/etc/shadow\"]"),
    ];
    let told = format!("{{\"return\": {{\"exited\": true, \"exitcode\": {exit}}}}}");
    let calls = vec![
        (set, r#"{"return": {}}"#),
        (call("guest-exec", &look).binding(0), r#"{"return": {"pid": 7}}"#),
        (status(), told.as_str()),
    ];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::joined("{\"return\": {}}", Level::Exact, None)]
#[case::forgotten(ERROR, Level::Exact, Some(Property::Joined))]
#[case::nobody_owes_it(ERROR, Level::Should, None)]
fn halves_of_two_clients_are_one_request(#[case] again: &str, #[case] level: Level, #[case] found: Option<Property>) {
    let raw = Raw {
        bytes: b"{\"execute\": \"guest-ping\"}\n".to_vec(),
        cuts: vec![15],
        reopens: true,
    };
    let session = Session {
        steps: vec![Step::Raw(raw)],
    };
    let mut transcript = Transcript::new(1);
    transcript.line(0, b"{\"return\": {}}\n");
    transcript.again(0);
    transcript.line(0, format!("{again}\n").as_bytes());
    transcript.end(0, End::Complete);
    transcript.end = End::Complete;
    let release = Release::find("11.1").expect("a release");
    assert_eq!(violated(&session, &transcript, level, release), found);
}

#[rstest]
#[case::the_same(r#"{"return": {"host-name": "a"}}"#, None)]
#[case::another(r#"{"return": {"host-name": "b"}}"#, Some(Property::Same))]
#[case::refused(ERROR, Some(Property::Works))]
fn what_does_not_change_is_told_alike(#[case] again: &str, #[case] found: Option<Property>) {
    let ask = || Call::plain("guest-get-host-name");
    let calls = vec![(ask(), r#"{"return": {"host-name": "a"}}"#), (ask(), again)];
    assert_eq!(wrong(calls, Level::Should), found);
}

#[rstest]
#[case::given(true, "b25lIHR3bz0zCg==", None)]
#[case::lost(true, "Cg==", Some(Property::Program))]
#[case::not_given(false, "Cg==", None)]
fn a_program_has_the_variables_it_was_given(#[case] gives: bool, #[case] told: &str, #[case] found: Option<Property>) {
    let mut program = vec![
        ("path", "\"/bin/sh\""),
        ("arg", r#"["-c", "echo \"${QGA}\""]"#),
        ("capture-output", "true"),
    ];
    if gives {
        program.push(("env", "[\"A=b\", \"QGA=one two=3\"]"));
    }
    let start = call("guest-exec", &program).binding(0);
    let told = format!("{{\"return\": {{\"exited\": true, \"exitcode\": 0, \"out-data\": \"{told}\"}}}}");
    let calls = vec![(start, r#"{"return": {"pid": 7}}"#), (status(), told.as_str())];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::runs(r#"{"return": {"exited": false}}"#, None)]
#[case::over_at_once(r#"{"return": {"exited": true, "exitcode": 0}}"#, Some(Property::Program))]
fn a_program_that_lasts_is_not_over_at_once(#[case] told: &str, #[case] found: Option<Property>) {
    let start = call(
        "guest-exec",
        &[("path", "\"/bin/sh\""), ("arg", "[\"-c\", \"exec sleep 2\"]")],
    )
    .binding(0);
    let over = r#"{"return": {"exited": true, "exitcode": 0}}"#;
    let calls = vec![(start, r#"{"return": {"pid": 7}}"#), (status(), told), (status(), over)];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::none("\"rz\"", r#"{"return": 1000}"#, Some(Property::Values))]
#[case::none_and_refused("\"rz\"", ERROR, None)]
#[case::one("\"rb+\"", r#"{"return": 1000}"#, None)]
fn a_mode_that_is_none_is_refused(#[case] mode: &'static str, #[case] reply: &str, #[case] found: Option<Property>) {
    let open = |level| {
        let open = Step::Call(Call::open(0, mode));
        judged(vec![(open, Some(reply))], level)
    };
    assert_eq!(open(Level::Should), found);
    assert_eq!(open(Level::Must), None, "nobody owes it at must");
}
