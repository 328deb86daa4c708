//! Runs against scripted agents: what passes, what fails and why, and that every
//! run ends.

mod agent;
mod expectations;
mod hostile;
mod levels;
mod order;
mod pieces;
