//! Ports of containers that are there: `port`, `publish`, `unpublish`. Knows nothing of how they are published.

use std::io::{self, Write};

use super::find;
use crate::{
    backend::Engine,
    cli::print::{Failure, Out},
    model::{PortMapping, short},
};

/// `port`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct List {
    container: String,
}

/// `publish` and `unpublish`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Change {
    container: String,
    /// [address:][host port:]port[/protocol], also ranges
    #[arg(required = true, value_name = "PORT", value_parser = short::ports)]
    ports: Vec<Vec<PortMapping>>,
}

impl List {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let found = find::container(engine, &self.container).await?;
        for port in &found.ports {
            if let Some(outer) = port.host_port {
                print(port, outer, out)?;
            }
        }
        Ok(())
    }
}

impl Change {
    /// Publishes each port, and prints where.
    pub(crate) async fn publish(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let id = find::container(engine, &self.container).await?.id;
        for port in self.ports.iter().flatten() {
            for outer in engine.publish(&id, port).await? {
                print(port, outer, out)?;
            }
        }
        Ok(())
    }

    /// Ends the publishing of each port; without a host's port, at all that lead to it.
    pub(crate) async fn unpublish(&self, engine: &dyn Engine) -> Result<(), Failure> {
        let id = find::container(engine, &self.container).await?.id;
        for port in self.ports.iter().flatten() {
            engine.unpublish(&id, port).await?;
        }
        Ok(())
    }
}

/// "80/tcp -> 0.0.0.0:8080", as docker has it.
fn print(port: &PortMapping, outer: u16, out: &mut Out) -> io::Result<()> {
    let ip = port.host_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or("0.0.0.0");
    let ip = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    writeln!(out, "{}/{} -> {ip}:{outer}", port.container_port, port.protocol)
}
