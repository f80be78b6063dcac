//! A stand-in for `computenetwork.dll`: the functions that longshore calls, with the types of Microsoft's headers.
//! Everything lives in this process, unless worlds are shared: a copy of the DLL under another path is another world.
//!
//! The `Fake…` functions are the tests' own: they inject failures and tell what is open.

#![cfg(windows)]
#![allow(non_snake_case, reason = "functions are named as in Microsoft's headers")]
#![allow(clippy::missing_safety_doc, reason = "they are called as Microsoft documents them")]

mod exports;
mod shape;
mod text;
mod world;
