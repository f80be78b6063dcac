//! Starts longshore; everything it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    longshore::cli::main()
}
