//! `cargo ci differ`: the same random messages to a real agent and to the model,
//! until one answers otherwise.
//!
//! Messages go out in batches, each to a fresh agent, so that a batch can be said
//! again alone and be made smaller until only the difference is left.
//!
//! - [`batch`], [`request`], [`value`], [`mutate`]: what is sent;
//! - [`harmless`]: why it does no harm;
//! - [`converse`]: what a client does with either side, [`real_side`] and [`model_side`];
//! - [`ground`]: what both find there;
//! - [`level`]: what may differ, since it is the machine's own;
//! - [`transcript`], [`shrink`]: what is compared, and made smaller if it differs.

mod batch;
mod converse;
mod ground;
mod harmless;
mod level;
mod model_side;
mod mutate;
mod real_side;
mod request;
mod shrink;
mod transcript;
mod value;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use qga_fixtures::schema::Release;

use self::batch::Batch;
use self::converse::Polls;
use self::model_side::ModelSide;
use self::real_side::RealSide;
use self::request::Scope;
use self::transcript::{End, Transcript};
use crate::{agents, real};

/// After how many messages a release's progress is told.
const PROGRESS_MESSAGES: usize = 20_000;

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
    let pairs = options.pairs()?;
    let results: Vec<Result<bool>> = thread::scope(|scope| {
        let threads: Vec<_> = pairs.iter().map(|pair| scope.spawn(|| pair.run(options))).collect();
        let results = threads.into_iter().map(|it| it.join());
        results
            .map(|it| it.unwrap_or_else(|_| Err(anyhow!("a comparison panicked"))))
            .collect()
    });
    let same = results.into_iter().collect::<Result<Vec<bool>>>()?;
    Ok(match same.iter().all(|it| *it) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

impl Options {
    fn pairs(&self) -> Result<Vec<Pair>> {
        let dir = self.dir.clone().unwrap_or_else(agents::default_dir);
        let fetched = |name: &str| Pair::new(dir.join(name).join("qemu-ga"));
        match self.release.as_deref() {
            None => {
                let Some(program) = real::installed() else {
                    bail!("qemu-ga is not installed: apt-get install qemu-guest-agent, or use --release")
                };
                Ok(vec![Pair::new(program)?])
            }
            Some("all") => agents::releases().map(fetched).collect(),
            Some(name) => Ok(vec![fetched(name)?]),
        }
    }

    fn batch(&self, release: &'static Release, number: u64) -> Batch {
        let only = &self.only;
        Batch::of(Scope { release, only }, self.seed, number)
    }

    /// The numbers of the batches to send.
    fn numbers(&self) -> std::ops::Range<u64> {
        match self.batch {
            Some(number) => number..number + 1,
            None => 0..self.messages.div_ceil(batch::MESSAGES) as u64,
        }
    }
}

/// A real agent and the model of its release.
struct Pair {
    release: &'static Release,
    real: RealSide,
    model: ModelSide,
}

/// What a comparison came to.
struct Found {
    /// Messages in batches that were compared.
    messages: usize,
    /// Agents that died of them.
    deaths: usize,
    /// Agents that were brought to do what is undefined.
    undefined: usize,
    /// The first difference, and the number of its batch.
    difference: Option<(u64, Difference)>,
}

/// A batch on which the two differ, and what each said.
struct Difference {
    batch: Batch,
    real: Transcript,
    model: Transcript,
}

impl Pair {
    fn new(program: PathBuf) -> Result<Pair> {
        let (release, real) = RealSide::new(program)?;
        let model = ModelSide::new(release, real.filesystem)?;
        Ok(Pair { release, real, model })
    }

    /// Compares and says at once what was found; whether that is nothing.
    fn run(&self, options: &Options) -> Result<bool> {
        let found = self.compare(options)?;
        print!("{}", self.summary(&found, options));
        let Some((number, difference)) = found.difference else {
            return Ok(true);
        };
        let smallest = shrink::smallest(difference, |batch| self.differs(batch))?;
        print!("{}", self.report(number, &smallest, options));
        Ok(false)
    }

    fn compare(&self, options: &Options) -> Result<Found> {
        let mut found = Found {
            messages: 0,
            deaths: 0,
            undefined: 0,
            difference: None,
        };
        for number in options.numbers() {
            let (real, model) = self.ask(&options.batch(self.release, number))?;
            found.messages += batch::MESSAGES;
            found.deaths += usize::from(real.end == End::Died);
            found.undefined += usize::from(model.end == End::Undefined);
            if !real.is_as(&model) {
                let batch = options.batch(self.release, number);
                found.difference = Some((number, Difference { batch, real, model }));
                break;
            }
            if found.messages.is_multiple_of(PROGRESS_MESSAGES) {
                eprintln!("{}: {} messages so far", self.release, found.messages);
            }
        }
        Ok(found)
    }

    /// What each side says to a batch, with the model's values for the real machine's.
    fn ask(&self, batch: &Batch) -> Result<(Transcript, Transcript)> {
        let (mut model, expected) = self.model.answer(batch, &Polls::new())?;
        let (mut real, polls) = self.real.answer(batch, model.end)?;
        if polls != expected {
            // How often a client asks counts: releases tell the line of a mistake.
            (model, _) = self.model.answer(batch, &polls)?;
        }
        self.real.level.level(&mut real, &model);
        Ok((real, model))
    }

    fn differs(&self, batch: &Batch) -> Result<Option<Difference>> {
        let (real, model) = self.ask(batch)?;
        let batch = batch.clone();
        Ok((!real.is_as(&model)).then_some(Difference { batch, real, model }))
    }

    fn summary(&self, found: &Found, options: &Options) -> String {
        let (release, seed, messages) = (self.release, options.seed, found.messages);
        match found.difference {
            Some((number, _)) => {
                format!("{release}: difference in batch {number} of seed {seed}, making it smaller …\n")
            }
            None => format!(
                "{release}: no difference in {messages} messages (seed {seed}); {} agents died of them, \
                 {} were heard until what they do is undefined\n",
                found.deaths, found.undefined
            ),
        }
    }

    fn report(&self, number: u64, found: &Difference, options: &Options) -> String {
        let (release, Options { seed, only, .. }) = (self.release, options);
        let sent: String = found.batch.messages.iter().map(|it| format!("  {it}\n")).collect();
        let only = match only.as_str() {
            "" => String::new(),
            only => format!(" --only {only}"),
        };
        let first = found.real.first_difference(&found.model);
        let first = first.map(|(number, real, model)| {
            format!("the first difference is in line {number}\n  real  {real}\n  model {model}\n")
        });
        format!(
            "{release} was sent\n{sent}real\n{}\nmodel\n{}\n{}\
             again: cargo ci differ --release {release} --seed {seed} --batch {number}{only}\n",
            found.real,
            found.model,
            first.unwrap_or_default()
        )
    }
}
