//! Stories: what an operator does and sees, on the real app over the fake engine, in paused time.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod containers;
mod frame;
mod images;
mod layers;
mod life;
mod link;
mod networks;
mod pages;
mod sessions;
#[path = "../support/story.rs"]
mod story;
mod volumes;
