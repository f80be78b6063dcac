//! `longshore up`: starts what should run on the engine aboard. Knows not what starts it at boot.

use std::io::Write;

use super::{
    args::Args,
    print::{Failure, Out, note},
};
use crate::{
    console::{Doors, options},
    model::Problem,
};

/// Starts it and prints the name of each that runs then.
///
/// # Errors
/// When the engine cannot be opened, or one of them does not start; the others are started all the same.
pub(super) async fn run(args: &Args, out: &mut Out) -> Result<(), Failure> {
    let doors = Doors::new(options(), args.data_root.clone());
    let engine = doors.aboard().await?;
    let mut failed = None;
    for (name, error) in engine.up().await? {
        match error {
            None => writeln!(out, "{name}")?,
            Some(error) => {
                note(&error.to_string());
                failed = failed.or(Some(Problem::from(&error)));
            }
        }
    }
    out.flush()?;
    failed.map_or(Ok(()), |problem| Err(Failure::Told(problem)))
}
