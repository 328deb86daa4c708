//! The end that nobody planned, such as a panic: agents and folders go all the
//! same, and nothing new begins. It is a file of its own because it ends the whole
//! test program's business.

mod common;

use common::{alive, hostile};
use qga_conformance::target::{DEFAULT_IMAGE, Kind, RunFolder, Spawn, Target, Template, find_release, live};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn the_sudden_end_leaves_nothing_behind() {
    let kind = Kind::Spawn(Spawn {
        template: Template::parse(&hostile("ignores-sigterm")).expect("a good command"),
        release: find_release("7.2").expect("a release"),
        folder: RunFolder::new(None).expect("a folder"),
        own_scratch: None,
    });
    let target = Target {
        kind,
        deviation: None,
        chunk: None,
        start_timeout: Duration::from_secs(5),
    };
    let stage = target.open(DEFAULT_IMAGE).await.expect("an agent");
    let mark = stage.mark().expect("a spawned agent has a mark").to_owned();
    assert!(!alive(&mark).is_empty() && std::path::Path::new(&mark).exists());
    live::end_all_if_possible();
    let deadline = Instant::now() + Duration::from_secs(5);
    while !alive(&mark).is_empty() {
        assert!(Instant::now() < deadline, "the agent lives on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!std::path::Path::new(&mark).exists(), "its folder is still there");
    let late = target.open(DEFAULT_IMAGE).await.expect_err("nothing begins any more");
    assert!(late.what.contains("cannot "), "{late}");
}
