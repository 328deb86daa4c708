//! The simulated agent and its guest.
