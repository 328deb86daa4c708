//! Commands about processors and memory.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::guest::errno::Errno;
use crate::guest::memory::{MemoryBlock, MemoryError};
use crate::guest::processors::{Processor, ProcessorError};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, NoProcessors, ProcessorOrder, System};

/// Hundredths of a second, which the kernel counts in, as milliseconds.
const TICK_MILLISECONDS: u64 = 10;

pub(crate) fn get_vcpus(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let processors = &state.guest.processors;
    if processors.listed().is_empty() {
        return Err(match state.release.no_processors {
            NoProcessors::Refuses => CommandError::new(ErrorName::ProcessorsUnlisted).into(),
            NoProcessors::Dies => Stop::Dies("there are no processors to list"),
        });
    }
    // A Windows agent says of every processor that it stays.
    let stays = state.system() == System::Windows;
    if state.release.processor_order == ProcessorOrder::Listed || stays {
        return Ok(processors.listed().iter().map(|it| processor(it, stays)).collect());
    }
    (0..processors.listed().len() as i64)
        .map(|number| match processors.get(number) {
            Some(it) => Ok(processor(it, stays)),
            None => Err(no_processor(number).into()),
        })
        .collect::<Result<Vec<Value>, Stop>>()
        .map(Value::List)
}

fn processor(it: &Processor, stays: bool) -> Value {
    Dict::new()
        .with("logical-id", *it.number.get_ref())
        .with("online", it.online || stays)
        .with("can-offline", it.can_offline && !stays)
        .into()
}

fn folder(number: i64) -> String {
    format!("/sys/devices/system/cpu/cpu{number}/")
}

fn no_processor(number: i64) -> CommandError {
    CommandError::new(ErrorName::ProcessorMissing)
        .with("path", folder(number))
        .with("strerror", Errno::ENOENT.text())
}

/// The number of entries before the first that fails; an error if that is the first.
pub(crate) fn set_vcpus(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let wanted = args.optional_list("vcpus").unwrap_or_default();
    for (done, entry) in wanted.iter().enumerate() {
        match set_processor(state, entry) {
            Err(error) if done == 0 => return Err(error.into()),
            Err(_) => return Ok(Value::Int(done as i64)),
            Ok(()) => {}
        }
    }
    Ok(Value::Int(wanted.len() as i64))
}

fn set_processor(state: &mut State, entry: &Value) -> Result<(), CommandError> {
    let number = member(entry, "logical-id").and_then(Value::as_int).unwrap_or_default();
    let failed = |call: &str, errno: Errno| {
        CommandError::new(ErrorName::ProcessorFileFailed)
            .with("call", call)
            .with("path", folder(number))
            .with("strerror", errno.text())
    };
    let who = &state.task.credentials;
    state
        .guest
        .processors
        .set(who, number, is_online(entry))
        .map_err(|error| match error {
            ProcessorError::Missing => no_processor(number),
            ProcessorError::Fixed => CommandError::new(ErrorName::ProcessorFixed).with("number", number.to_string()),
            ProcessorError::Open(errno) => failed("open", errno),
            ProcessorError::Write(errno) => failed("pwrite", errno),
        })
}

fn member<'v>(entry: &'v Value, name: &str) -> Option<&'v Value> {
    entry.as_dict()?.get(name)
}

fn is_online(entry: &Value) -> bool {
    member(entry, "online").and_then(Value::as_bool).unwrap_or_default()
}

pub(crate) fn get_memory_blocks(state: &mut State, _: &Args) -> Result<Value, Stop> {
    Ok(state.guest.memory.listed().iter().map(memory_block).collect())
}

fn memory_block(it: &MemoryBlock) -> Value {
    Dict::new()
        .with("phys-index", *it.index.get_ref())
        .with("online", it.online)
        .with("can-offline", it.can_offline)
        .into()
}

pub(crate) fn set_memory_blocks(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let wanted = args.optional_list("mem-blks").unwrap_or_default();
    Ok(wanted.iter().map(|entry| set_memory_block(state, entry)).collect())
}

fn set_memory_block(state: &mut State, entry: &Value) -> Value {
    let index = match member(entry, "phys-index") {
        Some(Value::Int(index)) => index.cast_unsigned(),
        Some(Value::UInt(index)) => *index,
        _ => 0,
    };
    let who = &state.task.credentials;
    let (response, errno) = match state.guest.memory.set(who, index, is_online(entry)) {
        Ok(()) => ("success", None),
        Err(MemoryError::Unsupported) => ("operation-not-supported", Some(Errno::ENOENT)),
        Err(MemoryError::Missing) => ("not-found", Some(Errno::ENOENT)),
        Err(MemoryError::Write(errno)) => ("operation-failed", Some(errno)),
    };
    Dict::new()
        .with("phys-index", index)
        .with("response", response)
        .with_some("error-code", errno.map(Errno::number))
        .into()
}

pub(crate) fn get_memory_block_info(state: &mut State, _: &Args) -> Result<Value, Stop> {
    if state.guest.memory.listed().is_empty() {
        let error = CommandError::new(ErrorName::MemoryUnlisted).with("strerror", Errno::ENOENT.text());
        return Err(error.into());
    }
    Ok(Dict::new().with("size", state.guest.memory.block_bytes).into())
}

/// The kernel tells of the processors that are online.
pub(crate) fn get_cpustats(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let processors = state.guest.processors.listed().iter();
    let mut online: Vec<&Processor> = processors.filter(|it| it.online).collect();
    online.sort_by_key(|it| *it.number.get_ref());
    Ok(online.into_iter().map(times).collect())
}

fn times(it: &Processor) -> Value {
    let milliseconds = |ticks: u64| ticks.saturating_mul(TICK_MILLISECONDS);
    let times = &it.times;
    Dict::new()
        .with("type", "linux")
        .with("cpu", *it.number.get_ref())
        .with("user", milliseconds(times.user))
        .with("nice", milliseconds(times.nice))
        .with("system", milliseconds(times.system))
        .with("idle", milliseconds(times.idle))
        .with_some("iowait", times.iowait.map(milliseconds))
        .with_some("irq", times.irq.map(milliseconds))
        .with_some("softirq", times.softirq.map(milliseconds))
        .with_some("steal", times.steal.map(milliseconds))
        .with_some("guest", times.guest.map(milliseconds))
        .with_some("guestnice", times.guest_nice.map(milliseconds))
        .into()
}
