//! The model alone, in process: no socket, no other process.

use std::time::Duration;

use anyhow::{Result, bail};
use nix::time::{ClockId, clock_gettime};
use qga_fixtures::schema::Release;
use qga_model::agent::{Agent, ChannelId};
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Config, Time};

use super::table::{self, Row};
use super::work::{Goal, Unit};

const RELEASE: &str = "10.0";
const REQUESTS_A_ROUND: usize = 50_000;
/// Both beyond what a cache holds, so that memory counts alike.
const SMALL_BYTES: usize = 8 << 20;
const LARGE_BYTES: usize = 32 << 20;

/// One measurement of the model.
pub(super) struct Inside {
    pub(super) name: &'static str,
    unit: Unit,
    goal: Goal,
    round: fn() -> Result<f64>,
}

/// All of them.
pub(super) fn all() -> [Inside; 4] {
    [
        Inside {
            name: "small requests in process",
            unit: Unit::Rate,
            goal: Goal::AtLeast(300_000.0),
            round: small_requests,
        },
        linear("32 MiB to 8 MiB, a byte a piece", growth::<1>),
        linear("32 MiB to 8 MiB, 4 KiB a piece", growth::<4096>),
        linear("32 MiB to 8 MiB, in one piece", growth::<LARGE_BYTES>),
    ]
}

/// Four times the bytes may take four times the time, and a quarter more for noise.
fn linear(name: &'static str, round: fn() -> Result<f64>) -> Inside {
    Inside {
        name,
        unit: Unit::Times,
        goal: Goal::AtMost(5.0),
        round,
    }
}

/// The median of some rounds.
pub(super) fn measure(work: &Inside, rounds: u32) -> Result<Row> {
    let samples = (0..rounds).map(|_| (work.round)()).collect::<Result<Vec<_>>>()?;
    Ok(Row::new(
        work.name,
        work.unit,
        &[work.goal],
        [None, table::median(samples), None],
    ))
}

fn agent() -> Result<Agent> {
    let Some(release) = Release::find(RELEASE) else {
        bail!("there is no release {RELEASE}")
    };
    let store = Box::new(MemoryStateDir::new());
    match Agent::new(Config::new(release), Guest::default(), store) {
        Ok(agent) => Ok(agent),
        Err(why) => bail!("the model does not start: {why:?}"),
    }
}

/// The CPU time of this process: what others do meanwhile does not count.
fn cpu() -> Result<Duration> {
    Ok(Duration::from(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?))
}

fn small_requests() -> Result<f64> {
    let mut agent = agent()?;
    let request = b"{\"execute\":\"guest-ping\",\"id\":1}\n";
    let mut replied = 0;
    let begin = cpu()?;
    for _ in 0..REQUESTS_A_ROUND {
        agent.handle_bytes(ChannelId::FIRST, Time::ZERO, request);
        replied += agent.poll_transmit(ChannelId::FIRST).map_or(0, |it| it.len());
    }
    let time = cpu()? - begin;
    if replied != REQUESTS_A_ROUND * b"{\"return\": {}, \"id\": 1}\n".len() {
        bail!("the model did not answer as it should");
    }
    Ok(REQUESTS_A_ROUND as f64 / time.as_secs_f64())
}

/// How many times longer the large request takes than the small one.
fn growth<const PIECE_BYTES: usize>() -> Result<f64> {
    let small = one_request(SMALL_BYTES, PIECE_BYTES)?;
    let large = one_request(LARGE_BYTES, PIECE_BYTES)?;
    Ok(large.as_secs_f64() / small.as_secs_f64())
}

fn one_request(bytes: usize, piece: usize) -> Result<Duration> {
    let mut agent = agent()?;
    let request = format!("{{\"execute\":\"guest-ping\",\"id\":\"{}\"}}\n", "i".repeat(bytes)).into_bytes();
    let mut replied = 0;
    let begin = cpu()?;
    for piece in request.chunks(piece) {
        agent.handle_bytes(ChannelId::FIRST, Time::ZERO, piece);
        replied += agent.poll_transmit(ChannelId::FIRST).map_or(0, |it| it.len());
    }
    let time = cpu()? - begin;
    if replied < bytes {
        bail!("the model did not answer a request of {bytes} bytes");
    }
    Ok(time)
}
