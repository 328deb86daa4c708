//! A file with a line of JSON for each request and each event, in the order they
//! came, for whoever tests a client that runs elsewhere.

use qga_model::Event;
use qga_model::event::{ShutdownMode, SuspendMode};
use qga_model::journal::Asked;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The open file.
#[derive(Debug)]
pub(crate) struct Record {
    file: File,
}

impl Record {
    /// Begins a file anew.
    pub(crate) fn create(path: &Path) -> io::Result<Record> {
        Ok(Record {
            file: File::create(path)?,
        })
    }

    /// Adds a request.
    pub(crate) fn request(&self, asked: &Asked) {
        let arguments = asked.arguments.as_deref().unwrap_or("null");
        self.line(&format!(
            "{{\"request\": {}, \"arguments\": {arguments}}}\n",
            string(&asked.command)
        ));
    }

    /// Adds an event.
    pub(crate) fn event(&self, event: &Event) {
        let (name, member) = match event {
            Event::Shutdown(mode) => ("shutdown", format!("\"mode\": \"{}\"", shutdown(*mode))),
            Event::Suspended(mode) => ("suspended", format!("\"mode\": \"{}\"", suspend(*mode))),
            Event::Frozen(count) => ("frozen", format!("\"count\": {count}")),
            Event::Thawed(count) => ("thawed", format!("\"count\": {count}")),
            Event::ThawedByTimer(count) => ("thawed-by-timer", format!("\"count\": {count}")),
            Event::Died(why) => ("died", format!("\"why\": {}", string(why))),
        };
        self.line(&format!("{{\"event\": \"{name}\", {member}}}\n"));
    }

    /// A file that cannot be written to is no reason to stop serving.
    fn line(&self, line: &str) {
        let _ = (&self.file).write_all(line.as_bytes());
    }
}

fn shutdown(mode: ShutdownMode) -> &'static str {
    match mode {
        ShutdownMode::Halt => "halt",
        ShutdownMode::Powerdown => "powerdown",
        ShutdownMode::Reboot => "reboot",
    }
}

fn suspend(mode: SuspendMode) -> &'static str {
    match mode {
        SuspendMode::Disk => "disk",
        SuspendMode::Ram => "ram",
        SuspendMode::Hybrid => "hybrid",
    }
}

/// A JSON string.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\0'..=' ' if letter != ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_events_are_lines_of_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let record = Record::create(&path).unwrap();
        let asked = |command: &str, arguments: Option<&str>| Asked {
            command: command.to_owned(),
            arguments: arguments.map(str::to_owned),
            replies_before: 0,
        };
        record.request(&asked("guest-ping", Some("{}")));
        record.request(&asked("a\"\\\n\u{e9}", None));
        record.event(&Event::Shutdown(ShutdownMode::Halt));
        record.event(&Event::Frozen(2));
        record.event(&Event::Died("of \"it\""));
        let expected = "{\"request\": \"guest-ping\", \"arguments\": {}}\n\
            {\"request\": \"a\\\"\\\\\\u000a\u{e9}\", \"arguments\": null}\n\
            {\"event\": \"shutdown\", \"mode\": \"halt\"}\n\
            {\"event\": \"frozen\", \"count\": 2}\n\
            {\"event\": \"died\", \"why\": \"of \\\"it\\\"\"}\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }
}
