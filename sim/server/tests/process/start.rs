//! Starts that fail: what is said, and the exit status.

use crate::program::{Sim, command, run};
use crate::real;
use rstest::rstest;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// Starts in a folder that has been prepared; `{}` in the options is the folder.
fn fails(folder: &TempDir, options: &str) -> (Option<i32>, String) {
    let root = folder.path().to_str().unwrap();
    let options = options.replace("{}", root);
    let output = command().args(options.split_whitespace()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap().replace(root, "{}");
    let said = match said
        .split_once("/qga.state.")
        .and_then(|(head, tail)| Some((head, tail.split_once('”')?.1)))
    {
        Some((head, tail)) => format!("{head}/qga.state.NEW”{tail}"),
        None => said,
    };
    (output.status.code(), said)
}

/// The lines of the log without their times.
fn lines(said: &str) -> Vec<String> {
    said.lines()
        .map(|line| line.split_once(": ").unwrap().1.to_owned())
        .collect()
}

#[rstest]
#[case("{}", "Failed to unlink socket {}: Is a directory")]
#[case("{}/no/socket", "Failed to bind socket to {}/no/socket: No such file or directory")]
fn a_path_where_no_socket_can_be_is_told_and_ends_with_1(#[case] path: &str, #[case] reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (status, said) = fails(&folder, &format!("-m unix-listen -t {{}} -p {path}"));
    assert_eq!(status, Some(1));
    assert_eq!(
        lines(&said),
        [
            format!("critical: {reason}"),
            "critical: failed to create guest agent channel".to_owned(),
            "critical: failed to initialize guest agent channel".to_owned(),
        ]
    );
}

#[test]
fn a_path_of_108_bytes_is_too_long_and_one_of_107_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let short = 107 - folder.path().as_os_str().len() - 1;
    let path = folder.path().join("x".repeat(short + 1));
    let (status, said) = fails(&folder, &format!("-m unix-listen -t {{}} -p {}", path.display()));
    assert_eq!(status, Some(1));
    assert!(said.contains("' is too long"), "{said}");
    let mut sim = Sim::start_in(
        folder,
        &format!("-p {}", path.with_file_name("x".repeat(short)).display()),
    );
    let socket = sim.path(&"x".repeat(short));
    crate::program::eventually("it listens", || crate::program::is_socket(&socket).then_some(()));
    sim.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(sim.ended().0, Some(0));
}

/// What is wrong, the release, the last line and the exit status.
#[rstest]
#[case("-t {}/no", "7.2", 0)]
#[case("-t {}/no", "10.0", 1)]
#[case("-t {}/no", "2.0", 1)]
#[case("-t {} -l {}/no/log", "5.2", 0)]
#[case("-t {} -l {}", "11.1", 1)]
#[case("-t {}/junk", "7.2", 0)]
#[case("-t {}/junk", "10.0", 1)]
fn a_state_folder_or_log_that_cannot_be_used(#[case] options: &str, #[case] release: &str, #[case] status: i32) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("junk")).unwrap();
    fs::write(folder.path().join("junk/qga.state"), "zzz\n").unwrap();
    let options = format!("-m unix-listen -p {{}}/socket --emulate {release} {options}");
    let (ended, said) = fails(&folder, &options);
    assert_eq!(ended, Some(status), "{said}");
    assert_eq!(lines(&said).last().unwrap(), "critical: error initializing guest agent");
    assert!(!folder.path().join("socket").exists());
}

/// Options that end the start; `{}` is a folder with a file `file` and a folder
/// `junk` whose state file is none.
const FAILING: [&str; 13] = [
    "-m unix-listen -p {}/socket -t {}/no",
    "-m unix-listen -p {}/socket -t {}/file",
    "-m unix-listen -p {}/socket -t {}/junk",
    "-m unix-listen -p {}/socket -t {} -l {}/no/log",
    "-m unix-listen -p {}/socket -t {} -l {}",
    "-m unix-listen -p {} -t {}",
    "-m unix-listen -p {}/no/socket -t {}",
    "-m unix-listen -p {}/file/socket -t {}",
    "-m unix-listen -p {}/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 -t {}",
    "-m virtio-serial -p {}/no -t {}",
    "-m isa-serial -p {}/no -t {}",
    "-m tcp -p {} -t {}",
    "-m vsock-listen -p x -t {}",
];

