//! Many independent things at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, bail};
use qga_conformance::progress::Line;

/// What comes of each item, in their order; as many at a time as there are cores. How
/// many are done is shown meanwhile.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let (next, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let line = Mutex::new(Line::new(false));
    let done: Vec<Mutex<Option<Result<R>>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else { return };
            let result = work(item);
            if let Ok(mut place) = done[number].lock() {
                *place = Some(result);
            }
            let ended = ended.fetch_add(1, Ordering::Relaxed) + 1;
            if let Ok(mut line) = line.lock() {
                line.show(|| format!("{ended} of {} done", items.len()));
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(worker))));
    if let Ok(line) = line.lock() {
        line.clear();
    }
    let results = done.into_iter().map(|it| it.into_inner().ok().flatten());
    results
        .map(|it| match it {
            Some(result) => result,
            None => bail!("a worker ended before its work"),
        })
        .collect()
}
