//! What the three are asked to do, and what the simulator has to reach.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::client::Client;
use super::target::Target;

pub(super) const PING: &[u8] = b"{\"execute\":\"guest-ping\"}\n";
pub(super) const PONG: &[u8] = b"{\"return\": {}}\n";
const PINGS_A_ROUND: usize = 5_000;
const PINGS_A_BURST: usize = 64;
const BURSTS_A_ROUND: usize = 500;
const STARTS_A_ROUND: usize = 7;
const FILE_BYTES_A_ROUND: usize = 16 * MIB;
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// One measurement.
pub(super) struct Work {
    /// What a table calls it.
    pub(super) name: &'static str,
    /// What the numbers are.
    pub(super) unit: Unit,
    /// What the simulator has to reach, and against whom.
    pub(super) goals: &'static [Goal],
    /// How long each reply is.
    reply_bytes: usize,
    /// Opens files and the like.
    prepare: fn(&mut Client<'_>) -> Result<()>,
    /// One round; the number it comes to.
    pub(super) round: fn(&mut Client<'_>) -> Result<f64>,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Microseconds.
    Micros,
    /// Milliseconds of the server's CPU.
    CpuMillis,
    /// Requests a second.
    Rate,
    /// Cases of `fuzz` a second.
    Cases,
    /// Sessions of ten steps a second.
    Sessions,
    /// Of a hundred.
    Percent,
    /// Megabytes of payload a second.
    MegabytesPerSecond,
    /// Megabytes.
    Megabytes,
    /// How many times as much.
    Times,
}

/// What the simulator has to reach.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// At most so many times the floor's number.
    AtMostOfFloor(f64),
    /// At least so many times the floor's number.
    AtLeastOfFloor(f64),
    /// So many times faster than the real agent, by a time.
    FasterThanReal(f64),
    /// At least so many times the real agent's number.
    AtLeastOfReal(f64),
    /// At most this number.
    AtMost(f64),
    /// At least this number.
    AtLeast(f64),
    /// At most this number with the real agent.
    AtMostWithReal(f64),
}

impl Work {
    /// Starts a target and makes it ready for the rounds.
    pub(super) fn begin<'a>(&self, target: &'a Target) -> Result<Client<'a>> {
        let mut client = Client::start(target, self.reply_bytes)
            .with_context(|| format!("{} with {}", self.name, target.program().display()))?;
        (self.prepare)(&mut client).with_context(|| format!("{} with {}", self.name, client.name()))?;
        Ok(client)
    }
}

/// All measurements that go over a socket.
pub(super) fn all() -> Vec<Work> {
    let mut all = vec![ping_pong(), burst(), start(), idle()];
    all.extend([
        file_write::<{ 64 * KIB }>("file write, 64 KiB"),
        file_write::<{ MIB }>("file write, 1 MiB"),
        file_write::<{ 8 * MIB }>("file write, 8 MiB"),
        file_read::<{ 64 * KIB }>("file read, 64 KiB"),
        file_read::<{ MIB }>("file read, 1 MiB"),
        file_read::<{ 8 * MIB }>("file read, 8 MiB"),
    ]);
    all.extend([one_large_write(), one_large_id()]);
    all
}

fn ping_pong() -> Work {
    Work {
        name: "ping-pong, p50",
        unit: Unit::Micros,
        goals: &[Goal::AtMostOfFloor(1.10), Goal::FasterThanReal(2.6)],
        reply_bytes: PONG.len(),
        prepare: |client| client.ask(PING).map(drop),
        round: |client| {
            let mut times = Vec::with_capacity(PINGS_A_ROUND);
            for _ in 0..PINGS_A_ROUND {
                let begin = Instant::now();
                client.exchange(PING, 1)?;
                times.push(begin.elapsed());
            }
            times.sort_unstable();
            Ok(micros(times[times.len() / 2]))
        },
    }
}

fn burst() -> Work {
    Work {
        name: "bursts of 64 pings",
        unit: Unit::Rate,
        goals: &[Goal::AtLeastOfFloor(0.35), Goal::AtLeastOfReal(40.0)],
        reply_bytes: PONG.len(),
        prepare: |client| client.ask(PING).map(drop),
        round: |client| {
            let requests = PING.repeat(PINGS_A_BURST);
            let begin = Instant::now();
            for _ in 0..BURSTS_A_ROUND {
                client.exchange(&requests, PINGS_A_BURST)?;
            }
            Ok((BURSTS_A_ROUND * PINGS_A_BURST) as f64 / begin.elapsed().as_secs_f64())
        },
    }
}

fn start() -> Work {
    Work {
        name: "start to first reply",
        unit: Unit::Micros,
        goals: &[Goal::AtMostOfFloor(1.15)],
        reply_bytes: PONG.len(),
        prepare: |_| Ok(()),
        round: |client| {
            let mut times = Vec::new();
            for _ in 0..STARTS_A_ROUND {
                let time = client.restart(PING)?;
                times.push(time);
            }
            times.sort_unstable();
            Ok(micros(times[times.len() / 2]))
        },
    }
}

