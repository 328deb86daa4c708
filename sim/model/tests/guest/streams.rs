//! Files through stdio and handles, as the agent uses them.

use super::machine;
use proptest::prelude::*;
use qga_model::guest::Guest;
use qga_model::guest::errno::Errno::*;
use qga_model::guest::errno::{SysError, Wait};
use qga_model::guest::fs::io::Whence;
use qga_model::guest::fs::task::Task;
use qga_model::guest::handles::{Cause, CloseError, Handle, HandleError, Handles, Step, Switching};
use qga_model::guest::stdio::{OpenError, Opening, Stream};

const DEVICES: &str = r#"
[[folder]]
path = "/d"
[[file]]
path = "/digits"
content = "0123456789"
[[device]]
path = "/dev/null"
kind = "null"
[[device]]
path = "/dev/zero"
kind = "zero"
[[device]]
path = "/dev/full"
kind = "full"
[[fifo]]
path = "/fifo"
[[fifo]]
path = "/fed"
writer = true
content = "12345"
[[link]]
path = "/dangling"
target = "/d/missing"
"#;

/// A machine on which files are opened, with handles numbered from 1.
struct Desk {
    guest: Guest,
    agent: Task,
    handles: Handles,
    next: i64,
}

impl Desk {
    fn new() -> Desk {
        let (guest, agent) = machine(DEVICES);
        Desk {
            guest,
            agent,
            handles: Handles::default(),
            next: 1,
        }
    }

    fn try_open(&mut self, path: &str, mode: &str, way: Opening) -> Result<Stream, OpenError> {
        Stream::open(
            &mut self.guest.fs.calls(&mut self.agent),
            path.as_bytes(),
            mode.as_bytes(),
            way,
        )
    }

    fn open_for(&mut self, path: &str, mode: &str, way: Opening, switching: Switching) -> i64 {
        let stream = self
            .try_open(path, mode, way)
            .unwrap_or_else(|error| panic!("{path} {mode}: {error:?}"));
        let number = self.next;
        self.next += 1;
        self.handles.insert(number, Handle::new(stream, switching));
        number
    }

    fn open(&mut self, path: &str, mode: &str) -> i64 {
        self.open_for(path, mode, Opening::Listed, Switching::Flushed)
    }

