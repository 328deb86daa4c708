//! Runs against scripted agents: what passes, what fails and why, that every run
//! ends, and how it is reported.

mod again;
mod agent;
mod closing;
mod events;
mod expectations;
mod formats;
mod hostile;
mod known;
mod levels;
mod merging;
mod order;
mod pieces;
mod report;
mod suite;
