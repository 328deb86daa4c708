//! The simulator's command line and its configuration file, of each release.

use qga_sim::config;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use tempfile::TempDir;

use crate::input::{Input, recorded};

/// Parts the words of the command line; what stands behind [`FILE`] is the file.
const WORD: u8 = 0;
const FILE: u8 = 1;

pub(crate) fn run(input: &[u8]) {
    let Some(Input { release, bytes, .. }) = Input::of(input) else {
        return;
    };
    let mut parts = bytes.splitn(2, |it| *it == FILE);
    let words = parts.next().unwrap_or_default();
    // A path on the command line would be a file of this machine.
    let harmless = |word: &[u8]| !word.contains(&b'/');
    let words = words.split(|it| *it == WORD).filter(|it| harmless(it));
    let words: Vec<OsString> = words.map(|it| OsString::from_vec(it.to_vec())).collect();
    if fs::write(file(), parts.next().unwrap_or_default()).is_err() {
        return;
    }
    let environment = |name: &str| (name == "QGA_CONF").then(|| file().into());
    if let Err(status) = config(release, &words, &environment) {
        assert!(status <= 2, "no agent ends with {status} at its start");
    }
}

/// The configuration file of this process.
fn file() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| TempDir::new().expect("a temporary folder can be made"));
    folder.path().join("qemu-ga.conf")
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let lines: [&[u8]; 6] = [
        b"-m\0unix-listen\0-p\0x\0-b\0guest-ping,guest-sync\0-v",
        b"--method=isa-serial\0--dump-conf\0-rd",
        b"-b\0help",
        b"-V",
        b"--block\0guest-ping\0--allow-rpcs=guest-sync\0-F\0-Fhook",
        b"\x01[general]\nmethod=unix-listen\npath=x\nverbose=true\nblock-rpcs=guest-ping;guest-sync\n# comment\n[other]\na=b\\n\n",
    ];
    let choices = 0..recorded().len();
    let seeds =
        choices.flat_map(|choice| lines.map(|it| [&[u8::try_from(choice).unwrap_or_default(), 0], it].concat()));
    seeds.collect()
}
