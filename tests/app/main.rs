//! Stories: what an operator does and sees, on the real app over the fake engine, in paused time.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod anything;
mod containers;
mod create;
mod endpoints;
mod events;
mod firewall;
mod frame;
mod hostile;
mod images;
mod jobs;
mod layers;
mod life;
mod limits;
mod link;
mod looks;
mod many;
mod nat;
mod networks;
mod own_log;
mod pages;
mod sessions;
#[path = "../support/story.rs"]
mod story;
mod volumes;
