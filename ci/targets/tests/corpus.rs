//! Every target on its seeds, on small changes of them, and on each input that was
//! once a finding (`fixtures/fuzz/TARGET/`).

use qga_fuzz_targets::{TARGETS, Target};
use rstest::rstest;
use std::fs;
use std::path::PathBuf;

/// Seeds of a target that are tried; more take too long without optimisation.
const SEEDS_MAX: usize = 150;

#[rstest]
fn nothing_is_found_in_the_seeds(
    #[values("wire", "agent", "script", "pattern", "image", "replies", "settings")] name: &str,
) {
    let target = find(name);
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty());
    let step = seeds.len().div_ceil(SEEDS_MAX);
    for seed in seeds
        .iter()
        .step_by(step)
        .filter(|it| it.len() <= target.input_bytes_max)
    {
        (target.run)(seed);
        (target.run)(&seed[..seed.len() / 2]);
    }
    (target.run)(b"");
}

#[test]
fn no_finding_comes_back() {
    for target in &TARGETS {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/fuzz")).join(target.name);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            (target.run)(&fs::read(entry.path()).expect("it can be read"));
        }
    }
}

#[rstest]
#[case::a_pattern_that_does_not_parse_is_no_finding("pattern", b"{\"a\": ")]
#[case::a_mistake_in_an_image_is_no_finding("image", b"[os]\nid = 1")]
#[case::an_agent_that_dies_is_no_finding("agent", b"\x03\0{\"execute\": \"guest-ping\", \"arguments\": []}")]
fn what_is_refused_is_no_finding(#[case] name: &str, #[case] input: &[u8]) {
    (find(name).run)(input);
}

#[test]
#[should_panic(expected = "there is no target")]
fn a_target_is_known_by_its_name() {
    qga_fuzz_targets::run("nothing", b"");
}

fn find(name: &str) -> &'static Target {
    TARGETS.iter().find(|it| it.name == name).expect("it is a target")
}
