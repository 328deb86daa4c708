//! A serial port, a virtio port or a pty: a file that bytes come from and go to.

use nix::libc::{O_NOCTTY, O_NONBLOCK};
use nix::sys::termios::{self, BaudRate, SetArg};
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncWrite, join};
use tokio::net::unix::pipe;

/// An open device, not yet watched.
#[derive(Debug)]
pub(crate) struct Device {
    file: File,
}

impl Device {
    /// Opens a virtio port, or whatever stands in for one.
    pub(super) fn open_virtio(path: &Path) -> io::Result<Device> {
        let mut options = File::options();
        let file = options
            .read(true)
            .write(true)
            .custom_flags(O_NONBLOCK | O_NOCTTY)
            .open(path)?;
        Ok(Device { file })
    }

    /// Opens a serial port and sets it to carry bytes as they are.
    pub(super) fn open_isa(path: &Path) -> io::Result<Device> {
        let device = Device::open_virtio(path)?;
        let mut settings = termios::tcgetattr(&device.file)?;
        termios::cfmakeraw(&mut settings);
        termios::cfsetspeed(&mut settings, BaudRate::B38400)?;
        termios::tcsetattr(&device.file, SetArg::TCSANOW, &settings)?;
        Ok(device)
    }

    /// Begins to watch it, inside a runtime.
    pub(crate) fn watch(self) -> io::Result<impl AsyncRead + AsyncWrite + Unpin> {
        // The two ends of a pipe do for any file that can be waited for.
        let reader = pipe::Receiver::from_file_unchecked(self.file.try_clone()?)?;
        Ok(join(reader, pipe::Sender::from_file_unchecked(self.file)?))
    }
}
