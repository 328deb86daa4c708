//! What the shell does when a signal comes.

use super::{Shell, Stop};
use crate::guest::process::signal::{self, Action};
use crate::guest::process::sys::Sys;
use crate::guest::tools::text;

impl Shell {
    /// Takes the signals that have come.
    pub(super) fn take_signals(&mut self, sys: &mut Sys<'_>) {
        self.caught.extend(sys.take_caught());
    }

    /// Begins what is to be done for a signal, if one has come.
    pub(super) fn run_trap(&mut self) -> bool {
        if !self.memo.is_empty() || self.current.is_some() {
            // It is in the middle of something.
            return false;
        }
        let Some(signal) = self.caught.pop_front() else {
            return false;
        };
        let Some(action) = self.traps.get(&signal).filter(|it| !it.is_empty()).cloned() else {
            return true;
        };
        let mut call = self.call_from_here();
        // It comes between operations: back to the one that is next.
        call.at -= 1;
        call.status = Some(self.status);
        // Too deep, it is not run.
        if self.call(call).is_ok() {
            self.run_text(action);
        }
        true
    }

    /// `trap`.
    pub(super) fn trap(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = words.strip_prefix(&[b"--".to_vec()][..]).unwrap_or(words);
        let Some((action, signals)) = words.split_first() else {
            self.list_traps();
            return Ok(0);
        };
        let (action, signals) = match signals {
            [] => (None, words),
            _ if action == b"-" => (None, signals),
            _ => (Some(action.clone()), signals),
        };
        for name in signals {
            let Some(signal) = trap_number(name) else {
                self.out.write_to(2, text!["trap: ", name, ": bad trap\n"]);
                return Ok(1);
            };
            self.set_trap(sys, signal, action.clone());
        }
        Ok(0)
    }

    fn set_trap(&mut self, sys: &mut Sys<'_>, signal: u8, action: Option<Vec<u8>>) {
        if self.ignored.contains(&signal) {
            return;
        }
        if signal != 0 {
            let does = action
                .as_ref()
                .map(|it| if it.is_empty() { Action::Ignore } else { Action::Catch });
            sys.set_action(signal, does);
        }
        match action {
            Some(action) => self.traps.insert(signal, action),
            None => self.traps.remove(&signal),
        };
    }

    fn list_traps(&mut self) {
        let line = |(signal, action): (&u8, &Vec<u8>)| {
            let name = signal::name(*signal).unwrap_or("EXIT");
            text!["trap -- '", action, "' ", name, "\n"]
        };
        let lines: Vec<Vec<u8>> = self.traps.iter().map(line).collect();
        self.out.write_to(1, lines.concat());
    }
}

fn trap_number(name: &[u8]) -> Option<u8> {
    if name == b"EXIT" { Some(0) } else { signal::number(name) }
}
