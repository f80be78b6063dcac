//! Reads the kernel's table of connections. Knows no engine.

use std::{
    fs::File,
    io::{BufRead, BufReader, ErrorKind},
};

use super::{
    super::{conntrack, scene::Scene},
    run::{RunError, run},
};
use crate::model::NatSession;

/// Most connections that are shown.
const SHOWN: usize = 5_000;
/// Most lines that are looked at; a busy router has a million.
const READ: usize = 100_000;
/// There if the kernel was built with CONFIG_NF_CONNTRACK_PROCFS.
const TABLE: &str = "/proc/net/nf_conntrack";

/// Translated connections of containers.
///
/// # Errors
/// Why they cannot be seen, and what would help, as one sentence.
pub(super) fn sessions(scene: &Scene) -> Result<Vec<NatSession>, String> {
    match File::open(TABLE) {
        Ok(file) => Ok(collect(BufReader::new(file), scene)),
        Err(error) if error.kind() == ErrorKind::NotFound => through_tool(scene),
        Err(error) => Err(format!("cannot read {TABLE}: {error}; run longshore as root to see live connections")),
    }
}

fn through_tool(scene: &Scene) -> Result<Vec<NatSession>, String> {
    match run("conntrack", &["-L", "-o", "extended"]) {
        Ok(output) => Ok(collect(output.as_slice(), scene)),
        Err(error @ RunError::Missing { .. }) => {
            Err(format!("{error} and there is no {TABLE}; install the package `conntrack` to see live connections"))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn collect(table: impl BufRead, scene: &Scene) -> Vec<NatSession> {
    let lines = table.lines().take(READ).map_while(Result::ok);
    lines.filter_map(|line| conntrack::session(&line, scene)).take(SHOWN).collect()
}
