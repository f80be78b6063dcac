//! Stories: what an operator does and sees, on the real app over the fake engine, in paused time.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod containers;
mod frame;
mod life;
mod link;
mod pages;
#[path = "../support/story.rs"]
mod story;