    fn with<T>(
        &mut self,
        number: i64,
        work: impl FnOnce(&mut Handle, &mut qga_model::guest::fs::Syscalls<'_>) -> T,
    ) -> T {
        let handle = self.handles.find(number).expect("it is open");
        work(handle, &mut self.guest.fs.calls(&mut self.agent))
    }

    /// The bytes read, and whether the end was hit.
    fn read(&mut self, number: i64, count: usize) -> Result<(String, bool), HandleError> {
        self.with(number, |it, sys| it.read(sys, count))
            .map(|it| (String::from_utf8_lossy(&it.bytes).into_owned(), it.eof))
    }

    fn write(&mut self, number: i64, bytes: &[u8]) -> Result<usize, HandleError> {
        self.with(number, |it, sys| {
            it.before_write(sys)?;
            it.write(sys, bytes)
        })
    }

    fn seek(&mut self, number: i64, offset: i64, whence: Whence) -> Result<u64, HandleError> {
        self.with(number, |it, sys| it.seek(sys, offset, whence))
    }

    fn flush(&mut self, number: i64) -> Result<(), HandleError> {
        self.with(number, |it, sys| it.flush(sys))
    }

    fn close(&mut self, number: i64) -> Result<(), CloseError> {
        self.handles.close(&mut self.guest.fs.calls(&mut self.agent), number)
    }

    /// What another program sees in a file.
    fn cat(&mut self, path: &str) -> Vec<u8> {
        self.guest
            .fs
            .calls(&mut self.agent)
            .read_file(path.as_bytes())
            .expect("it is there")
    }

    fn put(&mut self, path: &str, bytes: &[u8]) {
        self.guest
            .fs
            .calls(&mut self.agent)
            .write_file_whole(path.as_bytes(), bytes, 0o644)
            .expect("it fits");
    }
}

fn text(bytes: &str, eof: bool) -> Result<(String, bool), HandleError> {
    Ok((bytes.to_owned(), eof))
}

fn failed<T>(step: Step, cause: Cause) -> Result<T, HandleError> {
    Err(HandleError { step, cause })
}

#[test]
fn the_end_is_told_only_by_a_read_that_hits_it() {
    let mut desk = Desk::new();
    let file = desk.open("/digits", "r");
    assert_eq!(desk.read(file, 10), text("0123456789", false));
    assert_eq!(desk.read(file, 0), text("", false));
    assert_eq!(desk.read(file, 1), text("", true));
    assert_eq!(desk.read(file, 0), text("", false));
    assert_eq!(desk.seek(file, -2, Whence::End), Ok(8));
    assert_eq!(desk.read(file, 5), text("89", true));
}

#[test]
fn what_is_added_after_the_end_is_read_later() {
    let mut desk = Desk::new();
    let reader = desk.open("/digits", "r");
    let writer = desk.open("/digits", "a");
    assert_eq!(desk.read(reader, 99), text("0123456789", true));
    assert_eq!(desk.write(writer, b"more"), Ok(4));
    assert_eq!(desk.read(reader, 99), text("", true));
    assert_eq!(desk.flush(writer), Ok(()));
    assert_eq!(desk.read(reader, 99), text("more", true));
}

#[test]
fn bytes_read_ahead_stay_readable_until_the_buffer_is_left() {
    let mut desk = Desk::new();
    let file = desk.open("/digits", "r");
    assert_eq!(desk.read(file, 2), text("01", false));
    desk.put("/digits", b"abcdefghij");
    assert_eq!(desk.read(file, 2), text("23", false));
    // A seek within the buffer keeps it; a flush does not.
    assert_eq!(desk.flush(file), Ok(()));
    assert_eq!(desk.read(file, 2), text("ef", false));
}

#[test]
fn the_buffer_is_written_in_blocks() {
    for (writes, visible) in [
        (&[5000][..], 4096),
        (&[4095], 0),
        (&[4096], 4096),
        (&[10, 5000], 4096),
        (&[10, 4086], 0),
        (&[10, 4086, 1], 4096),
        (&[10, 9000], 8192),
        (&[3000, 3000, 3000], 8192),
    ] {
        let mut desk = Desk::new();
        let file = desk.open("/new", "w");
        for &count in writes {
            assert_eq!(desk.write(file, &vec![b'x'; count]), Ok(count));
        }
        assert_eq!(desk.cat("/new").len(), visible, "{writes:?}");
        assert_eq!(desk.close(file), Ok(()));
        assert_eq!(desk.cat("/new").len(), writes.iter().sum::<usize>(), "{writes:?}");
    }
}

#[test]
fn reading_and_writing_take_turns() {
    let mut desk = Desk::new();
    let file = desk.open("/digits", "r+");
    assert_eq!(desk.read(file, 3), text("012", false));
    assert_eq!(desk.write(file, b"XY"), Ok(2));
    assert_eq!(desk.read(file, 3), text("567", false));
    assert_eq!(desk.seek(file, 0, Whence::Current), Ok(8));
    assert_eq!(desk.cat("/digits"), b"012XY56789");
}

/// Without a seek or a flush in between, C says nothing of what happens. This is
/// what glibc does.
#[test]
fn raw_turns_may_lose_bytes() {
    let mut desk = Desk::new();
    let file = desk.open_for("/new", "w+", Opening::Fopen, Switching::Raw);
    assert_eq!(desk.read(file, 4096), text("", true));
    assert_eq!(desk.write(file, b"lost"), Ok(4));
    assert_eq!(desk.read(file, 4096), text("", true));
    assert_eq!(desk.flush(file), Ok(()));
    assert_eq!(desk.cat("/new"), b"");

    let file = desk.open_for("/digits", "r+", Opening::Fopen, Switching::Raw);
    assert_eq!(desk.read(file, 3), text("012", false));
    assert_eq!(desk.write(file, b"XY"), Ok(2));
    assert_eq!(desk.read(file, 3), text("567", false));
}

#[test]
fn appending_reads_from_the_beginning_and_writes_at_the_end() {
    let mut desk = Desk::new();
    let file = desk.open("/digits", "a+");
    assert_eq!(desk.read(file, 2), text("01", false));
    assert_eq!(desk.write(file, b"XY"), Ok(2));
    assert_eq!(desk.read(file, 2), text("", true));
    assert_eq!(desk.seek(file, 0, Whence::Current), Ok(12));
    assert_eq!(desk.cat("/digits"), b"0123456789XY");
}

#[test]
fn the_two_ways_to_open_differ() {
    let mut desk = Desk::new();
    for (way, at, mode, dangling) in [
        (Opening::Listed, 0, 0o666, Some(OpenError::Sys(ENOENT.into()))),
        (Opening::Fopen, 10, 0o644, None),
    ] {
        let file = desk.open_for("/digits", "a", way, Switching::Flushed);
        assert_eq!(desk.seek(file, 0, Whence::Current), Ok(at));
        let path = format!("/new-{at}");
        desk.open_for(&path, "w", way, Switching::Flushed);
        let stat = desk.guest.fs.calls(&mut desk.agent).stat(path.as_bytes());
        assert_eq!(stat.map(|it| it.mode), Ok(mode));
        assert_eq!(desk.try_open("/dangling", "w", way).err(), dangling);
    }
    assert_eq!(
        desk.try_open("/digits", "rt", Opening::Listed).err(),
        Some(OpenError::Mode)
    );
    assert!(desk.try_open("/digits", "rt", Opening::Fopen).is_ok());
    let einval = OpenError::Sys(EINVAL.into());
    assert_eq!(desk.try_open("/digits", "x", Opening::Fopen).err(), Some(einval));
    let waits = OpenError::Sys(SysError::Hangs(Wait::OtherEnd));
    assert_eq!(desk.try_open("/fifo", "r", Opening::Fopen).err(), Some(waits));
    assert!(desk.try_open("/fifo", "r", Opening::Listed).is_ok());
}

#[test]
fn a_handle_works_in_its_direction_only() {
    let mut desk = Desk::new();
    let file = desk.open("/digits", "r");
    assert_eq!(desk.write(file, b"x"), failed(Step::Write, Cause::Errno(EBADF)));
    assert_eq!(desk.read(file, 2), text("01", false));
    let file = desk.open("/new", "w");
    assert_eq!(desk.read(file, 2), failed(Step::Read, Cause::Errno(EBADF)));
    assert_eq!(desk.write(file, b"x"), Ok(1));
    let folder = desk.open("/d", "r");
    assert_eq!(desk.read(folder, 2), failed(Step::Read, Cause::Errno(EISDIR)));
}

#[test]
fn a_seek_that_fails_leaves_the_position() {
    let mut desk = Desk::new();
    let file = desk.open("/digits", "r");
    assert_eq!(desk.read(file, 4), text("0123", false));
    for (offset, whence) in [(-5, Whence::Current), (-11, Whence::End), (-1, Whence::Set)] {
        assert_eq!(
            desk.seek(file, offset, whence),
            failed(Step::Seek, Cause::Errno(EINVAL))
        );
    }
    assert_eq!(desk.seek(file, 0, Whence::Current), Ok(4));
    assert_eq!(desk.seek(file, 1 << 40, Whence::Set), Ok(1 << 40));
    assert_eq!(desk.read(file, 4), text("", true));
}

#[test]
fn a_full_device_is_noticed_late_and_remembered() {
    let mut desk = Desk::new();
    let no_space = Cause::Errno(ENOSPC);
    let file = desk.open("/dev/full", "w");
    assert_eq!(desk.write(file, b"abc"), Ok(3));
    assert_eq!(desk.flush(file), failed(Step::Flush, no_space));
    // The flush left its mark on the stream; the write itself did not fail.
    assert_eq!(desk.write(file, b"abc"), failed(Step::Write, Cause::Earlier));
    assert_eq!(desk.close(file), Err(CloseError::Failed(no_space)));

    let file = desk.open("/dev/full", "w");
    assert_eq!(desk.write(file, &[b'x'; 10_000]), failed(Step::Write, no_space));
    assert_eq!(desk.flush(file), Ok(()));
    assert_eq!(desk.close(file), Ok(()));
}

#[test]
fn a_handle_whose_close_failed_is_stale() {
    let mut desk = Desk::new();
    let file = desk.open("/dev/full", "w+");
    assert_eq!(desk.write(file, b"abc"), Ok(3));
    assert_eq!(desk.close(file), Err(CloseError::Failed(Cause::Errno(ENOSPC))));
    assert_eq!(desk.read(file, 1), failed(Step::Flush, Cause::Errno(EBADF)));
    assert_eq!(desk.write(file, b"x"), failed(Step::Write, Cause::Errno(EBADF)));
    assert_eq!(desk.flush(file), failed(Step::Flush, Cause::Errno(EBADF)));
    assert_eq!(desk.close(file), Err(CloseError::Stale));
    assert_eq!(desk.close(99), Err(CloseError::Unknown));
}

#[test]
fn devices_give_zeros_or_nothing() {
    let mut desk = Desk::new();
    let zero = desk.open("/dev/zero", "r");
    assert_eq!(desk.read(zero, 3), text("\0\0\0", false));
    assert_eq!(desk.read(zero, 5000).map(|it| it.0.len()), Ok(5000));
    // A device has no position to refuse; stdio takes -1 for a failure of its own.
    assert_eq!(desk.seek(zero, -1, Whence::Set), failed(Step::Seek, Cause::Earlier));
    assert_eq!(desk.seek(zero, -2, Whence::Set), Ok(4094));
    let null = desk.open("/dev/null", "r+");
    assert_eq!(desk.read(null, 3), text("", true));
    assert_eq!(desk.write(null, &[b'x'; 9000]), Ok(9000));
    assert_eq!(desk.seek(null, 7, Whence::Set), Ok(0));
}

#[test]
fn fifos_do_not_wait() {
    let mut desk = Desk::new();
    let again = Cause::Errno(EAGAIN);
    let reader = desk.open("/fifo", "r");
    assert_eq!(desk.read(reader, 5), text("", true));
    let writer = desk.open("/fifo", "w");
    assert_eq!(desk.read(reader, 5), failed(Step::Read, again));
    assert_eq!(desk.write(writer, b"data"), Ok(4));
    assert_eq!(desk.flush(writer), Ok(()));
    assert_eq!(desk.read(reader, 4), text("data", false));
    assert_eq!(
        desk.seek(reader, 0, Whence::Current),
        failed(Step::Seek, Cause::Errno(ESPIPE))
    );
    assert_eq!(desk.close(writer), Ok(()));
    assert_eq!(desk.read(reader, 4), text("", true));
}

#[test]
fn a_read_that_ends_in_failure_loses_what_it_took() {
    let mut desk = Desk::new();
    let fed = desk.open("/fed", "r");
    assert_eq!(desk.read(fed, 2), text("12", false));
    assert_eq!(desk.read(fed, 10), failed(Step::Read, Cause::Errno(EAGAIN)));
    assert_eq!(desk.read(fed, 3), failed(Step::Read, Cause::Errno(EAGAIN)));
}

/// What one does with a file.
#[derive(Clone, Debug)]
enum Act {
    Read(usize),
    Write(Vec<u8>),
    Seek(i64, Whence),
    Flush,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let whence = prop_oneof![Just(Whence::Set), Just(Whence::Current), Just(Whence::End)];
    let act = prop_oneof![
        (0..10_000usize).prop_map(Act::Read),
        (0..6u8, 0..10_000usize).prop_map(|(byte, count)| Act::Write(vec![b'a' + byte; count])),
        (-12_000..12_000i64, whence).prop_map(|(offset, whence)| Act::Seek(offset, whence)),
        Just(Act::Flush),
    ];
    proptest::collection::vec(act, 1..25)
}

/// A file as one would think it: bytes and a position.
#[derive(Default)]
struct Row {
    bytes: Vec<u8>,
    at: usize,
}

impl Row {
    fn read(&mut self, count: usize) -> (Vec<u8>, bool) {
        let from = self.at.min(self.bytes.len());
        let to = (from + count).min(self.bytes.len());
        self.at += to - from;
        (self.bytes[from..to].to_vec(), to - from < count)
    }

    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = self.at + bytes.len();
        self.bytes.resize(self.bytes.len().max(end), 0);
        self.bytes[self.at..end].copy_from_slice(bytes);
        self.at = end;
    }