fn idle() -> Work {
    Work {
        name: "resident when idle",
        unit: Unit::Megabytes,
        goals: &[Goal::AtMost(4.0)],
        reply_bytes: PONG.len(),
        prepare: |client| {
            client.ask(PING)?;
            thread::sleep(Duration::from_millis(100));
            Ok(())
        },
        round: |client| resident(client),
    }
}

fn resident(client: &Client<'_>) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", client.pid()))?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line
        .and_then(|it| it.trim().strip_suffix(" kB"))
        .context("the kernel gives no resident size")?;
    Ok(kib.parse::<f64>()? * 1024.0 / 1e6)
}

fn file_write<const BYTES: usize>(name: &'static str) -> Work {
    Work {
        name,
        unit: Unit::MegabytesPerSecond,
        goals: &[Goal::AtLeastOfFloor(0.8)],
        reply_bytes: format!("{{\"return\": {{\"count\": {BYTES}, \"eof\": false}}}}\n").len(),
        prepare: |client| open(client, "w+"),
        round: |client| {
            let request = write_request(client.handle, BYTES);
            let times = FILE_BYTES_A_ROUND / BYTES;
            let begin = Instant::now();
            for _ in 0..times {
                client.ask(&request)?;
            }
            let rate = (times * BYTES) as f64 / begin.elapsed().as_secs_f64() / 1e6;
            rewind(client)?;
            Ok(rate)
        },
    }
}

fn file_read<const BYTES: usize>(name: &'static str) -> Work {
    let encoded = BYTES.div_ceil(3) * 4;
    let around = format!("{{\"return\": {{\"count\": {BYTES}, \"buf-b64\": \"\", \"eof\": false}}}}\n").len();
    Work {
        name,
        unit: Unit::MegabytesPerSecond,
        goals: &[Goal::AtLeastOfFloor(0.8)],
        reply_bytes: encoded + around,
        prepare: |client| {
            open(client, "w+")?;
            for _ in 0..FILE_BYTES_A_ROUND / BYTES {
                let request = write_request(client.handle, BYTES);
                client.ask(&request)?;
            }
            rewind(client)
        },
        round: |client| {
            let (handle, times) = (client.handle, FILE_BYTES_A_ROUND / BYTES);
            let request = format!(
                "{{\"execute\":\"guest-file-read\",\"arguments\":{{\"handle\":{handle},\"count\":{BYTES}}}}}\n"
            );
            let begin = Instant::now();
            for _ in 0..times {
                client.ask(request.as_bytes())?;
            }
            let rate = (times * BYTES) as f64 / begin.elapsed().as_secs_f64() / 1e6;
            rewind(client)?;
            Ok(rate)
        },
    }
}

fn one_large_write() -> Work {
    Work {
        name: "one request of 8 MiB, a write",
        unit: Unit::CpuMillis,
        goals: &[Goal::AtMostOfFloor(2.0)],
        reply_bytes: "{\"return\": {\"count\": 6291456, \"eof\": false}}\n".len(),
        prepare: |client| open(client, "w+"),
        round: |client| {
            let request = write_request(client.handle, 6 * MIB);
            let spent = cpu_of(client, &request)?;
            rewind(client)?;
            Ok(spent)
        },
    }
}

fn one_large_id() -> Work {
    Work {
        name: "one request of 8 MiB, an id",
        unit: Unit::CpuMillis,
        goals: &[Goal::AtMostOfFloor(2.0)],
        reply_bytes: 8 * MIB + "{\"return\": {}, \"id\": \"\"}\n".len(),
        prepare: |_| Ok(()),
        round: |client| {
            let id = "i".repeat(8 * MIB);
            let request = format!("{{\"execute\":\"guest-ping\",\"id\":\"{id}\"}}\n");
            cpu_of(client, request.as_bytes())
        },
    }
}

fn cpu_of(client: &mut Client<'_>, request: &[u8]) -> Result<f64> {
    let before = client.cpu()?;
    client.ask(request)?;
    Ok((client.cpu()? - before).as_secs_f64() * 1e3)
}

fn open(client: &mut Client<'_>, mode: &str) -> Result<()> {
    if client.is_agent() {
        let path = client.file();
        let request =
            format!("{{\"execute\":\"guest-file-open\",\"arguments\":{{\"path\":\"{path}\",\"mode\":\"{mode}\"}}}}\n");
        let reply = String::from_utf8(client.ask(request.as_bytes())?)?;
        let digits: String = reply.chars().filter(char::is_ascii_digit).collect();
        client.handle = digits.parse().context("no handle in the reply")?;
    }
    Ok(())
}

fn rewind(client: &mut Client<'_>) -> Result<()> {
    if client.is_agent() {
        let request = format!(
            "{{\"execute\":\"guest-file-seek\",\"arguments\":{{\"handle\":{},\"offset\":0,\"whence\":0}}}}\n",
            client.handle
        );
        client.ask(request.as_bytes())?;
    }
    Ok(())
}

fn write_request(handle: i64, bytes: usize) -> Vec<u8> {
    // Three bytes of `k` are four characters; the rest is padded.
    let mut data = "a2tr".repeat(bytes / 3);
    data.push_str(["", "aw==", "a2s="][bytes % 3]);
    format!("{{\"execute\":\"guest-file-write\",\"arguments\":{{\"handle\":{handle},\"buf-b64\":\"{data}\"}}}}\n")
        .into_bytes()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
