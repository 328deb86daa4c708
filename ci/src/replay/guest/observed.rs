//! What was seen of the machine from outside: by whoever sat before QEMU, and by
//! QEMU's own monitor.

use serde_json::Value;

use super::Held;
use super::event::Seen;
use super::machine::Machine;

/// What begins a line by which the guest's shutdown program tells how it was called,
/// and what ends the part that is the agent's doing.
const SHUTDOWN_LINE: (&str, &str) = ("SHUTDOWN argc=", " ;");

/// Holds an observation against the machine.
pub(super) fn seen(machine: &mut Machine, seen: &Seen) -> Held {
    let what = seen.what.as_str();
    if let Some(path) = what.strip_prefix("guest writer completions on ") {
        return writers(machine, path, seen.count.unwrap_or_default());
    }
    match what {
        "EOF on host socket" => same(
            "end of file",
            "seen",
            if machine.is_off() { "seen" } else { "not seen" },
        ),
        "qemu process alive" => alive(machine, seen.value == Some(true)),
        "host client reconnected" => Held::Same,
        _ if what.starts_with("no reply line within ") => silent(machine, &seen.pending),
        _ if what.starts_with("send error ") => {
            same("sending", "fails", if machine.is_off() { "fails" } else { "succeeds" })
        }
        _ => Held::Unseen(format!("this was seen: {what}")),
    }
}

/// Writers on a filesystem stand still while it is frozen.
fn writers(machine: &Machine, path: &str, count: u64) -> Held {
    let word = |frozen| if frozen { "stand still" } else { "write" };
    let Some(agent) = machine.agent() else {
        return same("writers", word(count == 0), "are gone");
    };
    let mounts = &agent.guest().fs.mounts;
    let mount = mounts.find(path.as_bytes()).map(|it| mounts.mount(it));
    let frozen = mount.is_some_and(|it| mounts.filesystem(it.filesystem).frozen);
    same("writers", word(count == 0), word(frozen))
}

/// A process that has just ended may still be seen.
fn alive(machine: &Machine, alive: bool) -> Held {
    match (alive, machine.is_off()) {
        (true, _) | (false, true) => Held::Same,
        (false, false) => Held::Different("QEMU", "ended".to_owned(), "runs".to_owned()),
    }
}

fn silent(machine: &Machine, pending: &str) -> Held {
    same("reply", pending, &String::from_utf8_lossy(machine.said()))
}

/// The shutdown programs that the console told of must be those that the model
/// called; the console may also tell of earlier ones.
pub(super) fn console(machine: &mut Machine, text: &str) -> Held {
    let calls = |text: &str| {
        let (start, end) = SHUTDOWN_LINE;
        let lines = text.lines().filter(|it| it.starts_with(start));
        let part = |line: &str| line.split_once(end).map_or(line, |(part, _)| part).to_owned();
        lines.map(part).collect::<Vec<_>>()
    };
    let (recorded, model) = (calls(text), calls(&machine.console()));
    if !model.is_empty() && recorded.ends_with(&model) || recorded == model {
        return Held::Same;
    }
    Held::Different("shutdown program", recorded.join("\n"), model.join("\n"))
}

/// Holds what QEMU told against what the machine has to tell.
pub(super) fn told(machine: &mut Machine, line: &str) -> Held {
    let event = serde_json::from_str::<Value>(line).ok();
    let name = event.as_ref().and_then(|it| it["event"].as_str()).unwrap_or(line);
    if name == "WAKEUP" {
        let slept = machine.wake();
        return same("sleep", "sleeps", if slept { "sleeps" } else { "is awake" });
    }
    let news = machine.take_news().unwrap_or_default();
    same("event of QEMU", name, &news)
}

/// Holds an answer of QEMU's monitor against the machine.
pub(super) fn monitor(machine: &mut Machine, command: &str, reply: &str) -> Held {
    let reply: Value = serde_json::from_str(reply).unwrap_or_default();
    match command {
        "query-status" => {
            let status = reply["return"]["status"].as_str().unwrap_or_default();
            same("status", status, status_of(machine))
        }
        "system_wakeup" => {
            let was_woken = machine.take_woken() || machine.wake();
            let word = |woken| if woken { "woken" } else { "was awake" };
            machine.take_woken();
            same("wake-up", word(reply.get("return").is_some()), word(was_woken))
        }
        _ => Held::Unseen(format!("the monitor was asked: {command}")),
    }
}

fn status_of(machine: &Machine) -> &'static str {
    match (machine.is_off(), machine.is_asleep()) {
        (true, _) => "shutdown",
        (_, true) => "suspended",
        _ => "running",
    }
}

fn same(what: &'static str, recorded: &str, model: &str) -> Held {
    if recorded == model {
        Held::Same
    } else {
        Held::Different(what, recorded.to_owned(), model.to_owned())
    }
}
