//! The system calls of a process.
//!
//! Calls on paths go to the filesystems as they are ([`Sys::calls`]). Calls on
//! descriptors are made here, since what is open is shared between processes, and
//! since these calls wait where the agent's would give up.

use std::collections::BTreeSet;

use super::files::{FileId, OpenFile};
use super::job::KEPT_BYTES_MAX;
use super::signal::{self, Action, SIGPIPE};
use super::{BYTES_PER_TURN, Pid, Process, State};
use crate::guest::Guest;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::Syscalls;
use crate::guest::fs::inode::{InodeId, Kind, Node};
use crate::guest::fs::io::{Stat, Whence};
use crate::guest::fs::open::OpenFlags;
use crate::guest::fs::task::Fd;
use crate::guest::program::{Ending, Fault, Program, Wait, load};
use crate::time::Time;

/// Descriptors of a process.
const DESCRIPTORS_MAX: u32 = 1024;

/// Bytes of one argument or variable of a new program.
const WORD_BYTES_MAX: usize = 128 * 1024 - 1;

/// Bytes of all arguments and variables of a new program.
const WORDS_BYTES_MAX: usize = 2 << 20;

/// What making a process costs, as so many bytes.
const FORK_BYTES: usize = 16 * 1024;

/// Programs that are scripts of scripts.
const INTERPRETERS_MAX: usize = 5;

/// The system calls of a process.
#[derive(Debug)]
pub(crate) struct Sys<'a> {
    pub(crate) guest: &'a mut Guest,
    pid: Pid,
}

/// A fifo that is open at this end only.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    path: Vec<u8>,
    fd: Fd,
    pipe: InodeId,
    /// How often somebody had opened the other end before.
    arrivals: u64,
}

/// What asking for a child tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaped {
    /// It runs.
    Running,
    /// It has ended, and is gone now.
    Ended(Ending),
    /// There is no such child.
    Unknown,
}

