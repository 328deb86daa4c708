//! What is done to a machine and what it tells of that; and what an agent is not held to.

use super::{ERROR, call, wrong};
use qga_engine::fuzz::{Argument, Call, End, KnownReplies, Property, Rules, Session, Step, Transcript, judge};
use qga_engine::script::Level;
use qga_fixtures::schema::{Release, System};
use rstest::rstest;
use std::collections::BTreeSet;

const NOT_FOUND: &str = r#"{"error": {"class": "CommandNotFound", "desc": "no"}}"#;
const BLOCKS: &str = r#"[{"phys-index": 2, "online": false}, {"phys-index": 3, "online": false, "can-offline": true}]"#;
const ONE_BLOCK: &str = r#"[{"phys-index": 1, "online": false}]"#;

#[rstest]
#[case::both(
    BLOCKS,
    r#"[{"phys-index": 2, "response": "success"}, {"phys-index": 3, "response": "success"}]"#,
    None
)]
#[case::one(BLOCKS, r#"[{"phys-index": 2, "response": "success"}]"#, Some(Property::Kept))]
#[case::a_code(
    ONE_BLOCK,
    r#"[{"phys-index": 1, "response": "success", "error-code": 0}]"#,
    Some(Property::Sound)
)]
#[case::failed(
    ONE_BLOCK,
    r#"[{"phys-index": 1, "response": "operation-failed", "error-code": 16}]"#,
    None
)]
fn each_block_is_answered(#[case] blocks: &'static str, #[case] told: &str, #[case] found: Option<Property>) {
    let told = format!("{{\"return\": {told}}}");
    let set = call("guest-set-memory-blocks", &[("mem-blks", blocks)]);
    assert_eq!(wrong(vec![(set, &told)], Level::Must), found);
}

#[rstest]
#[case::shown("success", r#"[{"phys-index": 1, "online": false, "can-offline": true}]"#, None)]
#[case::left_out(
    "success",
    r#"[{"phys-index": 0, "online": true, "can-offline": true}]"#,
    Some(Property::Kept)
)]
#[case::not_done(
    "operation-failed",
    r#"[{"phys-index": 1, "online": true, "can-offline": true}]"#,
    None
)]
fn a_block_that_was_set_is_listed(#[case] response: &str, #[case] listed: &str, #[case] found: Option<Property>) {
    let code = if response == "success" {
        ""
    } else {
        ", \"error-code\": 16"
    };
    let done = format!("{{\"return\": [{{\"phys-index\": 1, \"response\": \"{response}\"{code}}}]}}");
    let listed = format!("{{\"return\": {listed}}}");
    let set = call("guest-set-memory-blocks", &[("mem-blks", ONE_BLOCK)]);
    let calls = vec![(set, done.as_str()), (Call::plain("guest-get-memory-blocks"), &listed)];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::still(", \"can-offline\": true", None)]
