//! `cargo ci differ`: the same random messages to a real agent and to the model,
//! until one answers otherwise.
//!
//! Messages go out in batches, each to a fresh agent, so that a batch can be said
//! again alone and be made smaller until only the difference is left.

mod batch;
mod ground;
mod model_side;
mod mutate;
mod real_side;
mod request;
mod shrink;
mod transcript;
mod value;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use qga_fixtures::schema::Release;

use self::batch::Batch;
use self::real_side::RealSide;
use self::request::Scope;
use self::transcript::Transcript;
use crate::{agents, optimised, real};

/// Send the same random messages to a real agent and to the model.
#[derive(Args)]
pub(crate) struct Options {
    /// The release to compare, or `all` that `cargo ci agents` fetches; the installed agent's if left out.
    #[arg(long)]
    release: Option<String>,
    /// How many messages to send for each release.
    #[arg(long, default_value_t = 2_000)]
    messages: usize,
    /// Where the random numbers begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Send only this batch of the seed again.
    #[arg(long)]
    batch: Option<u64>,
    /// Only requests of commands with this in their name.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Where the fetched agents are [default: target/agents].
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Compares until a difference or the end; a difference is a failure.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return optimised::run_again(&["ci"]);
    }
    let mut code = ExitCode::SUCCESS;
    for (release, real) in options.agents()? {
        let difference = match options.batch {
            Some(number) => differs(&options.batch(release, number), release, &real)?.map(|it| (number, it)),
            None => first_difference(release, &real, options)?,
        };
        match difference {
            None => println!(
                "{release}: no difference in {} messages (seed {})",
                options.sent(),
                options.seed
            ),
            Some((number, difference)) => {
                code = ExitCode::FAILURE;
                report(release, &real, options, number, difference)?;
            }
        }
    }
    Ok(code)
}

impl Options {
    fn agents(&self) -> Result<Vec<(&'static Release, RealSide)>> {
        let dir = self.dir.clone().unwrap_or_else(agents::default_dir);
        let fetched = |name: &str| RealSide::new(dir.join(name).join("qemu-ga"));
        match self.release.as_deref() {
            None => {
                let Some(program) = real::installed() else {
                    bail!("qemu-ga is not installed: apt-get install qemu-guest-agent, or use --release")
                };
                Ok(vec![RealSide::new(program)?])
            }
            Some("all") => agents::releases().map(fetched).collect(),
            Some(name) => Ok(vec![fetched(name)?]),
        }
    }

    fn batch(&self, release: &'static Release, number: u64) -> Batch {
        let only = &self.only;
        Batch::of(Scope { release, only }, self.seed, number)
    }

    fn batches(&self) -> u64 {
        self.messages.div_ceil(batch::MESSAGES) as u64
    }

    fn sent(&self) -> usize {
        if self.batch.is_some() {
            batch::MESSAGES
        } else {
            self.messages.next_multiple_of(batch::MESSAGES)
        }
    }
}

/// A batch on which the two differ, and what each said.
struct Difference {
    batch: Batch,
    real: Transcript,
    model: Transcript,
}

fn first_difference(
    release: &'static Release,
    real: &RealSide,
    options: &Options,
) -> Result<Option<(u64, Difference)>> {
    for number in 0..options.batches() {
        let batch = options.batch(release, number);
        if let Some(difference) = differs(&batch, release, real)? {
            return Ok(Some((number, difference)));
        }
    }
    Ok(None)
}

fn differs(batch: &Batch, release: &'static Release, side: &RealSide) -> Result<Option<Difference>> {
    let real = side.answer(batch)?;
    let model = model_side::answer(release, batch);
    Ok((real != model).then(|| Difference {
        batch: batch.clone(),
        real,
        model,
    }))
}

fn report(release: &'static Release, real: &RealSide, options: &Options, number: u64, found: Difference) -> Result<()> {
    let Options { seed, only, .. } = options;
    println!("{release}: difference in batch {number} of seed {seed}, making it smaller …");
    let smallest = shrink::smallest(found, |batch| differs(batch, release, real))?;
    println!("sent");
    for message in &smallest.batch.messages {
        println!("  {}", transcript::shown(message));
    }
    println!("real\n{}", smallest.real);
    println!("model\n{}", smallest.model);
    let only = if only.is_empty() {
        String::new()
    } else {
        format!(" --only {only}")
    };
    println!("again: cargo ci differ --release {release} --seed {seed} --batch {number}{only}");
    Ok(())
}
