//! The errors of the guest's kernel, with their numbers and glibc's sentences.

use std::fmt;

/// Declares the errors once: name, number, sentence.
macro_rules! errors {
    ($($name:ident = $number:literal $text:literal,)*) => {
        /// An error number of Linux.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(clippy::upper_case_acronyms, reason = "the names every manual uses")]
        #[allow(missing_docs, reason = "the sentence of each is its documentation")]
        pub enum Errno { $($name = $number,)* }

        impl Errno {
            /// Every error the model knows, by number.
            pub const ALL: &[Errno] = &[$(Errno::$name,)*];

            /// Its name, such as `ENOENT`.
            pub fn name(self) -> &'static str {
                match self { $(Errno::$name => stringify!($name),)* }
            }

            /// The sentence strerror() has for it in the C locale.
            pub fn text(self) -> &'static str {
                match self { $(Errno::$name => $text,)* }
            }
        }
    };
}

errors! {
    EPERM = 1 "Operation not permitted",
    ENOENT = 2 "No such file or directory",
    ESRCH = 3 "No such process",
    EINTR = 4 "Interrupted system call",
    EIO = 5 "Input/output error",
    ENXIO = 6 "No such device or address",
    E2BIG = 7 "Argument list too long",
    ENOEXEC = 8 "Exec format error",
    EBADF = 9 "Bad file descriptor",
    ECHILD = 10 "No child processes",
    EAGAIN = 11 "Resource temporarily unavailable",
    ENOMEM = 12 "Cannot allocate memory",
    EACCES = 13 "Permission denied",
    EBUSY = 16 "Device or resource busy",
    EEXIST = 17 "File exists",
    EXDEV = 18 "Invalid cross-device link",
    ENODEV = 19 "No such device",
    ENOTDIR = 20 "Not a directory",
    EISDIR = 21 "Is a directory",
    EINVAL = 22 "Invalid argument",
    ENFILE = 23 "Too many open files in system",
    EMFILE = 24 "Too many open files",
    ENOTTY = 25 "Inappropriate ioctl for device",
    ETXTBSY = 26 "Text file busy",
    EFBIG = 27 "File too large",
    ENOSPC = 28 "No space left on device",
    ESPIPE = 29 "Illegal seek",
    EROFS = 30 "Read-only file system",
    EMLINK = 31 "Too many links",
    EPIPE = 32 "Broken pipe",
    EDOM = 33 "Numerical argument out of domain",
    ERANGE = 34 "Numerical result out of range",
    ENAMETOOLONG = 36 "File name too long",
    ENOSYS = 38 "Function not implemented",
    ENOTEMPTY = 39 "Directory not empty",
    ELOOP = 40 "Too many levels of symbolic links",
    EOVERFLOW = 75 "Value too large for defined data type",
    EOPNOTSUPP = 95 "Operation not supported",
    ETIMEDOUT = 110 "Connection timed out",
    ECONNREFUSED = 111 "Connection refused",
    ESTALE = 116 "Stale file handle",
    EDQUOT = 122 "Disk quota exceeded",
}

impl Errno {
    /// Its number.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The error of a name, such as `EIO`.
    pub fn find(name: &str) -> Option<Errno> {
        Errno::ALL.iter().copied().find(|it| it.name() == name)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Why a system call did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SysError {
    /// It returned an error.
    Errno(Errno),
    /// It does not return until something else happens. Nothing has changed, so
    /// that the caller may be made to wait and to call again.
    Hangs(Wait),
}

/// What a system call that does not return waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Somebody must thaw the filesystem it writes to.
    Thaw,
    /// Somebody must open the other end of a fifo.
    OtherEnd,
}

impl From<Errno> for SysError {
    fn from(errno: Errno) -> SysError {
        SysError::Errno(errno)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_sentences_belong_together() {
        for (name, number, text) in [
            ("ENOENT", 2, "No such file or directory"),
            ("EAGAIN", 11, "Resource temporarily unavailable"),
            ("EOPNOTSUPP", 95, "Operation not supported"),
        ] {
            let errno = Errno::find(name).expect("a known name");
            assert_eq!((errno.number(), errno.text()), (number, text));
        }
        assert_eq!(Errno::find("ENONSENSE"), None);
    }

    #[test]
    fn numbers_rise() {
        assert!(Errno::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()));
    }
}
