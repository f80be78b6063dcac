//! A deed on several things: each is tried, each failure is told, and one of them makes the code 1. Knows no deed.

use std::io::Write;

use crate::{
    backend::Result,
    cli::print::{Failure, Out, complain},
};

/// Does it for each name, and prints the names for which it worked.
pub(crate) async fn printed(
    out: &mut Out,
    names: &[String],
    mut deed: impl AsyncFnMut(&str) -> Result<()>,
) -> std::result::Result<(), Failure> {
    told(out, names, async |name| deed(name).await.map(|()| vec![name.to_owned()])).await
}

/// Does it for each name, and prints the lines that it gave.
pub(crate) async fn told(
    out: &mut Out,
    names: &[String],
    mut deed: impl AsyncFnMut(&str) -> Result<Vec<String>>,
) -> std::result::Result<(), Failure> {
    let mut failed = false;
    for name in names {
        match deed(name).await {
            Ok(lines) => {
                for line in lines {
                    writeln!(out, "{line}")?;
                }
                out.flush()?;
            }
            Err(error) => {
                failed = true;
                complain(&Failure::from(error));
            }
        }
    }
    if failed { Err(Failure::Ended(1)) } else { Ok(()) }
}
