//! The virtual machine around the model: power, the channel, and QEMU's view.

use std::collections::VecDeque;
use std::time::Duration;

use qga_fixtures::schema::Release;
use qga_model::Config;
use qga_model::agent::{Agent, ChannelId};
use qga_model::event::{Event as Happened, ShutdownMode, SuspendMode};
use qga_model::guest::Guest;
use qga_model::guest::program::Child;
use qga_model::time::Time;

use super::event::{Event, Kind};
use crate::replay::state_folder::{SharedDir, on_files};
use crate::text::contains;

/// The machine as an image, but for what its label says.
const IMAGE: &str = include_str!("machine.toml");

/// What machines have that can set passwords.
const PASSWORDS: &str = include_str!("machine-passwords.toml");

/// The second processor, which comes before the first in the agent's list.
const SECOND_PROCESSOR: &str = "\
[[processor]]
number = 1
times = { user = 1, nice = 0, system = 1, idle = 1, iowait = 1, irq = 0, softirq = 1, steal = 0, guest = 0, guest-nice = 0 }
";

/// The freeze hook of the image.
const HOOK: &[u8] = b"/etc/qemu/fsfreeze-hook";

/// The file of the image that stands for the console.
const CONSOLE: &[u8] = b"/run/console";

/// From the agent's shutdown to the machine's power going off.
const POWER_OFF: Duration = Duration::from_millis(900);

/// From a reboot to the next agent.
const BOOT: Duration = Duration::from_secs(3);

/// How much later than recorded a reply may come.
const LATE_MAX: Duration = Duration::from_millis(500);

/// How long shell lines are waited for.
const SHELL_MAX: Duration = Duration::from_secs(60);

/// Releases by the beginnings of machine labels, the longer first.
const LABELS: [(&str, &str); 4] = [("ga1002", "10.0"), ("ga52", "5.2"), ("p10", "10.0"), ("", "7.2")];

/// What a recording says of the agent's version.
const VERSIONS: [&str; 2] = ["\"version\": \"", "Guest agent version "];

/// A machine with its power and its agent, if one runs.
pub(super) struct Machine {
    release: &'static Release,
    /// As it is when it is switched on.
    fresh: Guest,
    state: SharedDir,
    now: Time,
    power: Power,
    /// Sent and not yet taken: the channel keeps it while no agent runs.
    outgoing: VecDeque<u8>,
    /// Said and not yet heard.
    incoming: Vec<u8>,
    /// What QEMU has to tell.
    news: VecDeque<&'static str>,
    /// What its console showed before the power changed last.
    shown: String,
    /// How often its shutdown program had been called before the last request.
    calls: usize,
    /// Something has woken it since the monitor was asked to.
    woken: bool,
}

enum Power {
    On(Box<Agent>),
    /// It goes off, and with it QEMU.
    GoingOff {
        at: Time,
    },
    Off,
    /// It stands still with its power on.
    Halted,
    /// It starts again.
    Booting {
        until: Time,
    },
}

/// The release of the agent in a recording: what it says itself, or else what the
/// machine's label means.
pub(super) fn release_of(label: &str, events: &[Event]) -> &'static str {
    let said = events.iter().find_map(|it| match &it.kind {
        Kind::Reply(bytes) => version_in(&String::from_utf8_lossy(bytes)),
        Kind::Console(text) => version_in(text),
        Kind::Shell { printed, .. } => version_in(printed),
        _ => None,
    });
    let labelled = LABELS.iter().find(|(start, _)| label.starts_with(start));
    said.unwrap_or_else(|| labelled.map_or("7.2", |(_, release)| release))
}

fn version_in(text: &str) -> Option<&'static str> {
    VERSIONS.iter().find_map(|before| {
        let (_, version) = text.split_once(before)?;
        let mut numbers = version.split(|it: char| !it.is_ascii_digit());
        let name = format!("{}.{}", numbers.next()?, numbers.next()?);
        Release::find(&name).map(|it| it.name)
    })
}

