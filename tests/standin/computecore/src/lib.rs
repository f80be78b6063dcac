//! A stand-in for `computecore.dll`: the functions that longshore calls, with the types of Microsoft's headers, over
//! [`standin_core`]. Operations are done by threads of its own, callbacks come from them, and everything lives in this
//! process: a copy of the DLL under another path is another world. Where worlds are shared, systems are those of all
//! processes; handles, and what a process prints, stay those of the one that has them.
//!
//! The `Fake…` functions are the tests' own: they inject failures and tell what is open.

#![cfg(windows)]
#![allow(non_snake_case, reason = "functions are named as in Microsoft's headers")]
#![allow(clippy::missing_safety_doc, reason = "they are called as Microsoft documents them")]

mod control;
mod doing;
mod operations;
mod pipes;
mod processes;
mod shared;
mod systems;
mod text;
