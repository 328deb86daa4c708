//! cd, umask, kill and wait.

use super::{Shell, Stop, Sys, WRONG, fail, fatal, text};
use crate::guest::process::Pid;
use crate::guest::process::signal;
use crate::guest::process::sys::Reaped;
use crate::guest::program::Wait;
use crate::guest::shell::status_of;
use crate::guest::tools::kill_words;
use crate::guest::tools::options::number;

impl Shell {
    pub(super) fn cd(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = words.strip_prefix(&[b"--".to_vec()][..]).unwrap_or(words);
        let before = self.variables.get(b"PWD").unwrap_or_default().to_vec();
        let (target, prints) = match words.first().map(Vec::as_slice) {
            None => (self.variables.get(b"HOME").unwrap_or_default().to_vec(), false),
            Some(b"-") => (self.variables.get(b"OLDPWD").unwrap_or_default().to_vec(), true),
            Some(path) => (path.to_vec(), false),
        };
        if target.is_empty() {
            return Ok(0);
        }
        if sys.calls(|sys| sys.chdir(&target)).is_err() {
            return fail(text!["cd: can't cd to ", target], WRONG);
        }
        let folder = normal_path(&before, &target);
        if prints {
            self.print(&text![folder, "\n"])?;
        }
        self.set_variable(b"OLDPWD", before)?;
        self.set_variable(b"PWD", folder)?;
        self.variables.export(b"OLDPWD");
        self.variables.export(b"PWD");
        Ok(0)
    }

    pub(super) fn umask(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let Some(word) = words.first() else {
            return self.print(format!("{:04o}\n", sys.umask()).as_bytes());
        };
        let text = std::str::from_utf8(word).unwrap_or_default();
        match u16::from_str_radix(text, 8) {
            Ok(umask) if umask <= 0o777 => {
                sys.set_umask(umask);
                Ok(0)
            }
            _ => fatal(text!["umask: Illegal number: ", word]),
        }
    }

    pub(super) fn kill(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        if words.first().is_some_and(|it| it == b"-l") {
            let names: String = (1..=31).filter_map(signal::name).map(|it| format!("{it}\n")).collect();
            return self.print(names.as_bytes());
        }
        let read = kill_words(words);
        let (signal, targets) = read.map_err(|why| Stop::Fail(text!["kill: ", why], WRONG))?;
        if targets.is_empty() {
            let usage = "Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]";
            return fail(text!["kill: ", usage], WRONG);
        }
        let mut status = 0;
        for target in targets {
            let Some(pid) = number(target).and_then(|it| u32::try_from(it).ok()) else {
                return fail(text!["kill: Illegal number: ", target], WRONG);
            };
            if let Err(errno) = sys.kill(Pid(pid), signal) {
                status = 1;
                self.complain(&text!["kill: ", errno.text(), "\n"]);
            }
        }
        Ok(status)
    }

    /// `wait`: for all children, or for these.
    pub(super) fn wait_builtin(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let running: Vec<Pid> = self
            .children
            .iter()
            .filter(|(_, it)| it.is_none())
            .map(|(pid, _)| *pid)
            .collect();
        for pid in running {
            match sys.reap(pid) {
                Reaped::Running => {}
                Reaped::Ended(ending) => {
                    let before = self.status;
                    if words.is_empty() {
                        self.status = status_of(ending);
                    } else {
                        self.take_ending(ending);
                    }
                    self.children
                        .insert(pid, Some(std::mem::replace(&mut self.status, before)));
                }
                Reaped::Unknown => drop(self.children.remove(&pid)),
            }
        }
        let mut status = 0;
        let asked: Vec<Option<Pid>> = match words {
            [] => self.children.keys().copied().map(Some).collect(),
            _ => words
                .iter()
                .map(|it| number(it).and_then(|it| u32::try_from(it).ok()).map(Pid))
                .collect(),
        };
        for pid in asked {
            status = match pid.and_then(|it| self.children.get(&it)) {
                None => 127,
                // A signal that came meanwhile ends the wait.
                Some(None) => match self.caught.front() {
                    Some(signal) => return Ok(signal.wrapping_add(128)),
                    None => return Err(Stop::Wait(Wait::Child)),
                },
                Some(Some(status)) => *status,
            };
        }
        if words.is_empty() {
            self.children.clear();
            status = 0;
        }
        Ok(status)
    }
}

/// A path made of where one is and where one goes, without `.` and `..`.
fn normal_path(from: &[u8], to: &[u8]) -> Vec<u8> {
    let whole = if to.starts_with(b"/") {
        to.to_vec()
    } else {
        text![from, "/", to]
    };
    let mut names: Vec<&[u8]> = Vec::new();
    for name in whole.split(|it| *it == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    text!["/", names.join(&b'/')]
}
