//! Starts longshore; everything it does stands in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A monitor's phase must be alone in its process: nothing may have made a thread before it.
    longshore::runtime::monitor_phase(longshore::host::release_start).unwrap_or_else(longshore::cli::main)
}