/// The image of the machine with a label. Those called `ga` have two processors and
/// cannot set passwords; `sd` can sleep on its disk.
fn image(label: &str, events: &[Event]) -> String {
    let is_plain = label.starts_with("ga");
    let refused = if label.starts_with("sd") { "" } else { "\"disk\"" };
    let clock = first_reading(events).unwrap_or(1_795_333_000);
    let image = IMAGE
        .replace("$REFUSED", refused)
        .replace("$SECONDS", &clock.to_string())
        .replace("$SECOND_PROCESSOR", if is_plain { SECOND_PROCESSOR } else { "" });
    if is_plain { image } else { image + PASSWORDS }
}

/// What the clock said first, in seconds: the machine's clock is set by it.
fn first_reading(events: &[Event]) -> Option<u64> {
    let asks = |it: &Event| matches!(&it.kind, Kind::Request(bytes) if contains(bytes, b"guest-get-time"));
    let reply = events.iter().skip_while(|it| !asks(it)).find_map(|it| match &it.kind {
        Kind::Reply(bytes) => Some(bytes),
        _ => None,
    })?;
    let digits = reply.iter().filter(|it| it.is_ascii_digit());
    let reading: String = digits.map(|it| char::from(*it)).collect();
    Some(reading.parse::<u64>().ok()? / 1_000_000_000)
}

impl Machine {
    /// A machine that was switched on, with its agent.
    pub(super) fn start(release: &str, label: &str, events: &[Event]) -> Result<Machine, String> {
        let release = Release::find(release).ok_or_else(|| format!("release {release} is not known"))?;
        let image = image(label, events);
        let fresh = Guest::from_toml("machine.toml", &image).map_err(|error| error.to_string())?;
        let mut machine = Machine {
            release,
            fresh,
            state: SharedDir::default(),
            now: Time::ZERO,
            power: Power::Off,
            outgoing: VecDeque::new(),
            incoming: Vec::new(),
            news: VecDeque::new(),
            shown: String::new(),
            calls: 0,
            woken: false,
        };
        machine.boot(machine.fresh.clone());
        Ok(machine)
    }

    fn boot(&mut self, guest: Guest) {
        let config = Config {
            hook: Some(HOOK.to_vec()),
            ..Config::new(self.release)
        };
        let agent = Agent::new(config, guest, Box::new(self.state.clone()));
        let agent = agent.expect("the image has all that an agent needs to start");
        self.power = Power::On(Box::new(agent));
    }

    /// The agent is killed, and started again by whoever looks after it.
    pub(super) fn kill_agent(&mut self) {
        self.power = match std::mem::replace(&mut self.power, Power::Off) {
            Power::On(agent) => {
                let (guest, _) = agent.stop();
                self.boot(guest);
                return self.run();
            }
            other => other,
        };
    }

    pub(super) fn agent(&self) -> Option<&Agent> {
        match &self.power {
            Power::On(agent) => Some(agent),
            _ => None,
        }
    }

    /// Lets time pass up to a moment.
    pub(super) fn pass_to(&mut self, moment: Duration) {
        let end = Time(moment).max(self.now);
        while let Some(next) = self.next_change().filter(|it| *it <= end) {
            self.now = self.now.max(next);
            self.run();
        }
        self.now = end;
        self.run();
    }

    fn next_change(&self) -> Option<Time> {
        match &self.power {
            Power::On(agent) => agent.poll_timeout(),
            Power::GoingOff { at } => Some(*at),
            Power::Booting { until } => Some(*until),
            Power::Off | Power::Halted => None,
        }
    }

    /// Lets machine, agent and channel do all they can do now.
    fn run(&mut self) {
        match self.power {
            Power::GoingOff { at } if at <= self.now => self.power = Power::Off,
            Power::Booting { until } if until <= self.now => {
                self.state = SharedDir::default();
                self.boot(self.fresh.clone());
            }
            _ => {}
        }
        while self.serve() {}
    }

    /// Moves bytes both ways; whether there may be more to do.
    fn serve(&mut self) -> bool {
        let Power::On(agent) = &mut self.power else {
            return false;
        };
        agent.handle_timeout(self.now);
        let bytes = self.outgoing.make_contiguous();
        let taken = agent.handle_bytes(ChannelId::FIRST, self.now, bytes);
        self.outgoing.drain(..taken);
        let said = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
        self.incoming.extend_from_slice(&said);
        let happened = agent.poll_event();
        let moved = taken > 0 || !said.is_empty() || happened.is_some();
        if let Some(happened) = happened {
            self.happen(&happened);
        }
        moved
    }

