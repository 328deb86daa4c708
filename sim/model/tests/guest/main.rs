//! The simulated machine's files, seen as a program on it sees them.

mod freezing;
mod images;
mod paths;
mod space;
mod streams;

use qga_model::guest::Guest;
use qga_model::guest::errno::{Errno, SysError};
use qga_model::guest::fs::open::OpenFlags;
use qga_model::guest::fs::task::Task;

/// A machine with a root filesystem and what `more` adds, and its agent.
fn machine(more: &str) -> (Guest, Task) {
    let root = "[[mount]]\nat = \"/\"\ndevice = \"/dev/vda1\"\ntype = \"ext4\"\nsize = \"1 GiB\"\n";
    build(&format!("{root}{more}"))
}

fn build(text: &str) -> (Guest, Task) {
    let mut guest = Guest::from_toml("test.toml", text).unwrap_or_else(|error| panic!("{error}"));
    let agent = guest.start_agent().expect("the agent starts");
    (guest, agent)
}

/// What a call that must fail fails with.
fn errno<T: std::fmt::Debug>(result: Result<T, SysError>) -> Errno {
    match result {
        Err(SysError::Errno(errno)) => errno,
        other => panic!("{other:?} is no errno"),
    }
}

const READ: OpenFlags = OpenFlags::READ;

fn write_flags() -> OpenFlags {
    OpenFlags {
        write: true,
        nonblock: true,
        ..OpenFlags::default()
    }
}

fn create_flags() -> OpenFlags {
    OpenFlags {
        create: true,
        ..write_flags()
    }
}
