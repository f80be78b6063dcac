//! Stories: what an operator does and sees, on the real app over the fake engine, in paused time.

mod frame;
mod link;
#[path = "../support/story.rs"]
mod story;
