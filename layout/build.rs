//! Lets the linker put the code that a running console goes through side by side.
//!
//! Of 13 MB of code it goes through less than one, strewn over all of it; the kernel maps 64 KiB around each page that
//! is touched, so that most of the code would be resident. `console.ld` names the functions; `scripts/layout.sh` makes
//! it from what a console has run. A name that does not exist any more is passed over: the program is the same, and
//! only takes more memory.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=layout/console.ld");
    if is_release_for_gnu_linux() && is_usual_linker() {
        let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={root}/layout/console.ld");
    }
}

fn is_release_for_gnu_linux() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu")
}

/// GNU ld and LLD read such a script; of a linker that the user has chosen nothing is known.
fn is_usual_linker() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    env::var_os("RUSTC_LINKER").is_none() && !flags.contains("link")
}
