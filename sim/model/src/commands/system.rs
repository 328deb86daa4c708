//! Commands about the machine as a whole: its system, clock, load and users.

use crate::args::Args;
use crate::commands::power::check_child_as;
use crate::commands::stop::Stop;
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::os_release;
use crate::state::State;
use qga_fixtures::schema::ErrorName;
use std::collections::BTreeMap;

/// The clock is told in microseconds.
const CLOCK_STEP: i128 = 1000;
const NANOSECONDS: i128 = 1_000_000_000;
/// 1 January 2070: what is later the agent does not set.
const TOO_LATE: i128 = 3_155_760_000 * NANOSECONDS;

/// Where the system describes itself, in the order they are tried.
const OS_RELEASE: [&[u8]; 2] = [b"/etc/os-release", b"/usr/lib/os-release"];
/// Members of the reply, and the keys they are read from.
const OS_MEMBERS: [(&str, &str); 7] = [
    ("id", "ID"),
    ("name", "NAME"),
    ("pretty-name", "PRETTY_NAME"),
    ("version", "VERSION"),
    ("version-id", "VERSION_ID"),
    ("variant", "VARIANT"),
    ("variant-id", "VARIANT_ID"),
];

pub(crate) fn get_time(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let now = state.guest.clock.now(state.now);
    Ok(Value::Int((now - now.rem_euclid(CLOCK_STEP)) as i64))
}

pub(crate) fn set_time(state: &mut State, args: &Args) -> Result<Value, Stop> {
    match args.optional_int("time").map(i128::from) {
        Some(time) if time >= TOO_LATE || time <= -NANOSECONDS => {
            return Err(CommandError::new(ErrorName::TimeInvalid).into());
        }
        Some(time) => {
            let set = state.guest.clock.set(state.now, time - time % CLOCK_STEP);
            set.map_err(|errno| CommandError::new(ErrorName::TimeNotSet).with("strerror", errno.text()))?;
            run_hwclock(state, b"-w")?;
            state.guest.clock.store(state.now);
        }
        None => {
            run_hwclock(state, b"-s")?;
            state.guest.clock.load(state.now);
        }
    }
    Ok(Dict::new().into())
}

/// Both ways share one text, wrong for one of them.
fn run_hwclock(state: &mut State, flag: &[u8]) -> Result<(), Stop> {
    let child = state.run(&[b"/sbin/hwclock", flag], None);
    Ok(check_child_as(&child, ErrorName::HwclockFailed, "")?)
}

pub(crate) fn get_timezone(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let clock = &state.guest.clock;
    Ok(Dict::new()
        .with("zone", clock.zone.as_str())
        .with("offset", clock.zone_offset)
        .into())
}

pub(crate) fn get_host_name(state: &mut State, _: &Args) -> Result<Value, Stop> {
    Ok(Dict::new()
        .with("host-name", state.guest.about.host_name.as_str())
        .into())
}

pub(crate) fn get_osinfo(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let described = read_os_release(state);
    let about = &state.guest.about;
    let mut info = Dict::new()
        .with("kernel-release", about.kernel_release.as_str())
        .with("kernel-version", about.kernel_version.as_str())
        .with("machine", about.machine.as_str());
    for (member, key) in OS_MEMBERS {
        info = info.with_some(member, described.get(key.as_bytes()).cloned());
    }
    Ok(info.into())
}

/// What the first os-release file that can be read says; nothing if it is broken.
fn read_os_release(state: &mut State) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let chosen = state.config.os_release.clone();
    let paths = chosen.as_deref().into_iter().chain(OS_RELEASE);
    let mut sys = state.guest.fs.calls(&mut state.task);
    let text = paths.map(|path| sys.read_file(path)).find_map(Result::ok);
    text.and_then(|text| os_release::parse(&text)).unwrap_or_default()
}

/// A user with several logins is listed once, with the earliest.
pub(crate) fn get_users(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let mut earliest: Vec<(&str, f64, Option<&str>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for login in &state.guest.logins {
        match places.get(login.user.as_str()) {
            Some(&place) => earliest[place].1 = earliest[place].1.min(login.time),
            None => {
                places.insert(&login.user, earliest.len());
                earliest.push((&login.user, login.time, login.domain.as_deref()));
            }
        }
    }
    let user = |(user, time, domain): (&str, f64, Option<&str>)| {
        Dict::new()
            .with("user", user)
            .with("login-time", time)
            .with_some("domain", domain)
            .into()
    };
    Ok(Value::List(earliest.into_iter().map(user).collect()))
}

pub(crate) fn get_load(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let load = state.guest.load;
    Ok(Dict::new()
        .with("load1m", load.one)
        .with("load5m", load.five)
        .with("load15m", load.fifteen)
        .into())
}