impl<'a> Sys<'a> {
    pub(super) fn new(guest: &'a mut Guest, pid: Pid) -> Sys<'a> {
        Sys { guest, pid }
    }

    fn process(&self) -> &Process {
        self.guest.processes.get(self.pid)
    }

    fn process_mut(&mut self) -> &mut Process {
        self.guest.processes.get_mut(self.pid)
    }

    /// Makes system calls on the filesystems, by paths.
    pub(crate) fn calls<R>(&mut self, calls: impl FnOnce(&mut Syscalls<'_>) -> R) -> R {
        let Guest { fs, processes, .. } = &mut *self.guest;
        let process = processes
            .table
            .get_mut(&self.pid)
            .expect("a process makes its own calls");
        std::mem::swap(&mut process.task.files, &mut processes.files.descriptions);
        let result = calls(&mut fs.calls(&mut process.task));
        std::mem::swap(&mut process.task.files, &mut processes.files.descriptions);
        result
    }

    /// Counts work that goes through so many bytes.
    pub(crate) fn charge(&mut self, bytes: usize) {
        let turns = u32::try_from(bytes / BYTES_PER_TURN).unwrap_or(u32::MAX);
        self.guest.processes.charge(self.pid, turns);
    }

    /// Its own number.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// The number of its parent; 1 if that is the agent or has ended.
    pub(crate) fn parent(&self) -> Pid {
        self.process().parent.unwrap_or(Pid(1))
    }

    /// As whom it runs.
    pub(crate) fn uid(&self) -> u32 {
        self.process().task.credentials.uid
    }

    /// Its main group and its further groups.
    pub(crate) fn gids(&self) -> Vec<u32> {
        let who = &self.process().task.credentials;
        let further = who.groups.iter().copied().filter(|it| *it != who.gid);
        std::iter::once(who.gid).chain(further).collect()
    }

    pub(crate) fn umask(&self) -> u16 {
        self.process().task.umask
    }

    pub(crate) fn set_umask(&mut self, umask: u16) {
        self.process_mut().task.umask = umask & 0o777;
    }

    /// The time since the machine started.
    pub(crate) fn now(&self) -> Time {
        self.guest.processes.clock
    }

    /// The environment it was started with.
    pub(crate) fn environment(&self) -> &[Vec<u8>] {
        &self.process().environment
    }

    /// Whether it finds tools whatever the machine's files are.
    pub(crate) fn finds_all_tools(&self) -> bool {
        self.process().finds_all_tools
    }

    /// The path of its working folder.
    pub(crate) fn working_folder(&self) -> Vec<u8> {
        self.guest.fs.path_of(self.process().task.folder)
    }
}

// ---- descriptors ---------------------------------------------------------------

impl Sys<'_> {
    fn file(&mut self, descriptor: u32) -> Result<(FileId, OpenFile), Errno> {
        let id = *self.process().files.get(&descriptor).ok_or(Errno::EBADF)?;
        let file = self.guest.processes.files.get_mut(id).cloned();
        file.map(|it| (id, it)).ok_or(Errno::EBADF)
    }

    fn lowest_free(&self) -> Result<u32, Errno> {
        let files = &self.process().files;
        (0..DESCRIPTORS_MAX)
            .find(|it| !files.contains_key(it))
            .ok_or(Errno::EMFILE)
    }

    /// A new open file under this descriptor, instead of what was there.
    pub(super) fn install(&mut self, descriptor: u32, file: OpenFile) {
        let id = self.guest.processes.files.add(file);
        self.put(descriptor, id);
    }

    fn put(&mut self, descriptor: u32, id: FileId) {
        self.close(descriptor);
        self.process_mut().files.insert(descriptor, id);
    }

    /// dup2(): what `from` stands for, `to` stands for too.
    pub(crate) fn duplicate_to(&mut self, from: u32, to: u32) -> Option<u32> {
        let id = *self.process().files.get(&from)?;
        if from != to {
            self.guest.processes.files.share(id);
            self.put(to, id);
        }
        Some(to)
    }

    /// dup(), to a number of at least `least` that stays private.
    pub(crate) fn duplicate_for_keeping(&mut self, from: u32, least: u32) -> Result<u32, Errno> {
        let files = &self.process().files;
        let free = (least..DESCRIPTORS_MAX)
            .find(|it| !files.contains_key(it))
            .ok_or(Errno::EMFILE)?;
        let kept = self.duplicate_to(from, free).ok_or(Errno::EBADF)?;
        self.process_mut().private.insert(kept);
        Ok(kept)
    }

    /// Nothing to read, under this descriptor.
    pub(crate) fn open_nothing(&mut self) -> Result<u32, Errno> {
        let descriptor = self.lowest_free()?;
        self.install(descriptor, OpenFile::Null);
        Ok(descriptor)
    }

    /// A text to read, under this descriptor.
    ///
    /// # Errors
    /// ENOMEM if too much is kept already.
    pub(crate) fn give_text(&mut self, descriptor: u32, text: &[u8]) -> Result<(), Errno> {
        let kept = &mut self.guest.processes.kept_bytes;
        *kept = kept
            .checked_add(text.len())
            .filter(|it| *it <= KEPT_BYTES_MAX)
            .ok_or(Errno::ENOMEM)?;
        self.install(descriptor, OpenFile::Input(text.into(), 0));
        Ok(())
    }

    /// Whether something is open under this descriptor.
    pub(crate) fn is_open(&self, descriptor: u32) -> bool {
        self.process().files.contains_key(&descriptor)
    }

    /// Closes a descriptor; whether it was open.
    pub(crate) fn close(&mut self, descriptor: u32) -> bool {
        let process = self.process_mut();
        process.private.remove(&descriptor);
        let Some(id) = process.files.remove(&descriptor) else {
            return false;
        };
        match self.guest.processes.files.release(id) {
            Some(OpenFile::Description(fd)) => self.close_description(fd),
            Some(OpenFile::Output(job, channel)) => self.guest.processes.close_output(job, channel),
            Some(OpenFile::Input(bytes, _)) => self.guest.processes.kept_bytes -= bytes.len(),
            Some(OpenFile::Null) | None => {}
        }
        true
    }

    fn close_description(&mut self, fd: Fd) {
        let pipe = self.pipe_of(fd);
        // It is open, so that closing it cannot fail.
        let _ = self.calls(|sys| sys.close(fd));
        if let Some(pipe) = pipe {
            self.guest.processes.stir(pipe);
        }
    }

    /// The pipe that a description leads to.
    fn pipe_of(&mut self, fd: Fd) -> Option<InodeId> {
        let stat = self.calls(|sys| sys.fstat(fd)).ok()?;
        (stat.kind == Kind::Fifo).then_some(stat.inode)
    }

    /// Waits for a pipe that did not do it now.
    fn wait_for_pipe(&mut self, fd: Fd) -> Fault {
        self.pipe_of(fd)
            .map_or(Fault::Errno(Errno::EAGAIN), |it| Fault::Wait(Wait::Pipe(it)))
    }

    fn stir(&mut self, fd: Fd) {
        if let Some(pipe) = self.pipe_of(fd) {
            self.guest.processes.stir(pipe);
        }
    }

    /// Appends at most `max` bytes to `into`; 0 at the end.
    pub(crate) fn read(&mut self, descriptor: u32, max: usize, into: &mut Vec<u8>) -> Result<usize, Fault> {
        let count = self.read_some(descriptor, max, into)?;
        self.charge(count);
        Ok(count)
    }

    fn read_some(&mut self, descriptor: u32, max: usize, into: &mut Vec<u8>) -> Result<usize, Fault> {
        let (id, file) = self.file(descriptor)?;
        match file {
            OpenFile::Null => Ok(0),
            OpenFile::Output(..) => Err(Errno::EBADF.into()),
            OpenFile::Input(bytes, at) => {
                let rest = &bytes[at..];
                let read = &rest[..rest.len().min(max)];
                into.extend_from_slice(read);
                if let Some(OpenFile::Input(_, at)) = self.guest.processes.files.get_mut(id) {
                    *at += read.len();
                }
                Ok(read.len())
            }
            OpenFile::Description(fd) => match self.calls(|sys| sys.read(fd, max, into)) {
                Err(Errno::EAGAIN) => Err(self.wait_for_pipe(fd)),
                Err(errno) => Err(errno.into()),
                Ok(count) => {
                    self.stir(fd);
                    Ok(count)
                }
            },
        }
    }

    /// Writes some of the bytes, and says how many. A pipe that nobody reads ends
    /// the process, unless it does not care.
    pub(crate) fn write(&mut self, descriptor: u32, bytes: &[u8]) -> Result<usize, Fault> {
        let (_, file) = self.file(descriptor)?;
        let written = match file {
            OpenFile::Null => Ok(bytes.len()),
            OpenFile::Input(..) => Err(Errno::EBADF.into()),
            OpenFile::Output(job, channel) => self
                .guest
                .processes
                .write_output(job, channel, bytes)
                .map_err(SysError::Errno),
            OpenFile::Description(fd) => {
                let written = self.calls(|sys| sys.write(fd, bytes));
                if written == Err(Errno::EAGAIN.into()) {
                    return Err(self.wait_for_pipe(fd));
                }
                self.stir(fd);
                written
            }
        };
        match written {
            Err(SysError::Errno(Errno::EPIPE)) => Err(self.broken_pipe()),
            Err(error) => Err(error.into()),
            Ok(count) => {
                self.charge(count);
                Ok(count)
            }
        }
    }

    fn broken_pipe(&mut self) -> Fault {
        if self.process().actions.get(&SIGPIPE) == Some(&Action::Ignore) {
            return Fault::Errno(Errno::EPIPE);
        }
        self.guest.processes.post(self.pid, SIGPIPE);
        Fault::Wait(Wait::Signal)
    }

    /// Moves the position of a file.
    pub(crate) fn seek(&mut self, descriptor: u32, offset: i64, whence: Whence) -> Result<u64, Errno> {
        match self.file(descriptor)? {
            (_, OpenFile::Description(fd)) => self.calls(|sys| sys.lseek(fd, offset, whence)),
            (_, OpenFile::Null) => Ok(0),
            _ => Err(Errno::ESPIPE),
        }
    }

    /// Cuts a file, or lengthens it with a hole.
    pub(crate) fn truncate(&mut self, descriptor: u32, len: u64) -> Result<(), Fault> {
        match self.file(descriptor)? {
            (_, OpenFile::Description(fd)) => Ok(self.calls(|sys| sys.ftruncate(fd, len))?),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    /// What an open file is; none for what is on no filesystem.
    pub(crate) fn stat_of(&mut self, descriptor: u32) -> Option<Stat> {
        match self.file(descriptor).ok()? {
            (_, OpenFile::Description(fd)) => self.calls(|sys| sys.fstat(fd)).ok(),
            _ => None,
        }
    }

    /// Makes a pipe: the descriptor to read from, and the one to write to. Both are
    /// private.
    pub(crate) fn pipe(&mut self) -> Result<(u32, u32), Errno> {
        self.guest.processes.files.check_room()?;
        let (read, write) = self.calls(|sys| sys.pipe())?;
        let reader = self.lowest_free()?;
        self.install(reader, OpenFile::Description(read));
        let writer = self.lowest_free()?;
        self.install(writer, OpenFile::Description(write));
        self.process_mut().private.extend([reader, writer]);
        Ok((reader, writer))
    }
}

// ---- opening -------------------------------------------------------------------

impl Sys<'_> {
    /// Opens a file. A fifo waits for its other end.
    pub(crate) fn open(&mut self, path: &[u8], flags: OpenFlags, mode: u16) -> Result<u32, Fault> {
        let descriptor = self.lowest_free()?;
        if let Some(standard) = standard_descriptor(path) {
            return self.duplicate_to(standard, descriptor).ok_or(Errno::ENOENT.into());
        }
        self.guest.processes.files.check_room()?;
        let fd = match self.process_mut().opening.take() {
            Some(opening) if opening.path == path => self.go_on_opening(opening)?,
            Some(opening) => {
                self.close_description(opening.fd);
                self.begin_opening(path, flags, mode)?
            }
            None => self.begin_opening(path, flags, mode)?,
        };
        self.install(descriptor, OpenFile::Description(fd));
        Ok(descriptor)
    }

    fn begin_opening(&mut self, path: &[u8], flags: OpenFlags, mode: u16) -> Result<Fd, Fault> {
        let flags = OpenFlags {
            nonblock: true,
            ..flags
        };
        let fd = match self.calls(|sys| sys.open(path, flags, mode)) {
            Ok(fd) => fd,
            Err(SysError::Errno(Errno::ENXIO)) => return Err(self.wait_for_reader(path)),
            Err(error) => return Err(error.into()),
        };
        let Some(pipe) = self.pipe_of(fd) else { return Ok(fd) };
        self.guest.processes.stir(pipe);
        if flags.write {
            return Ok(fd);
        }
        let arrivals = self.writers_so_far(pipe).unwrap_or(0);
        self.go_on_opening(Opening {
            path: path.to_vec(),
            fd,
            pipe,
            arrivals,
        })
    }

    /// Reading a fifo begins when somebody writes or has come to write since.
    fn go_on_opening(&mut self, opening: Opening) -> Result<Fd, Fault> {
        let Node::Fifo(pipe) = &self.guest.fs.inode(opening.pipe).node else {
            return Ok(opening.fd);
        };
        if pipe.has_writer() || pipe.writers_so_far() > opening.arrivals {
            return Ok(opening.fd);
        }
        let wait = Wait::Pipe(opening.pipe);
        self.process_mut().opening = Some(opening);
        Err(Fault::Wait(wait))
    }

    fn writers_so_far(&self, pipe: InodeId) -> Option<u64> {
        match &self.guest.fs.inode(pipe).node {
            Node::Fifo(pipe) => Some(pipe.writers_so_far()),
            _ => None,
        }
    }

    /// A fifo that nobody reads makes the writer wait; anything else is not there.
    fn wait_for_reader(&mut self, path: &[u8]) -> Fault {
        match self.calls(|sys| sys.stat(path)) {
            Ok(stat) if stat.kind == Kind::Fifo => Fault::Wait(Wait::Pipe(stat.inode)),
            _ => Fault::Errno(Errno::ENXIO),
        }
    }

    /// Gives up waiting for the other end of a fifo.
    pub(crate) fn abandon_opening(&mut self) {
        if let Some(opening) = self.process_mut().opening.take() {
            self.close_description(opening.fd);
        }
    }
}

/// The descriptor that a path such as `/dev/stdin` stands for.
fn standard_descriptor(path: &[u8]) -> Option<u32> {
    match path {
        b"/dev/stdin" => Some(0),
        b"/dev/stdout" => Some(1),
        b"/dev/stderr" => Some(2),
        _ => {
            let number = path
                .strip_prefix(b"/dev/fd/")
                .or_else(|| path.strip_prefix(b"/proc/self/fd/"))?;
            std::str::from_utf8(number).ok()?.parse().ok()
        }
    }
}

// ---- processes -----------------------------------------------------------------

impl Sys<'_> {
    /// Starts a child that runs this, with everything that is open here. What the
    /// first of each pair stands for here, the second stands for there.
    pub(crate) fn fork(&mut self, program: Box<dyn Program>, moves: &[(u32, u32)]) -> Result<Pid, Errno> {
        let child = self.fork_without_program()?;
        for (from, to) in moves {
            if let Some(id) = self.process().files.get(from).copied() {
                self.guest.processes.files.share(id);
                Sys::new(self.guest, child).put(*to, id);
            }
        }
        let processes = &mut self.guest.processes;
        processes.get_mut(child).program = Some(program);
        processes.queue(child);
        Ok(child)
    }

    /// Starts a child that becomes the program at this path.
    ///
    /// # Errors
    /// Those of fork(2) and execve(2); there is no child then.
    pub(crate) fn spawn(&mut self, path: &[u8], words: Vec<Vec<u8>>, environment: Vec<Vec<u8>>) -> Result<Pid, Errno> {
        let child = self.fork_without_program()?;
        match Sys::new(self.guest, child).exec(path, words, environment) {
            Ok(()) => {
                self.guest.processes.begin(child);
                Ok(child)
            }
            Err(errno) => {
                self.guest.discard_process(child);
                Err(errno)
            }
        }
    }

    fn fork_without_program(&mut self) -> Result<Pid, Errno> {
        self.charge(FORK_BYTES);
        let child = self.guest.processes.new_pid()?;
        let parent = self.process();
        let (job, files, environment) = (parent.job, parent.files.clone(), parent.environment.clone());
        let (actions, finds_all_tools) = (parent.actions.clone(), parent.finds_all_tools);
        let private = parent.private.clone();
        let task = parent.task.clone();
        let task = self.guest.fork_task(&task);
        let mut process = Process::new(job, Some(self.pid), task);
        process.actions = actions.into_iter().filter(|(_, it)| *it == Action::Ignore).collect();
        process.environment = environment;
        process.finds_all_tools = finds_all_tools;
        process.files = files
            .into_iter()
            .filter(|(descriptor, _)| !private.contains(descriptor))
            .collect();
        process
            .files
            .values()
            .for_each(|id| self.guest.processes.files.share(*id));
        self.guest.processes.table.insert(child, process);
        self.process_mut().children.insert(child);
        self.guest.processes.join_job(job);
        Ok(child)
    }

    /// Becomes the program at this path.
    ///
    /// # Errors
    /// Those of execve(2).
    pub(crate) fn exec(
        &mut self,
        path: &[u8],
        mut words: Vec<Vec<u8>>,
        environment: Vec<Vec<u8>>,
    ) -> Result<(), Errno> {
        let mut path = path.to_vec();
        for _ in 0..INTERPRETERS_MAX {
            match load::look(self, &path)? {
                load::Found::Binary(name) => {
                    check_size(&words, &environment)?;
                    return self.become_program(&name, words, environment);
                }
                load::Found::Script { interpreter, argument } => {
                    let rest = words.into_iter().skip(1);
                    words = [interpreter.clone()]
                        .into_iter()
                        .chain(argument)
                        .chain([path])
                        .chain(rest)
                        .collect();
                    path = interpreter;
                }
            }
        }
        Err(Errno::ELOOP)
    }

    fn become_program(&mut self, name: &[u8], words: Vec<Vec<u8>>, environment: Vec<Vec<u8>>) -> Result<(), Errno> {
        let program = load::make(self.guest, name, words, &environment).ok_or(Errno::ENOEXEC)?;
        self.replace_program(program, environment);
        Ok(())
    }

    /// Becomes a tool, whether the machine has it or not.
    pub(crate) fn become_tool(&mut self, name: &[u8], words: Vec<Vec<u8>>, environment: Vec<Vec<u8>>) -> bool {
        let program = crate::guest::tools::make(name, words, &environment);
        let is_one = program.is_some();
        if let Some(program) = program {
            self.replace_program(program, environment);
        }
        is_one
    }

    /// Starts a child that becomes a tool, whether the machine has it or not.
    pub(crate) fn spawn_tool(
        &mut self,
        name: &[u8],
        words: Vec<Vec<u8>>,
        environment: Vec<Vec<u8>>,
    ) -> Result<Pid, Errno> {
        let child = self.fork_without_program()?;
        if Sys::new(self.guest, child).become_tool(name, words, environment) {
            self.guest.processes.begin(child);
            return Ok(child);
        }
        self.guest.discard_process(child);
        Err(Errno::ENOENT)
    }

    fn replace_program(&mut self, program: Box<dyn Program>, environment: Vec<Vec<u8>>) {
        for descriptor in std::mem::take(&mut self.process_mut().private) {
            self.close(descriptor);
        }
        let process = self.process_mut();
        process.program = Some(program);
        process.environment = environment;
        process.actions.retain(|_, action| *action == Action::Ignore);
    }

    /// What has become of a child.
    pub(crate) fn reap(&mut self, child: Pid) -> Reaped {
        let own = Some(self.pid);
        match self
            .guest
            .processes
            .table
            .get(&child)
            .filter(|it| it.parent == own)
            .map(|it| it.state)
        {
            None => Reaped::Unknown,
            Some(State::Ended(ending)) => {
                self.guest.remove_process(child);
                Reaped::Ended(ending)
            }
            Some(_) => Reaped::Running,
        }
    }

    /// Sends a signal; 0 only asks whether one could.
    pub(crate) fn kill(&mut self, pid: Pid, signal: u8) -> Result<(), Errno> {
        let target = self.guest.processes.table.get(&pid).ok_or(Errno::ESRCH)?;
        let sender = self.uid();
        if sender != 0 && sender != target.task.credentials.uid {
            return Err(Errno::EPERM);
        }
        if signal > 0 {
            self.guest.processes.post(pid, signal);
        }
        Ok(())
    }

    /// Says what it does with a signal.
    pub(crate) fn set_action(&mut self, signal: u8, action: Option<Action>) {
        let actions = &mut self.process_mut().actions;
        match action {
            Some(action) if signal::can_be_cared_for(signal) => {
                actions.insert(signal, action);
            }
            _ => {
                actions.remove(&signal);
            }
        }
    }

    /// The signals it does not care for.
    pub(crate) fn ignored_signals(&self) -> BTreeSet<u8> {
        let ignored = self.process().actions.iter().filter(|(_, it)| **it == Action::Ignore);
        ignored.map(|(signal, _)| *signal).collect()
    }

    /// The signals it catches that have come.
    pub(crate) fn take_caught(&mut self) -> Vec<u8> {
        let process = self.process_mut();
        let caught = |signal: &u8| process.actions.get(signal) == Some(&Action::Catch);
        let taken: Vec<u8> = process.pending.iter().copied().filter(caught).collect();
        process.pending.retain(|it| !taken.contains(it));
        taken
    }
}

fn check_size(words: &[Vec<u8>], environment: &[Vec<u8>]) -> Result<(), Errno> {
    let mut all = 0;
    for word in words.iter().chain(environment) {
        if word.len() > WORD_BYTES_MAX {
            return Err(Errno::E2BIG);
        }
        all += word.len() + 1 + size_of::<u64>();
    }
    if all > WORDS_BYTES_MAX {
        Err(Errno::E2BIG)
    } else {
        Ok(())
    }
}
