//! Spawned agents as processes: what is said when they do not start, and that
//! nothing of them is left behind, whatever they are.

mod common;

use common::{alive, hostile};
use qga_conformance::exchange::Resync;
use qga_conformance::facts::Facts;
use qga_conformance::status::UNREACHABLE;
use qga_conformance::target::{DEFAULT_IMAGE, Kind, RunFolder, Spawn, Target, Template, adopt_orphans, find_release};
use rstest::rstest;
use std::time::{Duration, Instant};

const START_TIMEOUT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(10);

fn target(command: &str) -> Target {
    adopt_orphans();
    let kind = Kind::Spawn(Spawn {
        template: Template::parse(command).expect("a good command"),
        release: find_release("7.2").expect("a release"),
        folder: RunFolder::new(None).expect("a folder"),
        own_scratch: None,
    });
    Target {
        kind,
        deviation: None,
        chunk: None,
        start_timeout: START_TIMEOUT,
    }
}

#[rstest]
#[case::no_program("/nowhere/agent {socket}", "cannot run /nowhere/agent: No such file")]
#[case::ends(&hostile("exits-before-listening"), "it ended before it listened on {socket} (exit status: 7); the last it wrote:\n  | no such device")]
#[case::killed("sh -c 'kill -9 $$' {socket}", "(signal: 9 (SIGKILL)); it wrote nothing")]
#[case::never_listens(&hostile("never-listens"), "did not listen on {socket} within 500ms")]
#[case::floods("sh -c 'yes no; echo $0' {socket}", "within 500ms")]
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_start_is_described(#[case] command: &str, #[case] message: &str) {
    let began = Instant::now();
    let problem = target(command).open(DEFAULT_IMAGE).await.expect_err("no agent");
    assert_eq!(problem.status, UNREACHABLE);
    assert!(problem.what.contains(message), "{problem}");
    assert!(
        problem.what.len() < 2000,
        "only the last words are shown: {} bytes",
        problem.what.len()
    );
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[rstest]
#[case::good(&hostile("good"), Duration::from_millis(900))]
#[case::daemon(&hostile("daemonises"), Duration::from_millis(900))]
#[case::loud(&hostile("floods-stderr"), Duration::from_millis(900))]
#[case::parent(&hostile("leaves-children"), Duration::from_millis(900))]
#[case::hangs(&hostile("hangs-as-clients-leave"), Duration::from_millis(900))]
#[case::deaf(&hostile("ignores-sigterm"), Duration::from_secs(3))]
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_asked_and_nothing_of_it_is_left(#[case] command: &str, #[case] limit: Duration) {
    let target = target(command);
    let mut stage = target.open(DEFAULT_IMAGE).await.expect("an agent");
    let mark = stage.mark().expect("a spawned agent has a mark").to_owned();
    let facts = Facts::ask(&mut stage.link, PATIENCE).await;
    assert_eq!(facts.resync, Some(Resync::Delimited));
    assert_eq!(facts.version.as_deref(), Some("7.2.22"));
    assert!(!alive(&mark).is_empty(), "the agent can be found by its mark");
    let ended = Instant::now();
    stage.close().await;
    assert!(ended.elapsed() < limit, "{:?}", ended.elapsed());
    assert_eq!(alive(&mark), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_is_dropped_kills_its_agent() {
    let target = target(&hostile("good"));
    let stage = target.open(DEFAULT_IMAGE).await.expect("an agent");
    let mark = stage.mark().expect("a spawned agent has a mark").to_owned();
    drop(stage);
    let deadline = Instant::now() + Duration::from_secs(5);
    while !alive(&mark).is_empty() {
        assert!(Instant::now() < deadline, "the agent lives on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