    /// What an event of the agent means to the machine.
    fn happen(&mut self, happened: &Happened) {
        let off = Power::GoingOff {
            at: self.now + POWER_OFF,
        };
        match happened {
            // A program in its place does nothing to the machine.
            Happened::Shutdown(_) if !self.shutdown_was_called() => {}
            Happened::Shutdown(ShutdownMode::Powerdown) => {
                self.news.extend(["SHUTDOWN", "EOF"]);
                self.leave(off);
            }
            Happened::Shutdown(ShutdownMode::Halt) => self.leave(Power::Halted),
            Happened::Shutdown(ShutdownMode::Reboot) => {
                // The kernel resets the machine, and then the firmware.
                self.news.extend(["RESET", "RESET"]);
                let until = self.now + BOOT;
                self.leave(Power::Booting { until });
            }
            Happened::Suspended(SuspendMode::Disk) => {
                self.news.extend(["SUSPEND_DISK", "SHUTDOWN", "EOF"]);
                self.leave(off);
            }
            Happened::Suspended(_) => self.news.push_back("SUSPEND"),
            _ => {}
        }
    }

    /// Whether the image's own shutdown program was called since the last request.
    fn shutdown_was_called(&mut self) -> bool {
        self.calls < self.console().lines().count()
    }

    /// The guest stops running.
    fn leave(&mut self, power: Power) {
        self.shown = self.console();
        self.power = power;
    }

    /// The client sends; what nobody can get is lost.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.calls = self.console().lines().count();
        if !self.is_off() {
            self.outgoing.extend(bytes);
        }
        self.run();
    }

    /// Gives programs that the agent waits for a little more time than they took in
    /// the recorded machine.
    pub(super) fn wait_for_reply(&mut self) {
        let end = self.now + LATE_MAX;
        while self.incoming.is_empty() {
            let Some(next) = self.next_change().filter(|it| *it <= end) else {
                return;
            };
            self.pass_to(next.0);
        }
    }

    /// Said and not yet heard.
    pub(super) fn said(&self) -> &[u8] {
        &self.incoming
    }

    /// The client hears so many bytes of it.
    pub(super) fn hear(&mut self, count: usize) {
        self.incoming.drain(..count);
    }

    /// Whether QEMU is gone or goes.
    pub(super) fn is_off(&self) -> bool {
        matches!(self.power, Power::Off)
    }

    pub(super) fn is_asleep(&self) -> bool {
        self.agent().is_some_and(Agent::is_asleep)
    }

    /// Wakes it from outside; whether it slept.
    pub(super) fn wake(&mut self) -> bool {
        let now = self.now;
        let slept = match &mut self.power {
            Power::On(agent) => agent.wake(now),
            _ => false,
        };
        self.woken = slept;
        self.run();
        slept
    }

    /// Whether it was woken since this was asked last.
    pub(super) fn take_woken(&mut self) -> bool {
        std::mem::take(&mut self.woken)
    }

    /// The next that QEMU has to tell.
    pub(super) fn take_news(&mut self) -> Option<String> {
        self.news.pop_front().map(str::to_owned)
    }

    /// Runs shell lines in the guest; nothing if none runs.
    pub(super) fn shell(&mut self, lines: &str) -> Option<Child> {
        let now = self.now;
        let Power::On(agent) = &mut self.power else {
            return None;
        };
        let child = agent.guest_mut().shell(b"/", lines.as_bytes(), now).ok()?;
        let end = now + child.duration.min(SHELL_MAX);
        self.pass_to(end.0);
        Some(child)
    }

    /// What the guest's console has shown.
    pub(super) fn console(&mut self) -> String {
        let last = match &mut self.power {
            Power::On(agent) => on_files(agent.guest_mut(), |sys| sys.read_file(CONSOLE)).ok(),
            _ => None,
        };
        let last = last.unwrap_or_default();
        format!("{}{}", self.shown, String::from_utf8_lossy(&last))
    }
}
