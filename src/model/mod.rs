//! What a container engine holds, as values. Must not know IO, async or the screen.

pub mod endpoint;
