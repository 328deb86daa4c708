//! Scripts, matching and verdicts.
