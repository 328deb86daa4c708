//! Joins a run with a channel: does what the run demands and hands over what
//! comes. It must not look at the bytes.

use crate::aftermath::Handles;
use crate::link::{Arrival, Flush, Link};
use qga_engine::{Demand, Run};
use std::time::Duration;

/// Drives a run to its end; the agent may take `patience` to take what is sent.
pub async fn drive(run: &mut Run<'_>, link: &mut Link, handles: &mut Handles, patience: Duration) {
    loop {
        match run.poll(link.now()) {
            Demand::Send(bytes) => {
                handles.sent(&bytes);
                link.queue(&bytes);
                send(run, link, handles, patience).await;
            }
            Demand::Read { until } | Demand::Sleep { until } => match link.read(until).await {
                Arrival::Bytes(bytes) => receive(run, link, handles, &bytes),
                Arrival::Closed => run.handle_closed(link.now()),
                Arrival::Nothing => {}
            },
            Demand::Reopen => {
                if !link.reopen().await {
                    run.handle_closed(link.now());
                }
            }
            Demand::Done => return,
        }
    }
}

async fn send(run: &mut Run<'_>, link: &mut Link, handles: &mut Handles, patience: Duration) {
    loop {
        match link.flush(patience).await {
            Flush::Sent => return,
            Flush::Bytes(bytes) => receive(run, link, handles, &bytes),
            Flush::Stuck => return run.handle_closed(link.now()),
        }
    }
}

fn receive(run: &mut Run<'_>, link: &Link, handles: &mut Handles, bytes: &[u8]) {
    handles.received(bytes);
    run.handle_bytes(link.now(), bytes);
}
