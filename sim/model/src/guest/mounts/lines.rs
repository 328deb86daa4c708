//! The mount table as a program reads it: from the kernel, or from a file that
//! somebody keeps.

use std::time::Duration;

use serde::Deserialize;

use crate::guest::Guest;
use crate::guest::fs::task::Task;

/// A line of the mount table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountLine {
    /// What is mounted.
    pub device: Vec<u8>,
    /// Where.
    pub at: Vec<u8>,
    /// Type.
    pub kind: Vec<u8>,
}

/// The file that old programs read instead of asking the kernel.
const MTAB: &[u8] = b"/etc/mtab";
/// Where that file leads on a machine that does not keep one.
const KERNEL_TABLE: &[u8] = b"/proc/";

/// `[freeze]` of an image: how the machine as a whole takes a freeze.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FreezeSection {
    /// After so many seconds the machine thaws by itself, as Windows does after 10.
    pub limit_seconds: Option<u64>,
    /// The kernel's table of mounts cannot be read.
    pub mounts_unreadable: bool,
}

impl Guest {
    /// How long a freeze may last before the machine ends it by itself.
    pub fn freeze_limit(&self) -> Option<Duration> {
        self.freeze.limit_seconds.map(Duration::from_secs)
    }

    /// The mounts as the kernel lists them, in the order they were mounted; `None`
    /// if the list cannot be read.
    pub fn mount_lines(&self) -> Option<Vec<MountLine>> {
        (!self.freeze.mounts_unreadable).then(|| self.lines())
    }

    fn lines(&self) -> Vec<MountLine> {
        let table = &self.fs.mounts;
        let line = |(_, mount): (_, &super::Mount)| {
            let filesystem = table.filesystem(mount.filesystem);
            MountLine {
                device: filesystem.device.clone().into_bytes(),
                at: mount.at.clone(),
                kind: filesystem.kind.clone().into_bytes(),
            }
        };
        table.mounts().map(line).collect()
    }

    /// The mounts as `/etc/mtab` lists them; `None` if there is no such file. A
    /// link into `/proc` is the kernel's table.
    pub fn mtab(&mut self, task: &mut Task) -> Option<Vec<MountLine>> {
        let mut sys = self.fs.calls(task);
        if sys.readlink(MTAB).is_ok_and(|target| is_kernel_table(&target)) {
            return self.mount_lines();
        }
        let text = sys.read_file(MTAB).ok()?;
        Some(text.split(|byte| *byte == b'\n').filter_map(line).collect())
    }
}

fn is_kernel_table(target: &[u8]) -> bool {
    target.windows(KERNEL_TABLE.len()).any(|part| part == KERNEL_TABLE)
}

/// A line's first three words; comments and short lines say nothing.
fn line(text: &[u8]) -> Option<MountLine> {
    let mut words = text
        .split(|byte| *byte == b' ' || *byte == b'\t')
        .filter(|word| !word.is_empty());
    let device = words.next().filter(|word| !word.starts_with(b"#"))?;
    Some(MountLine {
        device: unescape(device),
        at: unescape(words.next()?),
        kind: words.next()?.to_vec(),
    })
}

/// A word with its octal escapes, such as `\040` for a blank, resolved.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&first, tail)) = rest.split_first() {
        match tail.get(..3).filter(|_| first == b'\\').and_then(octal) {
            Some(byte) => {
                out.push(byte);
                rest = &tail[3..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_is_read_as_getmntent_reads_it() {
        let of = |text: &str| {
            line(text.as_bytes()).map(|it| [it.device, it.at, it.kind].map(|it| String::from_utf8(it).unwrap()))
        };
        assert_eq!(
            of("/dev/a /data ext4 rw 0 0"),
            Some(["/dev/a", "/data", "ext4"].map(str::to_owned))
        );
        assert_eq!(
            of("//srv/x\t/my\\040disk cifs"),
            Some(["//srv/x", "/my disk", "cifs"].map(str::to_owned))
        );
        assert_eq!(of("# /dev/a /data ext4"), None);
        assert_eq!(of("/dev/a /data"), None);
    }
}