#[test]
fn real_agents_fail_to_start_so() {
    for (program, release) in real::agents() {
        for options in FAILING {
            let said = |command: &mut Command| {
                let folder = tempfile::tempdir().unwrap();
                fs::create_dir(folder.path().join("junk")).unwrap();
                fs::write(folder.path().join("junk/qga.state"), "zzz\n").unwrap();
                fs::write(folder.path().join("file"), "").unwrap();
                let root = folder.path().to_str().unwrap();
                let line = format!("-b {} {options}", real::BLOCKED).replace("{}", root);
                let mut said = real::say(command, program.as_os_str(), &line, None);
                said.err = said.err.replace(root, "{}");
                said
            };
            let simulated = said(command().env("QGA_SIM_EMULATE", release.name));
            said(&mut real::command(&program)).must_be(simulated, release, options);
        }
    }
}

#[test]
fn what_is_wrong_with_the_state_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (_, said) = fails(&folder, "-m unix-listen -p {}/socket -t {}/no");
    assert_eq!(
        lines(&said),
        [
            "critical: failed to write persistent state to {}/no/qga.state: \
             Failed to create file “{}/no/qga.state.NEW”: No such file or directory",
            "critical: unable to create state file at path {}/no/qga.state",
            "critical: failed to load persistent state",
            "critical: error initializing guest agent",
        ]
    );
    fs::write(folder.path().join("file"), "").unwrap();
    let (status, said) = fails(&folder, "-m unix-listen -p {}/socket -t {}/file");
    assert_eq!(status, Some(0));
    assert!(
        said.ends_with("unable to access state file at path {}/file/qga.state.isfrozen: Not a directory\n"),
        "{said}"
    );
}

/// The second time is not the first time of a release that does not retry.
#[rstest]
#[case("7.2", Some(0))]
#[case("10.0", Some(1))]
fn a_path_that_cannot_be_opened_is_tried_again_until_a_signal(#[case] release: &str, #[case] status: Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let options = format!(
        "-r -m virtio-serial -p {}/no --emulate {release}",
        folder.path().display()
    );
    let mut sim = Sim::start_in(folder, &options);
    std::thread::sleep(std::time::Duration::from_millis(200));
    if status == Some(0) {
        sim.signal(nix::sys::signal::Signal::SIGTERM);
    }
    let (ended, said) = sim.ended();
    assert_eq!(ended, status);
    assert_eq!(
        said.matches("failed to initialize guest agent channel").count(),
        1,
        "{said}"
    );
}

#[test]
fn a_mistake_in_an_own_option_ends_with_2_and_one_in_the_agent_s_with_1() {
    for (args, status, told) in [
        (
            &["--emulate", "99"][..],
            2,
            "qga-sim: --emulate: no release is called '99'; there are 0.15,",
        ),
        (
            &["--guest", "nobody"],
            2,
            "qga-sim: --guest nobody: there is no guest of this name",
        ),
        (
            &["--fault", "slow"],
            2,
            "qga-sim: --fault: no fault is called 'slow'; there are silent-for,",
        ),
        (
            &["--journal", "/nonexistent/x"],
            2,
            "qga-sim: --journal /nonexistent/x: No such file or directory",
        ),
        (&["--clients"], 2, "qga-sim: option '--clients' requires an argument"),
        (&["--bogus"], 1, ": unrecognized option '--bogus'"),
        (&["-m", "unix-listen"], 1, "must specify a path for this channel"),
        (&["-m", "tcp", "-p", "x"], 1, "unsupported channel method/type: tcp"),
    ] {
        let output = run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        assert!(said.contains(told), "{args:?}: {said}");
    }
}

#[test]
fn what_is_asked_for_is_printed_and_ends_with_0() {
    for (args, head) in [
        (&["-V"][..], "QEMU Guest Agent 7.2.22\n"),
        (&["-V", "--emulate", "0.15"], "QEMU Guest Agent 1.0\n"),
        (&["-b", "help"], "guest-sync-delimited\nguest-sync\nguest-ping\n"),
        (
            &["-b", "?", "--emulate", "2.5"],
            "guest-exec\nguest-exec-status\nguest-file-close\n",
        ),
        (&["--dump-conf"], "[general]\ndaemon=false\n"),
        (&["--help"], "Usage: "),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(
            output.stdout.starts_with(head.as_bytes()),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn the_environment_stands_for_own_options() {
    let output = command().env("QGA_SIM_EMULATE", "10.0").arg("-V").output().unwrap();
    assert_eq!(output.stdout, b"QEMU Guest Agent 10.0.2\n");
    let output = command().env("QGA_SIM_CLIENTS", "few").arg("-V").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("QGA_SIM_CLIENTS"));
}
