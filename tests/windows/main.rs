//! The engine aboard on Windows as people have it: `longshore.exe`, from a pull to the removal of everything, with
//! monitors that are processes of their own. Under Wine, against stand-ins for Windows' DLLs, which all processes share;
//! `scripts/windows/test.sh` sets that up. Knows the program only from outside.

#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panic, in its helpers too")]

#[path = "../support/windows_images.rs"]
mod windows_images;

mod life;
mod ship;
