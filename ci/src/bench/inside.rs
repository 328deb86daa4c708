//! The model alone, in process: no socket, no other process.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::time::{ClockId, clock_gettime};
use qga_engine::fuzz::generate::few_tokens;
use qga_fixtures::guests::GUESTS;
use qga_fixtures::schema::Release;
use qga_model::agent::{Agent, ChannelId};
use qga_model::guest::Guest;
use qga_model::session::{Frame, Session};
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Config, Time};

use super::table::{self, Row};
use super::work::{Goal, Unit};

const RELEASE: &str = "10.0";
const REQUESTS_A_ROUND: usize = 50_000;
const CASES_A_ROUND: u64 = 200_000;
const SEED: u64 = 1;
const STARTS_A_ROUND: u32 = 20;
const LARGE_BYTES: usize = 8 << 20;
const SMALL_BYTES: usize = LARGE_BYTES / 4;
/// Bytes that are allocated and freed once, so that the C library keeps as much
/// and both sizes find memory that is there already.
const KEPT_BYTES: usize = 30 << 20;
/// What the image `large` says of each kind of thing it has many of.
const MANY: &str = "count = 4000";
/// Four times as many.
const MORE: &str = "count = 16000";

/// One measurement of the model.
pub(super) struct Inside {
    pub(super) name: &'static str,
    unit: Unit,
    goal: Goal,
    round: fn() -> Result<f64>,
}

/// All of them.
pub(super) fn all() -> [Inside; 7] {
    [
        Inside {
            name: "wire parser, any cut",
            unit: Unit::Cases,
            goal: Goal::AtLeast(500_000.0),
            round: cut_tokens,
        },
        Inside {
            name: "small requests in process",
            unit: Unit::Rate,
            goal: Goal::AtLeast(300_000.0),
            round: small_requests,
        },
        Inside {
            name: "guest built and started",
            unit: Unit::Micros,
            goal: Goal::AtMost(1_000.0),
            round: start_of_guest,
        },
        linear("8 MiB to 2 MiB, a byte a piece", growth::<1>),
        linear("8 MiB to 2 MiB, 4 KiB a piece", growth::<4096>),
        linear("8 MiB to 2 MiB, in one piece", growth::<LARGE_BYTES>),
        linear("16000 interfaces to 4000", growth_of_reply),
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
    agent_in(Guest::default())
}

fn agent_in(guest: Guest) -> Result<Agent> {
    let release = release()?;
    let store = Box::new(MemoryStateDir::new());
    match Agent::new(Config::new(release), guest, store) {
        Ok(agent) => Ok(agent),
        Err(why) => bail!("the model does not start: {why:?}"),
    }
}

fn release() -> Result<&'static Release> {
    Release::find(RELEASE).with_context(|| format!("there is no release {RELEASE}"))
}

/// The CPU time of this process: what others do meanwhile does not count.
pub(super) fn cpu() -> Result<Duration> {
    Ok(Duration::from(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?))
}

/// One to four tokens, whole and cut in two: the parser must make the same frames of both.
fn cut_tokens() -> Result<f64> {
    let release = release()?;
    let mut bytes = Vec::new();
    let begin = cpu()?;
    for number in 0..CASES_A_ROUND {
        let at = few_tokens(SEED, number, &mut bytes);
        let (head, tail) = bytes.split_at(at);
        if frames(release, [&bytes[..], &[]]) != frames(release, [head, tail]) {
            bail!("case {number} makes other frames when it is cut at byte {at}");
        }
    }
    Ok(CASES_A_ROUND as f64 / (cpu()? - begin).as_secs_f64())
}

/// What a new parser makes of the pieces.
fn frames(release: &'static Release, pieces: [&[u8]; 2]) -> Vec<Frame> {
    let mut session = Session::new(release);
    let mut frames = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            let (taken, frame) = session.feed(piece);
            piece = &piece[taken..];
            frames.extend(frame);
        }
    }
    frames
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

/// The machine of the image `default`, and an agent in it.
fn start_of_guest() -> Result<f64> {
    let begin = cpu()?;
    for _ in 0..STARTS_A_ROUND {
        std::hint::black_box(agent()?);
    }
    Ok(((cpu()? - begin) / STARTS_A_ROUND).as_secs_f64() * 1e6)
}

/// How many times longer the reply of a guest with four times as many interfaces takes.
fn growth_of_reply() -> Result<f64> {
    let Some(image) = GUESTS.iter().find(|it| it.file == "large.toml") else {
        bail!("there is no image `large`")
    };
    keep_freed_memory();
    let small = one_reply(image.text)?;
    let large = one_reply(&image.text.replace(MANY, MORE))?;
    Ok(large.as_secs_f64() / small.as_secs_f64())
}

fn one_reply(image: &str) -> Result<Duration> {
    let mut agent = agent_in(Guest::from_toml("large.toml", image)?)?;
    let begin = cpu()?;
    agent.handle_bytes(
        ChannelId::FIRST,
        Time::ZERO,
        b"{\"execute\":\"guest-network-get-interfaces\"}\n",
    );
    let reply = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
    let time = cpu()? - begin;
    if !reply.starts_with(b"{\"return\": [{") {
        bail!("the model did not answer as it should");
    }
    Ok(time)
}

fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT_BYTES)));
}

/// How many times longer the large request takes than the small one.
fn growth<const PIECE_BYTES: usize>() -> Result<f64> {
    keep_freed_memory();
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
