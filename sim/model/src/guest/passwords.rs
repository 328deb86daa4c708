//! The program that sets passwords, as far as it can be seen: what it writes into
//! `/etc/shadow`, and what it says when it cannot.
//!
//! Nothing is encrypted here: a password given in clear text is kept readable,
//! for whoever wants to see what was set.

use std::time::Duration;

use crate::base64;
use crate::time::Time;

use super::Guest;
use super::accounts::Credentials;
use super::errno::{Errno, SysError};
use super::fs::Syscalls;
use super::fs::task::Descriptors;
use super::program::{Child, Ending};

/// Where passwords are kept.
const SHADOW: &[u8] = b"/etc/shadow";
const SHADOW_MODE: u16 = 0o640;
/// Stands before a password that is kept readable.
const READABLE: &str = "$readable$";
/// Nanoseconds of a day: the file tells on which one a password was changed.
const DAY: i128 = 86_400_000_000_000;
/// What follows the day for a user that the file did not know.
const DEFAULT_TERMS: &[u8] = b"0:99999:7:::";
/// Files such a program has open at a time.
const OPEN_FILES: u32 = 8;

impl Guest {
    /// Runs `chpasswd`, or `chpasswd -e` for a password that is encrypted already.
    ///
    /// # Errors
    /// [`SysError::Hangs`] where it would wait for a thaw; all others it tells itself.
    pub fn chpasswd(
        &mut self,
        who: &Credentials,
        user: &[u8],
        password: &[u8],
        crypted: bool,
        now: Time,
    ) -> Result<Child, SysError> {
        if !who.is_superuser() {
            return Ok(failed("chpasswd: cannot lock /etc/passwd; try again later.\n"));
        }
        let name = String::from_utf8_lossy(user).into_owned();
        if self.accounts.user(&name).is_none() {
            return Ok(unknown_user(&name, crypted));
        }
        if password.is_empty() && !crypted {
            return Ok(no_password(&name));
        }
        let kept = if crypted {
            password.to_vec()
        } else {
            format!("{READABLE}{}", base64::encode(password)).into_bytes()
        };
        let day = self.clock.now(now).div_euclid(DAY);
        let mut task = self.fs.new_task(who.clone(), 0, Descriptors::new(3, OPEN_FILES));
        let written = put_password(&mut self.fs.calls(&mut task), user, &kept, day);
        self.fs.end_task(task);
        match written {
            Ok(()) => Ok(child(0, String::new())),
            Err(SysError::Errno(errno)) => Ok(cannot_write(errno)),
            Err(hangs) => Err(hangs),
        }
    }
}

/// Writes the file anew with the user's line changed or added.
fn put_password(sys: &mut Syscalls<'_>, user: &[u8], kept: &[u8], day: i128) -> Result<(), SysError> {
    let text = match sys.read_file(SHADOW) {
        Err(SysError::Errno(Errno::ENOENT)) => Vec::new(),
        text => text?,
    };
    let mut found = false;
    let mut out = Vec::with_capacity(text.len() + kept.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.splitn(4, |byte| *byte == b':').collect();
        if let [name, _, _, terms] = fields[..]
            && name == user
            && !found
        {
            found = true;
            put_line(&mut out, user, kept, day, terms);
        } else {
            out.extend_from_slice(line);
        }
    }
    if !found {
        put_line(&mut out, user, kept, day, DEFAULT_TERMS);
        out.push(b'\n');
    }
    sys.write_file_whole(SHADOW, &out, SHADOW_MODE)
}

fn put_line(out: &mut Vec<u8>, user: &[u8], kept: &[u8], day: i128, terms: &[u8]) {
    out.extend_from_slice(&[user, b":", kept, format!(":{day}:").as_bytes(), terms].concat());
}

fn child(status: u8, output: String) -> Child {
    Child {
        output_open: Duration::ZERO,
        ending: Ending::Exited(status),
        output: output.into_bytes(),
        duration: Duration::ZERO,
    }
}

fn failed(output: &str) -> Child {
    child(1, output.to_owned())
}

fn unknown_user(name: &str, crypted: bool) -> Child {
    if crypted {
        let unknown = format!("chpasswd: line 1: user '{name}' does not exist\n");
        return child(1, unknown + "chpasswd: error detected, changes ignored\n");
    }
    child(
        1,
        refused(name, "User not known to the underlying authentication module"),
    )
}

fn no_password(name: &str) -> Child {
    let asked = "No password has been supplied.\n".repeat(3);
    child(1, asked + &refused(name, "Authentication token manipulation error"))
}

fn refused(name: &str, why: &str) -> String {
    format!(
        "chpasswd: (user {name}) pam_chauthtok() failed, error:\n{why}\nchpasswd: (line 1, user {name}) password not changed\n"
    )
}

fn cannot_write(errno: Errno) -> Child {
    child(1, format!("chpasswd: cannot open /etc/shadow: {errno}\n"))
}
