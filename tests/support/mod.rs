//! What integration tests share. Knows the machine the tests run on, and nothing of longshore.
//!
//! `mod support;` in a test compiles it in whole; see each part for what it offers.

pub(crate) mod engines;
pub(crate) mod wires;
