//! What several tests need.
#![allow(dead_code, reason = "each test uses its own part")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// The command that starts a hostile agent of a kind.
pub(crate) fn hostile(kind: &str) -> String {
    let program = example("hostile-agent").display().to_string();
    format!("{} {kind} {{socket}}", shell_words::quote(&program))
}

/// The command that starts an agent that is wrong in one thing.
pub(crate) fn wrong(kind: &str) -> String {
    let program = example("wrong-agent").display().to_string();
    format!("{} {kind} {{socket}} {{guest}}", shell_words::quote(&program))
}

/// An example of this crate, which `cargo test` builds before the tests run; asked
/// for a single test file it does not, so that an old one may be lying there.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("tests are in target/PROFILE/deps");
    let path = folder.join("examples").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
        .with_extension("rs");
    let time = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    let is_new = time(&path) >= time(&source);
    assert!(
        is_new,
        "{} is missing or old: cargo build -p qga-conformance --examples",
        path.display()
    );
    path
}

/// The living processes that carry a mark, or begin with it, in their environment.
pub(crate) fn alive(mark: &str) -> Vec<u32> {
    let wanted = format!("QGA_CONFORMANCE_AGENT={mark}").into_bytes();
    let processes = fs::read_dir("/proc").expect("a list of processes").flatten();
    let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let has_mark = |number: &u32| {
        let environment = fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
        environment.split(|it| *it == 0).any(|it| it.starts_with(&wanted))
    };
    numbers.filter(has_mark).collect()
}

/// A run of the program under test, watched from outside.
pub(crate) struct Running {
    child: Child,
    began: Instant,
    output: JoinHandle<String>,
    errors: JoinHandle<String>,
    errors_so_far: Arc<Mutex<Vec<u8>>>,
    /// Its folder for temporary files: whatever it starts has its mark below it.
    pub(crate) folder: tempfile::TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) output: String,
    /// What it wrote to the error stream.
    pub(crate) errors: String,
    /// How long it took.
    pub(crate) took: Duration,
    /// The most memory that it had at a time, in KiB.
    pub(crate) memory_kib: u64,
    /// The processes it left behind.
    pub(crate) left: Vec<u32>,
    /// The files and folders it left behind.
    pub(crate) litter: Vec<PathBuf>,
}

/// Starts the program.
pub(crate) fn start(words: &[&str]) -> Running {
    let folder = tempfile::TempDir::with_prefix("t").expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_qga-conformance"));
    command
        .args(words)
        .env("TMPDIR", folder.path())
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let errors_so_far = Arc::default();
    let output = collect(child.stdout.take().expect("a pipe"), Arc::default());
    let errors = collect(child.stderr.take().expect("a pipe"), Arc::clone(&errors_so_far));
    Running {
        child,
        began: Instant::now(),
        output,
        errors,
        errors_so_far,
        folder,
    }
}

/// Runs the program to its end.
pub(crate) fn run(words: &[&str]) -> Ended {
    start(words).wait()
}

impl Running {
    /// The number of its process.
    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to the error stream so far.
    pub(crate) fn errors_so_far(&self) -> String {
        String::from_utf8_lossy(&self.errors_so_far.lock().expect("no panic")).into_owned()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        let mut memory_kib = 0;
        let status = loop {
            memory_kib = memory_kib.max(memory_of(self.child.id()));
            match self.child.try_wait().expect("a child can be waited for") {
                Some(status) => break status,
                None => sleep(Duration::from_millis(5)),
            }
        };
        let took = self.began.elapsed();
        let mark = self.folder.path().display().to_string();
        let litter = fs::read_dir(self.folder.path())
            .expect("a folder")
            .flatten()
            .map(|it| it.path());
        Ended {
            code: status.code(),
            took,
            memory_kib,
            left: alive(&mark),
            litter: litter.collect(),
            output: self.output.join().expect("a reader"),
            errors: self.errors.join().expect("a reader"),
        }
    }
}

fn collect(mut pipe: impl Read + Send + 'static, so_far: Arc<Mutex<Vec<u8>>>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut piece) {
            so_far.lock().expect("no panic").extend_from_slice(&piece[..count]);
        }
        String::from_utf8_lossy(&so_far.lock().expect("no panic")).into_owned()
    })
}

/// The most memory that a process had so far, in KiB; 0 once it is gone.
fn memory_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    line.and_then(|it| it.split_ascii_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Runs a campaign, which leaves nothing behind.
pub(crate) fn fuzz(words: &[&str]) -> Ended {
    let ended = run(&[&["fuzz", "--seed", "1", "-q"], words].concat());
    assert_eq!(ended.left, Vec::<u32>::new(), "{words:?} left processes behind");
    assert!(
        ended.litter.is_empty(),
        "{words:?} left files behind: {:?}",
        ended.litter
    );
    ended
}

/// Writes a script to a folder.
pub(crate) fn script(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("a script can be written");
    path.display().to_string()
}

/// An agent that somebody else started, with its socket in a folder; ended with this.
pub(crate) struct Elsewhere {
    child: Child,
    folder: tempfile::TempDir,
}

impl Elsewhere {
    pub(crate) fn start(kind: &str) -> Elsewhere {
        let folder = tempfile::TempDir::new().expect("a folder");
        let mut command = Command::new(example("wrong-agent"));
        let child = command.arg(kind).arg(folder.path().join("s")).arg("default").spawn();
        let child = child.expect("it starts");
        let elsewhere = Elsewhere { child, folder };
        while !elsewhere.folder.path().join("s").exists() {
            sleep(Duration::from_millis(5));
        }
        elsewhere
    }

    pub(crate) fn target(&self) -> String {
        format!("unix:{}", self.folder.path().join("s").display())
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
