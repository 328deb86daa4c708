//! Freezing, thawing and trimming, as a program asks for it: through a folder on
//! the filesystem.

use super::Syscalls;
use super::open::OpenFlags;
use super::task::Fd;
use crate::guest::errno::{Errno, SysError};
use crate::guest::mounts::Filesystem;

/// Why a filesystem was not frozen, thawed or trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoctlError {
    /// Its mount point could not be opened.
    Open(SysError),
    /// It could, and the kernel refused.
    Ioctl(Errno),
}

impl Syscalls<'_> {
    /// FIFREEZE of the filesystem seen at a path.
    ///
    /// # Errors
    /// EOPNOTSUPP if its type cannot be frozen, EBUSY if it is frozen.
    pub fn freeze(&mut self, path: &[u8]) -> Result<(), IoctlError> {
        self.on_filesystem(path, Filesystem::freeze)
    }

    /// FITHAW of the filesystem seen at a path.
    ///
    /// # Errors
    /// EINVAL if it is not frozen.
    pub fn thaw(&mut self, path: &[u8]) -> Result<(), IoctlError> {
        self.on_filesystem(path, Filesystem::thaw)
    }

    /// FITRIM of the filesystem seen at a path: the bytes given back.
    ///
    /// # Errors
    /// EOPNOTSUPP if the device cannot discard, EINVAL if `minimum` is larger than it.
    pub fn trim(&mut self, path: &[u8], minimum: u64) -> Result<u64, IoctlError> {
        self.on_filesystem(path, |it| it.trim(minimum))
    }

    fn on_filesystem<T>(
        &mut self,
        path: &[u8],
        ioctl: impl FnOnce(&mut Filesystem) -> Result<T, Errno>,
    ) -> Result<T, IoctlError> {
        let fd = self.open(path, OpenFlags::READ, 0).map_err(IoctlError::Open)?;
        let result = self.privileged(fd, ioctl);
        self.close(fd).map_err(IoctlError::Ioctl)?;
        result.map_err(IoctlError::Ioctl)
    }

    fn privileged<T>(&mut self, fd: Fd, ioctl: impl FnOnce(&mut Filesystem) -> Result<T, Errno>) -> Result<T, Errno> {
        if !self.task.credentials.is_superuser() {
            return Err(Errno::EPERM);
        }
        let place = self.task.files.get(fd)?.place;
        let filesystem = self.fs.inode(place.inode).filesystem;
        ioctl(self.fs.mounts.filesystem_mut(filesystem))
    }
}
