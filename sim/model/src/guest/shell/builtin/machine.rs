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
            Some(b"-") => (self.variables.get(b"OLDPWD").unwrap_or(&before).to_vec(), true),
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
        if word == b"-S" {
            return self.print(&text![letters(sys.umask()), "\n"]);
        }
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
            return self.list_signals(&words[1..]);
        }
        let is_named = words.first().is_some_and(|it| it == b"-s");
        let (signal, targets) = kill_words(words).map_err(|name| match (is_named, name.first()) {
            (false, Some(letter)) => Stop::Fatal(text!["kill: Illegal option -", [*letter]], WRONG),
            _ => Stop::Fail(text!["kill: invalid signal number or name: ", name], WRONG),
        })?;
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

    /// `kill -l`: all signals, or the one of a number or of a status.
    fn list_signals(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let Some(word) = words.first() else {
            let names: Vec<String> = (0..=SIGNAL_MAX).map(|it| format!("{}\n", listed(it))).collect();
            return self.print(names.concat().as_bytes());
        };
        let Some(wanted) = number(word) else {
            return fatal(text!["kill: Illegal number: ", word]);
        };
        let wanted = if wanted > 128 { wanted - 128 } else { wanted };
        match u8::try_from(wanted).ok().filter(|it| (1..=SIGNAL_MAX).contains(it)) {
            Some(signal) => self.print(format!("{}\n", listed(signal)).as_bytes()),
            None => fail(text!["kill: invalid signal number or exit status: ", word], WRONG),
        }
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
        let mut asked: Vec<Pid> = self.children.keys().copied().collect();
        if !words.is_empty() {
            asked = words.iter().map(|it| awaited(it)).collect::<Result<_, _>>()?;
        }
        for pid in asked {
            status = match self.children.get(&pid) {
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

/// The last signal there is.
const SIGNAL_MAX: u8 = 64;

/// The first signal of the real-time ones, and that in their middle.
const RTMIN: u8 = 34;
const RTMIDDLE: u8 = 49;

/// A signal's name, as this shell lists it.
fn listed(signal: u8) -> String {
    match signal {
        RTMIN => "RTMIN".to_owned(),
        SIGNAL_MAX => "RTMAX".to_owned(),
        35..=RTMIDDLE => format!("RTMIN+{}", signal - RTMIN),
        50..SIGNAL_MAX => format!("RTMAX-{}", SIGNAL_MAX - signal),
        // This shell has no name for it.
        16 => "16".to_owned(),
        _ => signal::name(signal).map_or_else(|| signal.to_string(), str::to_owned),
    }
}

/// The process that a word means.
fn awaited(word: &[u8]) -> Result<Pid, Stop> {
    match (number(word).and_then(|it| u32::try_from(it).ok()), word) {
        (Some(pid), _) => Ok(Pid(pid)),
        (None, [b'-', letter, ..]) => fail(text!["wait: Illegal option -", [*letter]], WRONG),
        (None, _) => fail(text!["wait: Illegal number: ", word], WRONG),
    }
}

/// What a mask leaves allowed, in letters.
fn letters(umask: u16) -> String {
    let of = |who: char, shift: u16| {
        let allowed = !umask >> shift & 7;
        let letter = |bit: u16, letter: &'static str| if allowed & bit != 0 { letter } else { "" };
        format!("{who}={}{}{}", letter(4, "r"), letter(2, "w"), letter(1, "x"))
    };
    [of('u', 6), of('g', 3), of('o', 0)].join(",")
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
