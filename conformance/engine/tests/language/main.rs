//! The script language: what is read is what was written, and every mistake is told
//! with its place and its cure.

mod canonical;
mod generate;
mod mistakes;
mod patterns;
mod round_trip;
