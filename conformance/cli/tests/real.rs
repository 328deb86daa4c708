//! The runner on QEMU's own agent, spawned and connected. Without one these tests
//! say that they are skipped; with `QGA_REQUIRE_AGENT=1` that is a failure.

mod common;

use common::{Ended, run};
use rstest::rstest;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a real agent must not do to the machine it is tested on.
const BLOCKED: &str = "guest-shutdown,guest-suspend-disk,guest-suspend-ram,guest-suspend-hybrid,guest-set-time,\
    guest-set-user-password,guest-set-vcpus,guest-set-memory-blocks,guest-fstrim,guest-fsfreeze-freeze,\
    guest-fsfreeze-freeze-list,guest-ssh-add-authorized-keys,guest-ssh-remove-authorized-keys";
/// Where Debian installs it; an ordinary user's PATH does not have this folder.
const INSTALLED: &str = "/usr/sbin/qemu-ga";

/// The installed agent, or `None` and a word about it.
fn installed() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&folders)
        .map(|it| it.join("qemu-ga"))
        .find(|it| it.is_file());
    let found = on_path.or_else(|| Some(PathBuf::from(INSTALLED)).filter(|it| it.is_file()));
    if found.is_none() {
        let is_required = std::env::var_os("QGA_REQUIRE_AGENT").is_some_and(|it| !it.is_empty() && it != "0");
        assert!(!is_required, "qemu-ga is not installed, and QGA_REQUIRE_AGENT is set");
        // Not `eprintln!`, which is shown for failing tests only.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: qemu-ga is not installed (apt-get install qemu-guest-agent)"
        );
    }
    found
}

fn spawn(agent: &Path) -> String {
    let agent = shell_words::quote(&agent.display().to_string()).into_owned();
    format!("{agent} -m unix-listen -p {{socket}} -t {{state}} -b {BLOCKED}")
}

/// What became of each claim of each script.
fn outcomes(ended: &Ended) -> BTreeMap<(String, String), String> {
    let report: serde_json::Value = serde_json::from_str(&ended.output).expect("a report");
    let scripts = report["scripts"].as_array().expect("scripts");
    let claims = scripts.iter().flat_map(|script| {
        script["claims"]
            .as_array()
            .into_iter()
            .flatten()
            .map(move |it| (script, it))
    });
    let named = claims.map(|(script, claim)| {
        (
            (script["file"].to_string(), claim["id"].to_string()),
            claim["outcome"].to_string(),
        )
    });
    named.collect()
}

#[rstest]
#[case::whole(&[])]
#[case::bytes(&["--chunk", "1"])]
#[case::sevens(&["--chunk", "7"])]
fn the_suite_holds_however_it_is_cut(#[case] chunk: &[&str]) {
    let Some(agent) = installed() else { return };
    let spawn = spawn(&agent);
    let words = [
        "run",
        "--spawn",
        &spawn,
        "--as",
        "7.2",
        "--level",
        "exact",
        "--report",
        "json=-",
        "-q",
        "--timeout",
        "20s",
    ];
    let ended = run(&[&words, chunk].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let outcomes = outcomes(&ended);
    assert!(
        outcomes.values().filter(|it| *it == "\"passed\"").count() > 300,
        "{}",
        ended.errors
    );
    assert!(
        !outcomes
            .values()
            .any(|it| it == "\"failed\"" || it == "\"not-reached\""),
        "{}",
        ended.errors
    );
    assert_eq!(ended.left, Vec::<u32>::new());
    assert!(ended.litter.is_empty(), "{:?}", ended.litter);
}

#[test]
fn what_is_kept_of_it_is_the_same_twice() {
    let Some(agent) = installed() else { return };
    let dir = TempDir::new().expect("a folder");
    let folder = dir.path().display().to_string();
    let spawn = spawn(&agent);
    // Not those of many megabytes: on a loaded machine they take too long.
    let families = ["derived:", "file", "info", "network", "os", "ssh", "sync", "vcpus"];
    let options = [
        "snapshot",
        "--dir",
        &folder,
        "--spawn",
        &spawn,
        "-q",
        "--timeout",
        "20s",
    ];
    let words = [&options[..], &families[..]].concat();
    let first = run(&words);
    assert_eq!(first.code, Some(0), "{}{}", first.output, first.errors);
    let second = run(&words);
    assert_eq!(second.code, Some(0), "{}{}", second.output, second.errors);
    assert!(second.output.contains(": 0 new, "), "{}", second.output);
}

#[test]
fn a_claim_that_is_wrong_fails() {
    let Some(agent) = installed() else { return };
    let folder = TempDir::new().expect("a folder");
    let wrong = "session s\n\nmust    OWN-001  echo\n>       {\"execute\": \"guest-sync\", \"arguments\": {\"id\": 7}}\n<       {\"return\": 8}\n";
    let path = common::script(folder.path(), "wrong.session", wrong);
    let ended = run(&["run", &path, "--spawn", &spawn(&agent)]);
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(
        ended.output.contains("expected  8\n    found     7\n"),
        "{}",
        ended.output
    );
}

#[test]
fn a_connected_agent_is_left_as_it_was_found() {
    let Some(agent) = installed() else { return };
    let connected = Connected::start(&agent);
    let target = format!("unix:{}", connected.socket().display());
    let before = connected.open_files();
    for _ in 0..2 {
        let ended = run(&[
            "run",
            "file",
            "sync",
            "--target",
            &target,
            "--scratch",
            &connected.scratch(),
            "-q",
        ]);
        assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
        assert!(
            ended.output.contains("pass          WRITE-001"),
            "files were written: {}",
            ended.output
        );
    }
    assert_eq!(connected.open_files(), before, "handles were left open");
    assert_eq!(
        std::fs::read_dir(connected.scratch()).expect("a folder").count(),
        0,
        "files were left"
    );
}

/// An agent that was there before the run.
struct Connected {
    child: Child,
    folder: TempDir,
}

impl Connected {
    fn start(agent: &Path) -> Connected {
        let folder = TempDir::new().expect("a folder");
        std::fs::create_dir(folder.path().join("scratch")).expect("a folder");
        let mut command = Command::new(agent);
        command
            .args(["-m", "unix-listen", "-b", BLOCKED, "-p"])
            .arg(folder.path().join("socket"));
        let child = command
            .arg("-t")
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !folder.path().join("socket").exists() {
            assert!(Instant::now() < deadline, "the agent does not listen");
            sleep(Duration::from_millis(5));
        }
        Connected { child, folder }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn scratch(&self) -> String {
        self.folder.path().join("scratch").display().to_string()
    }

    /// The files it has open, by what they are.
    fn open_files(&self) -> Vec<PathBuf> {
        let links = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("its files");
        let files = links.flatten().filter_map(|it| std::fs::read_link(it.path()).ok());
        files
            .filter(|it| it.starts_with("/tmp") || it.starts_with(self.folder.path()))
            .collect()
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
