//! How much fits: blocks, inodes, offsets.

use super::{READ, build, create_flags, errno, machine, write_flags};
use qga_model::guest::errno::Errno::*;
use qga_model::guest::fs::INODES_MAX;
use qga_model::guest::fs::io::Whence;
use qga_model::guest::fs::open::OpenFlags;

/// A filesystem with three free blocks, one of them for the superuser alone.
const SMALL: &str = r#"
[[mount]]
at = "/small"
type = "ext4"
size = "1 MiB"
free = 12_288
reserved = 4096
inodes = 100
free-inodes = 2
[[user]]
name = "user"
uid = 1000
"#;

#[test]
fn a_write_takes_what_fits_and_the_next_one_nothing() {
    let (mut guest, mut agent) = machine(SMALL);
    let mut sys = guest.fs.calls(&mut agent);
    let fd = sys.open(b"/small/f", create_flags(), 0o666).expect("it opens");
    assert_eq!(sys.write(fd, &[b'x'; 20_000]), Ok(12_288));
    assert_eq!(errno(sys.write(fd, b"x")), ENOSPC);
    // What has its block can be written over.
    sys.lseek(fd, 0, Whence::Set).expect("it moves");
    assert_eq!(sys.write(fd, &[b'y'; 100]), Ok(100));
}

#[test]
fn the_reserve_is_the_superusers() {
    let (mut guest, mut agent) = machine(SMALL);
    let mut sys = guest.fs.calls(&mut agent);
    let fd = sys.open(b"/small/f", create_flags(), 0o666).expect("it opens");
    sys.task.credentials.uid = 1000;
    assert_eq!(sys.write(fd, &[b'x'; 20_000]), Ok(8192));
}

#[test]
fn inodes_run_out_too() {
    let (mut guest, mut agent) = machine(SMALL);
    let mut sys = guest.fs.calls(&mut agent);
    assert_eq!(sys.mkdir(b"/small/a", 0o755), Ok(()));
    assert_eq!(sys.symlink(b"a", b"/small/b"), Ok(()));
    assert_eq!(errno(sys.open(b"/small/c", create_flags(), 0o666)), ENOSPC);
    sys.unlink(b"/small/b").expect("it is there");
    assert!(sys.open(b"/small/c", create_flags(), 0o666).is_ok());
}

#[test]
fn space_comes_back_when_the_last_that_holds_a_file_lets_go() {
    let (mut guest, mut agent) = machine(SMALL);
    let free = |guest: &qga_model::guest::Guest| guest.fs.mounts.filesystems()[1].free_bytes();
    assert_eq!(free(&guest), 12_288);
    let mut sys = guest.fs.calls(&mut agent);
    let fd = sys.open(b"/small/f", create_flags(), 0o666).expect("it opens");
    sys.write(fd, &[b'x'; 8192]).expect("it fits");
    sys.unlink(b"/small/f").expect("it is there");
    assert_eq!(free(&guest), 4096);
    guest.fs.calls(&mut agent).close(fd).expect("it is open");
    assert_eq!(free(&guest), 12_288);
}

#[test]
fn holes_cost_nothing_and_read_as_zeros() {
    let (mut guest, mut agent) = machine("[[file]]\npath = \"/sparse\"\ncontent = \"head\"\nsize = \"1 TiB\"\n");
    let used = guest.fs.mounts.filesystems()[0].used_bytes();
    let mut sys = guest.fs.calls(&mut agent);
    let fd = sys
        .open(
            b"/sparse",
            OpenFlags {
                read: true,
                ..write_flags()
            },
            0,
        )
        .expect("it opens");
    assert_eq!(sys.lseek(fd, -2, Whence::End), Ok((1 << 40) - 2));
    assert_eq!(sys.write(fd, b"tail"), Ok(4));
    assert_eq!(sys.lseek(fd, (1 << 40) - 4, Whence::Set), Ok((1 << 40) - 4));
    let mut bytes = Vec::new();
    assert_eq!(sys.read(fd, 100, &mut bytes), Ok(6));
    assert_eq!(bytes, b"\0\0tail");
    assert_eq!(guest.fs.mounts.filesystems()[0].used_bytes() - used, 2 * 4096);
}

