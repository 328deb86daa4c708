//! `[[mount]]` of an image: filesystems, where they are mounted, and what is
//! broken about them.

use serde::Deserialize;
use toml::Spanned;

use super::{Capacity, Filesystem, FilesystemId, MadeUp, Mount, MountId, Place};
use crate::guest::accounts::Credentials;
use crate::guest::errno::SysError;
use crate::guest::fs::Fs;
use crate::guest::fs::content::PAGE_BYTES;
use crate::guest::fs::inode::InodeId;
use crate::guest::fs::task::{Descriptors, Task};
use crate::guest::fs::walk::Goal;
use crate::guest::image::{ErrorCode, Problem, Size};

/// Descriptors of the task that fills a new machine.
const BUILDER_FILES: u32 = 4;

/// Bytes of a filesystem for each inode, unless the image says how many there are.
const BYTES_PER_INODE: u64 = 16 << 10;

/// Inodes of a filesystem at least, unless the image says how many there are.
const INODES_MIN: u64 = 256;

/// Major number of the disks that have no number of their own.
const DISK_MAJOR: u32 = 254;

/// A line of the mount table. The first must be the root.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MountSection {
    /// Where: an absolute path without a slash at its end. Folders that lead there
    /// come by themselves.
    at: Spanned<String>,
    /// Instead of all that follows: a folder seen here too (a bind mount).
    bind: Option<Spanned<String>>,
    /// Where a Windows machine says that it is: `C:\`.
    drive: Option<String>,
    /// What is mounted: the path of a device, or a word such as `tmpfs`.
    #[serde(default = "no_device")]
    device: String,
    /// Type, such as `ext4`.
    #[serde(default = "no_type", rename = "type")]
    kind: String,
    /// Options as `/proc/self/mounts` lists them; `rw` or `ro` if left out.
    options: Option<String>,
    /// Major and minor number; made up if left out.
    number: Option<(u32, u32)>,
    /// Size; 1 GiB if left out.
    size: Option<Size>,
    /// Bytes free when the machine starts; all that the image's files leave if left out.
    free: Option<Spanned<Size>>,
    /// Of the free bytes, those only the superuser may take.
    reserved: Option<Size>,
    /// Inodes; one for each 16 KiB, and at least 256, if left out.
    inodes: Option<u64>,
    /// Inodes free when the machine starts; all that the image's files leave if left out.
    free_inodes: Option<Spanned<u64>>,
    /// Largest file; what the type allows if left out.
    file_size_max: Option<Size>,
    /// Bytes the first trim gives back; without it the device cannot discard.
    discardable: Option<Size>,
    /// Nothing can be changed.
    #[serde(default)]
    read_only: bool,
    /// Reached over a network; what the type says if left out.
    network: Option<bool>,
    /// Can be frozen; what the type says if left out.
    freezable: Option<bool>,
    /// Somebody has frozen it before the agent starts.
    #[serde(default)]
    frozen: bool,
    /// What fails.
    #[serde(default)]
    fails: FailsSection,
}

/// `fails` of a mount: errors for what would succeed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FailsSection {
    /// Opening the mount point.
    open: Option<ErrorCode>,
    /// Freezing the filesystem.
    freeze: Option<ErrorCode>,
    /// Thawing it.
    thaw: Option<ErrorCode>,
}

fn no_device() -> String {
    "none".to_owned()
}

fn no_type() -> String {
    "tmpfs".to_owned()
}

/// What is true of every filesystem of a type.
struct Traits {
    freezable: bool,
    network: bool,
    file_bytes_max: u64,
    made_up: Option<MadeUp>,
}

fn traits(kind: &str) -> Traits {
    let freezable = matches!(
        kind,
        "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "f2fs" | "jfs" | "nilfs2" | "gfs2"
    );
    let network = matches!(kind, "nfs" | "nfs4" | "cifs" | "smbfs" | "smb3" | "9p" | "ceph");
    let file_bytes_max = match kind {
        // 2^32 - 1 blocks.
        "ext4" => (u64::from(u32::MAX)) << 12,
        "vfat" => u64::from(u32::MAX),
        _ => i64::MAX as u64,
    };
    let made_up = match kind {
        "proc" => Some(MadeUp::Proc),
        "sysfs" => Some(MadeUp::Sysfs),
        _ => None,
    };
    Traits {
        freezable,
        network,
        file_bytes_max,
        made_up,
    }
}

/// Mounts everything, writable and thawed, and gives the task that fills it.
pub(crate) fn mount_all(fs: &mut Fs, sections: &[MountSection]) -> Result<Task, Problem> {
    let Some((root, others)) = sections.split_first() else {
        return Err(Problem::new(
            0..0,
            "there is no root filesystem",
            "begin with a [[mount]] at = \"/\"",
        ));
    };
    if root.at.get_ref() != "/" || root.bind.is_some() {
        return Err(Problem::new(
            root.at.span(),
            "the first mount is not the root",
            "begin with a [[mount]] at = \"/\"",
        ));
    }
    root.mount_filesystem(fs, None, 0);
    let mut task = fs.new_task(Credentials::default(), 0, Descriptors::new(0, BUILDER_FILES));
    for (index, section) in others.iter().enumerate() {
        section.mount(fs, &mut task, index as u32 + 1)?;
    }
    Ok(task)
}

