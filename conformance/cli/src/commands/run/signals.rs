//! Ctrl-C and its like: the first asks the run to end in order, the second ends
//! the program at once. Neither leaves an agent behind.

use crate::status::{INTERRUPTED, Problem, Status};
use crate::target::live;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// What a shell adds to the number of the signal that ended a program.
const SIGNALLED: u8 = 128;

/// Waits for signals in the background.
#[derive(Debug)]
pub(crate) struct Signals {
    stop: watch::Receiver<bool>,
    /// The exit status that the first signal asks for; 0 as long as none came.
    code: Arc<AtomicU8>,
}

impl Signals {
    /// Begins to wait.
    ///
    /// # Errors
    /// The system lets nobody wait for signals.
    pub(crate) fn watch() -> Result<Signals, Problem> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let (told, stop) = watch::channel(false);
        let (told, code) = (Arc::new(told), Arc::new(AtomicU8::new(0)));
        for kind in kinds {
            let signal = signal(kind).map_err(|it| Problem::usage(format!("cannot wait for signals: {it}"), ""))?;
            let number = u8::try_from(kind.as_raw_value()).unwrap_or_default();
            tokio::spawn(wait(signal, SIGNALLED + number, Arc::clone(&told), Arc::clone(&code)));
        }
        Ok(Signals { stop, code })
    }

    /// Becomes true with the first signal.
    pub(crate) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// How the program ends if a signal came.
    pub(crate) fn status(&self) -> Option<Status> {
        match self.code.load(Ordering::SeqCst) {
            0 => None,
            code => Some(Status { code, ..INTERRUPTED }),
        }
    }

    /// Does something that may be given up when a signal comes.
    ///
    /// # Errors
    /// Its own, or that a signal came.
    pub(crate) async fn or_stopped<T>(&self, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
        let mut stop = self.stop();
        tokio::select! {
            result = work => result,
            _ = stop.wait_for(|it| *it) => Err(Problem {
                status: self.status().unwrap_or(INTERRUPTED),
                what: "interrupted before the first script".to_owned(),
                cure: String::new(),
            }),
        }
    }
}

async fn wait(mut signal: Signal, code: u8, told: Arc<watch::Sender<bool>>, first: Arc<AtomicU8>) {
    while signal.recv().await.is_some() {
        if first
            .compare_exchange(0, code, Ordering::SeqCst, Ordering::SeqCst)
            .is_err()
        {
            live::end_all();
            std::process::exit(code.into());
        }
        eprintln!("\nstopping: scripts that have not begun are not run; once more ends at once");
        let _ = told.send(true);
    }
}
