//! Documents of HCS, letter by letter.

mod answers;
mod plan;
mod requests;