/// Makes everything as full, read-only, frozen and broken as the image says.
pub(crate) fn finish_all(fs: &mut Fs, sections: &[MountSection]) -> Result<(), Problem> {
    sections
        .iter()
        .zip(0..)
        .try_for_each(|(section, index)| section.finish(fs, MountId(index)))
}

impl MountSection {
    fn mount(&self, fs: &mut Fs, task: &mut Task, index: u32) -> Result<(), Problem> {
        let at = self.at.get_ref().as_bytes();
        if at.first() != Some(&b'/') || at.last() == Some(&b'/') {
            let cure = "give an absolute path without a slash at its end";
            return Err(Problem::new(self.at.span(), "this is no mount point", cure));
        }
        let failed = |error| cannot_mount(&self.at, error);
        fs.calls(task).mkdir_all(at).map_err(failed)?;
        let covers = fs
            .find(&task.credentials, task.folder, at, Goal::Target)
            .map_err(|it| failed(it.into()))?;
        match &self.bind {
            None => self.mount_filesystem(fs, Some(covers), index),
            Some(source) => {
                let seen = fs.find(
                    &task.credentials,
                    task.folder,
                    source.get_ref().as_bytes(),
                    Goal::Target,
                );
                let seen = seen.map_err(|it| cannot_mount(source, it.into()))?;
                let filesystem = fs.mounts.mount(seen.mount).filesystem;
                fs.mounts.add_mount(self.line(filesystem, seen.inode, Some(covers)));
            }
        }
        Ok(())
    }

    fn mount_filesystem(&self, fs: &mut Fs, covers: Option<Place>, index: u32) {
        let filesystem = fs.mounts.add_filesystem(self.filesystem(index));
        let root = fs.add_root(filesystem);
        fs.mounts.add_mount(self.line(filesystem, root, covers));
    }

    fn line(&self, filesystem: FilesystemId, root: InodeId, covers: Option<Place>) -> Mount {
        let options = self
            .options
            .clone()
            .unwrap_or_else(|| if self.read_only { "ro" } else { "rw" }.to_owned());
        let open_fault = None;
        Mount {
            filesystem,
            at: self.at.get_ref().as_bytes().to_vec(),
            drive: self.drive.clone(),
            options,
            open_fault,
            root,
            covers,
        }
    }

    fn filesystem(&self, index: u32) -> Filesystem {
        let traits = traits(&self.kind);
        let major = if self.device.starts_with('/') { DISK_MAJOR } else { 0 };
        let bytes = self.size.map_or(1 << 30, |it| it.0);
        Filesystem {
            device: self.device.clone(),
            kind: self.kind.clone(),
            number: self.number.unwrap_or((major, index + 1)),
            capacity: Capacity {
                bytes,
                used_bytes: 0,
                reserved_bytes: self.reserved.map_or(0, |it| it.0),
                inodes: self.inodes.unwrap_or(INODES_MIN.max(bytes / BYTES_PER_INODE)),
                used_inodes: 0,
            },
            read_only: false,
            network: self.network.unwrap_or(traits.network),
            freezable: self.freezable.unwrap_or(traits.freezable),
            frozen: false,
            freeze_fault: self.fails.freeze.map(|it| it.0),
            thaw_fault: self.fails.thaw.map(|it| it.0),
            discardable: self.discardable.map(|it| it.0),
            file_bytes_max: self.file_size_max.map_or(traits.file_bytes_max, |it| it.0),
            made_up: traits.made_up,
            sealed: false,
            pages: 0,
            inodes: 0,
        }
    }

    fn finish(&self, fs: &mut Fs, id: MountId) -> Result<(), Problem> {
        fs.mounts.mount_mut(id).open_fault = self.fails.open.map(|it| it.0);
        if self.bind.is_some() {
            return Ok(());
        }
        let filesystem = fs.mounts.mount(id).filesystem;
        let filesystem = fs.mounts.filesystem_mut(filesystem);
        filesystem.read_only = self.read_only;
        filesystem.frozen = self.frozen;
        filesystem.sealed = filesystem.made_up.is_some();
        self.fill(filesystem)
    }

    /// Takes so much of the filesystem that what is left is free.
    fn fill(&self, filesystem: &mut Filesystem) -> Result<(), Problem> {
        if let Some(free) = &self.free {
            let spare = filesystem.free_bytes() / PAGE_BYTES as u64 * PAGE_BYTES as u64;
            filesystem.capacity.used_bytes = taken(spare, free.get_ref().0, free.span(), "bytes")?;
        }
        if let Some(free) = &self.free_inodes {
            let spare = filesystem.capacity.inodes.saturating_sub(filesystem.used_inodes());
            filesystem.capacity.used_inodes = taken(spare, *free.get_ref(), free.span(), "inodes")?;
        }
        Ok(())
    }
}

/// What must be taken of what is spare, so that the free part is left.
fn taken(spare: u64, free: u64, span: std::ops::Range<usize>, unit: &str) -> Result<u64, Problem> {
    spare.checked_sub(free).ok_or_else(|| {
        let what = format!("{free} {unit} cannot be free: the image's files leave {spare}");
        Problem::new(span, what, "lower it, or make the filesystem larger")
    })
}

fn cannot_mount(path: &Spanned<String>, error: SysError) -> Problem {
    let what = match error {
        SysError::Errno(errno) => format!("nothing can be mounted with {}: {errno}", path.get_ref()),
        SysError::Hangs(_) => format!("nothing can be mounted with {}", path.get_ref()),
    };
    Problem::new(
        path.span(),
        what,
        "mount what leads there first, and name folders that exist",
    )
}
