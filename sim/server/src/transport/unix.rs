//! Sockets in the filesystem.

use crate::os_error::reason;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen as start, socket};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// Only the owner may connect.
const SOCKET_MODE: u32 = 0o600;

/// Makes a socket at `path`, in place of whatever file is there, and listens.
/// The error is the line of the log.
pub(super) fn listen(path: &Path, backlog: i32) -> Result<UnixListener, String> {
    let address = UnixAddr::new(path).map_err(|error| match error {
        Errno::ENAMETOOLONG => format!("UNIX socket path '{}' is too long", path.display()),
        other => refused(path, other.into()),
    })?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(format!(
            "Failed to unlink socket {}: {}",
            path.display(),
            reason(&error)
        )),
        _ => bind_and_listen(&address, backlog).map_err(|error| refused(path, error)),
    }
}

fn refused(path: &Path, error: io::Error) -> String {
    format!("Failed to bind socket to {}: {}", path.display(), reason(&error))
}

fn bind_and_listen(address: &UnixAddr, backlog: i32) -> io::Result<UnixListener> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    // The mode is set before the file is there, so that nobody can be quicker.
    let file = File::from(socket(AddressFamily::Unix, SockType::Stream, flags, None)?);
    file.set_permissions(Permissions::from_mode(SOCKET_MODE))?;
    let socket = OwnedFd::from(file);
    bind(socket.as_raw_fd(), address)?;
    start(&socket, Backlog::new(backlog)?)?;
    Ok(UnixListener::from(socket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_socket_is_its_owner_s_and_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        fs::write(&path, b"an old file").unwrap();
        for _ in 0..2 {
            let listener = listen(&path, 1).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            UnixStream::connect(&path).unwrap();
            drop(listener);
        }
    }

    #[test]
    fn what_stands_in_the_way_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let long = folder.path().join("x".repeat(108));
        for (path, expected) in [
            (
                folder.path().to_owned(),
                format!("Failed to unlink socket {root}: Is a directory"),
            ),
            (
                folder.path().join("no/socket"),
                format!("Failed to bind socket to {root}/no/socket: No such file or directory"),
            ),
            (
                long.clone(),
                format!("UNIX socket path '{}' is too long", long.display()),
            ),
        ] {
            assert_eq!(listen(&path, 1).unwrap_err(), expected);
        }
    }
}