#[case::not_said("", None)]
#[case::no_more(", \"can-offline\": false", Some(Property::Kept))]
fn a_processor_that_was_taken_offline_can_be(#[case] can: &str, #[case] found: Option<Property>) {
    let set = call(
        "guest-set-vcpus",
        &[("vcpus", r#"[{"logical-id": 1, "online": false}]"#)],
    );
    let listed = format!(
        "{{\"return\": [{{\"logical-id\": 0, \"online\": true}}, {{\"logical-id\": 1, \"online\": false{can}}}]}}"
    );
    let calls = vec![
        (set, r#"{"return": 1}"#),
        (Call::plain("guest-get-vcpus"), listed.as_str()),
    ];
    assert_eq!(wrong(calls, Level::Must), found);
}

#[rstest]
#[case::none(None, 0, None)]
#[case::greater_pieces(Some("0"), 4096, None)]
#[case::beyond_32_bits(Some("4294971392"), 4_294_971_392, None)]
#[case::cut(Some("4294971392"), 4096, Some(Property::Kept))]
#[case::of_another_trim(None, 4_294_971_392, Some(Property::Kept))]
fn a_trim_tells_its_own_least_size(
    #[case] asked: Option<&'static str>,
    #[case] told: u64,
    #[case] found: Option<Property>,
) {
    let arguments: Vec<_> = asked.iter().map(|it| ("minimum", *it)).collect();
    let told = format!("{{\"return\": {{\"paths\": [{{\"path\": \"/\", \"trimmed\": 0, \"minimum\": {told}}}]}}}}");
    assert_eq!(
        wrong(vec![(call("guest-fstrim", &arguments), &told)], Level::Must),
        found
    );
}

#[rstest]
#[case::all("3", None)]
#[case::some("1", Some(Property::Same))]
fn a_freeze_without_a_list_is_of_all(#[case] count: &str, #[case] found: Option<Property>) {
    let told = format!("{{\"return\": {count}}}");
    let list = call("guest-fsfreeze-freeze-list", &[("mountpoints", "[\"/\"]")]);
    let thaw = || Call::plain("guest-fsfreeze-thaw");
    let calls = vec![
        (Call::plain("guest-fsfreeze-freeze"), r#"{"return": 3}"#),
        (thaw(), r#"{"return": 3}"#),
        (list, r#"{"return": 1}"#),
        (thaw(), r#"{"return": 1}"#),
        (Call::plain("guest-fsfreeze-freeze-list"), told.as_str()),
    ];
    assert_eq!(wrong(calls, Level::Should), found);
}

/// What is wrong with one reply by rules that are changed.
fn by(rules: impl Fn(Rules) -> Rules, call: Call, reply: &str) -> Option<Property> {
    let release = Release::find("10.0").expect("a release");
    let rules = rules(Rules::new(Level::Exact, release, System::Linux));
    let session = Session {
        steps: vec![Step::Call(call)],
    };
    let mut transcript = Transcript::new(1);
    transcript.line(0, format!("{reply}\n").as_bytes());
    transcript.end(0, End::Complete);
    transcript.end = End::Complete;
    judge(&session, &transcript, &rules, &mut KnownReplies::default()).map(|it| it.property)
}

fn names(names: &[&str]) -> Option<BTreeSet<String>> {
    Some(names.iter().map(|it| (*it).to_owned()).collect())
}

#[rstest]
#[case::all("[{\"name\": \"guest-info\"}, {\"name\": \"guest-ping\"}]", true, None)]
#[case::one_is_missing("[{\"name\": \"guest-info\"}]", true, Some(Property::Offered))]
#[case::it_never_listed_any("[{\"name\": \"guest-info\"}]", false, None)]
fn what_was_listed_once_is_listed_again(#[case] list: &str, #[case] lists: bool, #[case] found: Option<Property>) {
    let list = list.replace('}', ", \"enabled\": true, \"success-response\": true}");
    let reply = format!("{{\"return\": {{\"version\": \"10.0\", \"supported_commands\": {list}}}}}");
    let offered = || names(&["guest-info", "guest-ping"]);
    let call = Call::plain("guest-info");
    assert_eq!(by(|it| it.with(offered(), lists, true), call, &reply), found);
}

#[rstest]
#[case::known(ERROR, true, None)]
#[case::unknown(NOT_FOUND, true, Some(Property::Offered))]
#[case::unknown_and_not_listed(NOT_FOUND, false, None)]
fn a_command_that_is_listed_is_known(#[case] reply: &str, #[case] lists: bool, #[case] found: Option<Property>) {
    let thaw = Call::plain("guest-fsfreeze-thaw");
    let offered = || names(&["guest-fsfreeze-thaw"]);
    assert_eq!(by(|it| it.with(offered(), lists, true), thaw, reply), found);
}

#[rstest]
#[case::it_could("guest-get-osinfo", Some(Property::Works))]
#[case::it_never_could("guest-get-vcpus", None)]
fn what_a_machine_cannot_do_is_not_held_against_the_agent(
    #[case] command: &'static str,
    #[case] found: Option<Property>,
) {
    let unable = BTreeSet::from(["guest-get-vcpus"]);
    assert_eq!(by(|it| it.unable(&unable), Call::plain(command), ERROR), found);
}

/// At must nobody owes it that a file cannot be closed while filesystems are frozen: one that
/// was closed then is closed.
#[test]
fn what_is_not_owed_is_still_taken_in() {
    let open = Call::open(0, "\"w\"");
    let close = || Call::with("guest-file-close", [("handle", Argument::Slot(0))]);
    let calls = |again| {
        vec![
            (open.clone().binding(0), r#"{"return": 1000}"#),
            (Call::plain("guest-fsfreeze-freeze"), r#"{"return": 3}"#),
            (close(), r#"{"return": {}}"#),
            (Call::plain("guest-fsfreeze-thaw"), r#"{"return": 3}"#),
            (close(), again),
        ]
    };
    assert_eq!(wrong(calls(ERROR), Level::Must), None);
    assert_eq!(wrong(calls(r#"{"return": {}}"#), Level::Must), Some(Property::Closed));
    assert_eq!(wrong(calls(ERROR), Level::Should), Some(Property::Frozen));
}

/// A number that nobody was given, unless the agent happens to give it.
#[test]
fn a_number_may_be_that_of_a_file() {
    let open = Call::open(0, "\"w\"");
    let close = |handle| Call::with("guest-file-close", [("handle", handle)]);
    let with = |number: &'static str, again| {
        let calls = vec![
            (open.clone().binding(0), number),
            (close(Argument::Int(0)), r#"{"return": {}}"#),
            (close(Argument::Slot(0)), again),
        ];
        wrong(calls, Level::Exact)
    };
    assert_eq!(with(r#"{"return": 0}"#, ERROR), None);
    assert_eq!(with(r#"{"return": 0}"#, r#"{"return": {}}"#), Some(Property::Closed));
    assert_eq!(with(r#"{"return": 1000}"#, ERROR), Some(Property::Closed));
}
