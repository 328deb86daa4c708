//! Filesystems that are frozen, thawed and trimmed.

use super::{READ, create_flags, machine, write_flags};
use qga_model::guest::errno::Errno::*;
use qga_model::guest::errno::{SysError, Wait};
use qga_model::guest::fs::io::Whence;
use qga_model::guest::fs::ioctl::IoctlError;
use qga_model::guest::handles::{Cause, Handle, HandleError, Step, Switching};
use qga_model::guest::stdio::{Opening, Stream};

const MOUNTS: &str = r#"
[[mount]]
at = "/data"
type = "xfs"
discardable = "1 MiB"
[[mount]]
at = "/again"
bind = "/data"
[[mount]]
at = "/memory"
type = "tmpfs"
[[mount]]
at = "/broken"
type = "ext4"
fails = { freeze = "EIO" }
[[mount]]
at = "/stuck"
type = "ext4"
frozen = true
fails = { thaw = "EIO" }
[[mount]]
at = "/gone"
type = "ext4"
fails = { open = "ESTALE" }
[[file]]
path = "/data/file"
content = "content"
"#;

#[test]
fn the_kernel_freezes_once_and_thaws_once() {
    let (mut guest, mut agent) = machine(MOUNTS);
    let mut sys = guest.fs.calls(&mut agent);
    let ioctl = |errno| Err(IoctlError::Ioctl(errno));
    assert_eq!(sys.thaw(b"/data"), ioctl(EINVAL));
    assert_eq!(sys.freeze(b"/data"), Ok(()));
    assert_eq!(sys.freeze(b"/data"), ioctl(EBUSY));
    assert_eq!(sys.freeze(b"/again"), ioctl(EBUSY));
    assert_eq!(sys.thaw(b"/again"), Ok(()));
    assert_eq!(sys.thaw(b"/data"), ioctl(EINVAL));
    assert_eq!(sys.freeze(b"/memory"), ioctl(EOPNOTSUPP));
    assert_eq!(sys.freeze(b"/broken"), ioctl(EIO));
    assert_eq!(sys.freeze(b"/stuck"), ioctl(EBUSY));
    assert_eq!(sys.thaw(b"/stuck"), ioctl(EIO));
    assert_eq!(sys.freeze(b"/gone"), Err(IoctlError::Open(ESTALE.into())));
    assert_eq!(sys.freeze(b"/nowhere"), Err(IoctlError::Open(ENOENT.into())));
    sys.task.credentials.uid = 1000;
    assert_eq!(sys.freeze(b"/data"), ioctl(EPERM));
}

#[test]
fn what_would_change_a_frozen_filesystem_hangs() {
    let (mut guest, mut agent) = machine(MOUNTS);
    let mut sys = guest.fs.calls(&mut agent);
    let open = sys.open(b"/data/file", write_flags(), 0).expect("it opens");
    sys.freeze(b"/data").expect("it can be frozen");
    let hangs = SysError::Hangs(Wait::Thaw);
    assert_eq!(sys.write(open, b"x"), Err(hangs));
    assert_eq!(sys.ftruncate(open, 0), Err(hangs));
    assert_eq!(sys.open(b"/data/new", create_flags(), 0o666), Err(hangs));
    assert_eq!(sys.open(b"/again/file", create_flags(), 0o666), Err(hangs));
    assert_eq!(sys.mkdir(b"/data/new", 0o755), Err(hangs));
    assert_eq!(sys.unlink(b"/data/file"), Err(hangs));
    assert!(sys.open(b"/data/file", READ, 0).is_ok());
    assert!(sys.open(b"/data/file", write_flags(), 0).is_ok());
    assert_eq!(sys.read_file(b"/data/file").as_deref(), Ok(&b"content"[..]));
    assert!(sys.open(b"/memory/new", create_flags(), 0o666).is_ok());
    sys.thaw(b"/data").expect("it is frozen");
    assert_eq!(sys.write(open, b"x"), Ok(1));
}

fn hangs<T>(step: Step) -> Result<T, HandleError> {
    let cause = Cause::Hangs(Wait::Thaw);
    Err(HandleError { step, cause })
}

/// A call that hangs has not happened: after the thaw it does what it would have
/// done before.
#[test]
fn a_hanging_call_can_be_made_again() {
    let (mut guest, mut agent) = machine(MOUNTS);
    let mut sys = guest.fs.calls(&mut agent);
    let stream = Stream::open(&mut sys, b"/data/file", b"r+", Opening::Listed).expect("it opens");
    let mut handle = Handle::new(stream, Switching::Flushed);
    assert_eq!(handle.read(&mut sys, 3).map(|it| it.bytes), Ok(b"con".to_vec()));
    handle.before_write(&mut sys).expect("it can seek");
    assert_eq!(handle.write(&mut sys, b"XY"), Ok(2));
    sys.freeze(b"/data").expect("it can be frozen");
    assert_eq!(handle.flush(&mut sys), hangs(Step::Flush));
    assert_eq!(handle.seek(&mut sys, 0, Whence::Set), hangs(Step::Seek));
    assert_eq!(handle.write(&mut sys, &[b'z'; 5000]), hangs(Step::Write));
    sys.thaw(b"/data").expect("it is frozen");
    assert_eq!(handle.flush(&mut sys), Ok(()));
    assert_eq!(sys.read_file(b"/data/file").as_deref(), Ok(&b"conXYnt"[..]));
}

#[test]
fn a_trim_gives_back_what_can_be_discarded_once() {
    let (mut guest, mut agent) = machine(MOUNTS);
    let mut sys = guest.fs.calls(&mut agent);
    assert_eq!(sys.trim(b"/data", 0), Ok(1 << 20));
    assert_eq!(sys.trim(b"/data", 0), Ok(0));
    assert_eq!(sys.trim(b"/data", 1 << 40), Err(IoctlError::Ioctl(EINVAL)));
    assert_eq!(sys.trim(b"/memory", 0), Err(IoctlError::Ioctl(EOPNOTSUPP)));
}