    fn seek(&mut self, offset: i64, whence: Whence) -> Option<u64> {
        let base = match whence {
            Whence::Set => 0,
            Whence::Current => self.at,
            Whence::End => self.bytes.len(),
        };
        self.at = usize::try_from(base as i64 + offset).ok()?;
        Some(self.at as u64)
    }
}

impl Desk {
    /// Does one thing to a handle and to its row, which must agree.
    fn act(&mut self, number: i64, row: &mut Row, act: Act) -> Result<(), TestCaseError> {
        match act {
            Act::Read(count) => {
                let read = self
                    .with(number, |it, sys| it.read(sys, count))
                    .expect("it is readable");
                prop_assert_eq!((read.bytes, read.eof), row.read(count));
            }
            Act::Write(bytes) => {
                prop_assert_eq!(self.write(number, &bytes), Ok(bytes.len()));
                row.write(&bytes);
            }
            Act::Seek(offset, whence) => {
                prop_assert_eq!(self.seek(number, offset, whence).ok(), row.seek(offset, whence))
            }
            Act::Flush => prop_assert_eq!(self.flush(number), Ok(())),
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn alone_with_its_file_a_handle_is_a_row_of_bytes(acts in acts()) {
        let mut desk = Desk::new();
        let mut row = Row::default();
        let file = desk.open("/new", "w+");
        for act in acts {
            desk.act(file, &mut row, act)?;
        }
        prop_assert_eq!(desk.close(file), Ok(()));
        prop_assert_eq!(desk.cat("/new"), row.bytes);
    }

    #[test]
    fn two_handles_that_flush_share_one_row(turns in proptest::collection::vec((any::<bool>(), acts()), 1..6)) {
        let mut desk = Desk::new();
        let mut row = Row::default();
        let files = [desk.open("/new", "w+"), desk.open("/new", "r+")];
        let mut positions = [0, 0];
        for (second, acts) in turns {
            let who = usize::from(second);
            row.at = positions[who];
            for act in acts {
                desk.act(files[who], &mut row, act)?;
            }
            positions[who] = row.at;
            // A flush writes what waits and forgets what was read ahead.
            prop_assert_eq!(desk.flush(files[who]), Ok(()));
            prop_assert_eq!(&desk.cat("/new"), &row.bytes);
        }
    }
}
