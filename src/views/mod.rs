//! What it looks like: views read the desk and draw. They know no engine and perform nothing.

pub mod kit;
