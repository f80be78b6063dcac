//! NAT and firewall: read from the host where it is this one, derived from ports and networks elsewhere.

use async_trait::async_trait;

use super::{DockerEngine, system};
use crate::{
    backend::{
        Containers, EngineError, NatTable, Networks, Result, Rules, derive,
        local::{LocalHost, read_host},
    },
    model::{Container, ContainerId, Explanation, Firewall, Nat, Network, Packet, PortMapping},
};

/// Why nothing was read where longshore runs on another machine than the engine.
const ELSEWHERE: &str = "the engine runs on another machine: start longshore there to see its own rules";

impl DockerEngine {
    /// Asks the host in a thread of its own; `Err` with the reason when it is another machine or may not be read.
    async fn host_tells<T: Send + 'static>(
        &self,
        networks: &[Network],
        containers: &[Container],
        read: fn(&dyn LocalHost, &[Container], &[Network]) -> Result<T>,
    ) -> std::result::Result<T, String> {
        let Some(host) = self.host.clone() else {
            return Err(ELSEWHERE.to_owned());
        };
        let (containers, networks) = (containers.to_vec(), networks.to_vec());
        match read_host(host, containers, networks, read).await {
            Some(Ok(told)) => Ok(told),
            Some(Err(error)) => Err(because(&error)),
            None => Err("reading the host failed".to_owned()),
        }
    }

    async fn wiring(&self) -> Result<(Vec<Container>, Vec<Network>)> {
        let (containers, networks) = tokio::join!(self.containers(), self.networks());
        Ok((containers?, networks.unwrap_or_default()))
    }
}

/// The reason in an error, with what to do about it.
fn because(error: &EngineError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

#[async_trait]
impl NatTable for DockerEngine {
    async fn nat(&self) -> Result<Nat> {
        let (containers, networks) = self.wiring().await?;
        let told = self.host_tells(&networks, &containers, |host, c, n| host.nat(c, n)).await;
        Ok(match told {
            Ok(mut nat) => {
                derive::find_conflicts(&mut nat.mappings);
                nat
            }
            Err(why) => derive::nat(&containers, &networks, &why),
        })
    }

    async fn publish(&self, id: &ContainerId, port: &PortMapping) -> Result<Vec<u16>> {
        Err(made_once(self.tried(&format!("publish {port} of"), id)))
    }

    async fn unpublish(&self, id: &ContainerId, port: &PortMapping) -> Result<()> {
        Err(made_once(self.tried(&format!("end the publishing of {port} of"), id)))
    }
}

fn made_once(tried: String) -> EngineError {
    EngineError::Unsupported { tried, why: system::MADE_ONCE.into() }
}

#[async_trait]
impl Rules for DockerEngine {
    async fn firewall(&self) -> Result<Firewall> {
        let (containers, networks) = self.wiring().await?;
        let told = self.host_tells(&networks, &containers, |host, c, n| host.firewall(c, n)).await;
        Ok(match told {
            Ok(firewall) => firewall,
            Err(why) => derive::firewall(&containers, &networks, &why),
        })
    }

    async fn explain(&self, packet: &Packet) -> Result<Explanation> {
        let unsupported = |why: &str| EngineError::Unsupported {
            tried: format!("explain what happens to {packet}"),
            why: why.to_owned(),
        };
        let host = self.host.clone().ok_or_else(|| unsupported(ELSEWHERE))?;
        let (containers, networks) = self.wiring().await?;
        let asked = packet.clone();
        let told = read_host(host, containers, networks, move |host, c, n| host.explain(&asked, c, n)).await;
        told.unwrap_or_else(|| Err(unsupported("reading the host failed")))
    }
}
