//! The program from its command line to its exit status.

use crate::command_line::{self, Deviate, Own, Settings, Then};
use crate::fault::Active;
use crate::log;
use crate::serve::{self, Served};
use crate::shared_agent::SharedAgent;
use crate::signals::{self, Signals};
use crate::start::{self, Started};
use crate::{exit, guest};
use qga_fixtures::schema::CommandList;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the program `qga-sim`.
pub fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_else(|| OsString::from("qga-sim"));
    let args: Vec<OsString> = args.collect();
    let environment = |name: &str| std::env::var_os(name);
    let own = match command_line::read_own(&args, &environment) {
        Ok(own) => own,
        Err(mistake) => return usage(&mistake),
    };
    if let Deviate::List = own.deviate {
        print_out(command_line::deviations().as_bytes());
        return exit::code(exit::DONE);
    }
    let outcome = command_line::read(&program, &args, own.release, &environment);
    for note in &outcome.notes {
        let _ = io::stderr().write_all(&log::note(&program, note));
    }
    exit::code(match outcome.then {
        Then::Serve(settings) => run(&own, &settings),
        Then::End { print, status } => {
            print_out(&print);
            status
        }
        Then::ListCommands => list_commands(&own),
    })
}

fn usage(mistake: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "qga-sim: {mistake}");
    exit::code(exit::USAGE)
}

/// A reader that went away is no failure.
fn print_out(bytes: &[u8]) {
    let _ = io::stdout().write_all(bytes);
}

/// The commands in the order they are registered in.
fn list_commands(own: &Own) -> u8 {
    let guest = match guest::load(&own.guest) {
        Ok(guest) => guest,
        Err(mistake) => {
            let _ = writeln!(io::stderr(), "qga-sim: {mistake}");
            return exit::USAGE;
        }
    };
    let mut names: Vec<&str> = own.release.commands(guest.system()).map(|it| it.name).collect();
    if own.release.command_list == CommandList::Alphabetical {
        names.sort_unstable();
    }
    let lines: String = names.iter().flat_map(|name| [name, "\n"]).collect();
    print_out(lines.as_bytes());
    exit::DONE
}

/// Bytes that are allocated and freed once at the start.
const FREED_ONCE_BYTES: usize = 4 << 20;

/// Lets the C library keep some memory that is freed, instead of giving it back to
/// the system after each large request and asking for it anew: it keeps as much
/// as the largest block that it has mapped and that was freed.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(FREED_ONCE_BYTES)));
}

fn run(own: &Own, settings: &Settings) -> u8 {
    keep_freed_memory();
    signals::hold();
    let started = match start::start(own, settings) {
        Ok(started) => started,
        Err(status) => return status,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve_until_told(own, started))) {
        Ok(status) => status,
        Err(error) => {
            let _ = writeln!(io::stderr(), "qga-sim: {error}");
            exit::FAILED
        }
    }
}

async fn serve_until_told(own: &Own, started: Started) -> io::Result<u8> {
    let mut signals = Signals::watch()?;
    let agent = Arc::new(SharedAgent::new(started.agent, started.record));
    let log = Arc::new(started.log);
    let time = Arc::clone(&agent);
    tokio::spawn(async move { time.keep_time().await });
    let served = Served {
        agent: Arc::clone(&agent),
        log: Arc::clone(&log),
        faults: Arc::new(Active::start(own.faults.clone())),
        output_kept_max: serve::output_kept_max(own.clients),
    };
    let serving = tokio::spawn(serve::serve(served, started.transport, own.clients));
    let status = tokio::select! {
        () = signals.end(own.release, &agent, &log) => exit::DONE,
        served = serving => {
            served.map_err(io::Error::other)??;
            died(&agent)
        }
    };
    if let Some(pid_file) = started.pid_file {
        pid_file.remove();
    }
    Ok(status)
}

fn died(agent: &SharedAgent) -> u8 {
    let why = agent.death().unwrap_or("its channel was closed");
    let _ = writeln!(io::stderr(), "qga-sim: the agent died: {why}");
    exit::AGENT_DIED
}