#[test]
fn a_file_may_be_only_so_long() {
    let (mut guest, mut agent) = build("[[mount]]\nat = \"/\"\ntype = \"vfat\"\nfile-size-max = 10_000\n");
    let mut sys = guest.fs.calls(&mut agent);
    let fd = sys.open(b"/f", create_flags(), 0o666).expect("it opens");
    assert_eq!(sys.lseek(fd, 9_998, Whence::Set), Ok(9_998));
    assert_eq!(sys.write(fd, b"1234"), Ok(2));
    assert_eq!(errno(sys.write(fd, b"34")), EFBIG);
    assert_eq!(sys.lseek(fd, 10_001, Whence::Set), Err(EINVAL));
    assert_eq!(errno(sys.ftruncate(fd, 10_001)), EFBIG);
    assert_eq!(sys.ftruncate(fd, 5), Ok(()));
    assert_eq!(sys.stat(b"/f").map(|it| it.size), Ok(5));
}

#[test]
fn nothing_on_a_read_only_filesystem_changes() {
    let (mut guest, mut agent) = build(
        "[[mount]]\nat = \"/\"\ntype = \"ext4\"\nread-only = true\n[[file]]\npath = \"/f\"\n[[device]]\npath = \"/null\"\nkind = \"null\"\n",
    );
    let mut sys = guest.fs.calls(&mut agent);
    assert!(sys.open(b"/f", READ, 0).is_ok());
    assert!(sys.open(b"/null", write_flags(), 0).is_ok());
    assert_eq!(errno(sys.open(b"/f", write_flags(), 0)), EROFS);
    assert_eq!(errno(sys.open(b"/new", create_flags(), 0o666)), EROFS);
    assert_eq!(errno(sys.mkdir(b"/new", 0o755)), EROFS);
    assert_eq!(errno(sys.mkdir(b"/f", 0o755)), EEXIST);
    assert_eq!(errno(sys.unlink(b"/f")), EROFS);
    assert_eq!(errno(sys.rename(b"/f", b"/g")), EROFS);
    assert_eq!(errno(sys.chmod(b"/f", 0o600)), EROFS);
}

#[test]
fn memory_is_bounded_whatever_the_disk_claims() {
    let (mut guest, mut agent) = build("[[mount]]\nat = \"/\"\ntype = \"ext4\"\nsize = \"1000 TiB\"\n");
    let mut sys = guest.fs.calls(&mut agent);
    let made = (0..=INODES_MAX).take_while(|it| sys.symlink(b"x", format!("/{it}").as_bytes()).is_ok());
    assert!(made.count() < INODES_MAX);
    assert_eq!(errno(sys.symlink(b"x", b"/last")), ENOSPC);
}

#[test]
fn made_up_files_have_no_length_until_they_are_read() {
    let (mut guest, mut agent) = machine(
        "[[mount]]\nat = \"/proc\"\ntype = \"proc\"\n[[file]]\npath = \"/proc/version\"\ncontent = \"Linux\\n\"\n",
    );
    let mut sys = guest.fs.calls(&mut agent);
    assert_eq!(
        sys.stat(b"/proc/version").map(|it| (it.size, it.io_bytes)),
        Ok((0, 1024))
    );
    assert_eq!(sys.read_file(b"/proc/version").as_deref(), Ok(&b"Linux\n"[..]));
    let fd = sys.open(b"/proc/version", write_flags(), 0).expect("it opens");
    assert_eq!(errno(sys.write(fd, b"x")), EIO);
    assert_eq!(errno(sys.open(b"/proc/new", create_flags(), 0o666)), EACCES);
    assert_eq!(errno(sys.unlink(b"/proc/version")), EPERM);
}
