//! What is done to containers that are there: `stop`, `restart`, `kill`, `pause`, `unpause`, `rm`, `rename`,
//! `update`, `wait`. Knows no flag but its own.
#![allow(rustdoc::broken_intra_doc_links, reason = "help texts put in brackets what may be left out, as docker does")]

use std::time::Duration;

use super::{each, find, flags::Amounts, spec::limits};
use crate::{
    backend::{Engine, EngineError},
    cli::print::{Failure, Out, complain},
    model::{Limits, RemoveContainer, Signal, Until},
};

/// Containers by name or id.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Names {
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

/// `stop` and `restart`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Stop {
    /// Seconds it has to end by itself
    #[arg(short = 't', long, visible_alias = "timeout", value_name = "SECONDS")]
    time: Option<u64>,
    /// Signal that asks it to end
    #[arg(short = 's', long)]
    signal: Option<Signal>,
    #[command(flatten)]
    names: Names,
}

/// `kill`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Kill {
    /// Signal to send
    #[arg(short = 's', long, default_value = "KILL")]
    signal: Signal,
    #[command(flatten)]
    names: Names,
}

/// `rm`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Remove {
    /// Also when it runs: it is killed
    #[arg(short = 'f', long)]
    force: bool,
    /// Also its anonymous volumes
    #[arg(short = 'v', long)]
    volumes: bool,
    #[command(flatten)]
    names: Names,
}

/// `rename`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Rename {
    container: String,
    /// The new name
    name: String,
}

/// `update`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    amounts: Amounts,
    /// When to start it again: no, always, unless-stopped, on-failure[:N]
    #[arg(long, value_name = "POLICY")]
    restart: Option<String>,
    #[command(flatten)]
    names: Names,
}

impl Names {
    /// Does it for each container, printing the name as it was typed.
    async fn each(
        &self,
        engine: &dyn Engine,
        out: &mut Out,
        mut deed: impl AsyncFnMut(crate::model::Container) -> Result<(), EngineError>,
    ) -> Result<(), Failure> {
        each::printed(out, &self.containers, async |name| deed(find::container(engine, name).await?).await).await
    }

    pub(crate) async fn pause(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        self.each(engine, out, async |one| engine.pause(&one.id).await).await
    }

    pub(crate) async fn unpause(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        self.each(engine, out, async |one| engine.unpause(&one.id).await).await
    }

    /// Waits for each and prints its code.
    pub(crate) async fn wait(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        each::told(out, &self.containers, async |name| {
            let found = find::container(engine, name).await?;
            Ok(vec![engine.wait(&found.id, Until::NotRunning).await?.to_string()])
        })
        .await
    }
}

impl Stop {
    fn grace(&self) -> Option<Duration> {
        self.time.map(Duration::from_secs)
    }

    pub(crate) async fn stop(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        self.names.each(engine, out, async |one| engine.stop_with(&one.id, self.signal, self.grace()).await).await
    }

    pub(crate) async fn restart(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        self.names.each(engine, out, async |one| engine.restart_with(&one.id, self.signal, self.grace()).await).await
    }
}

impl Kill {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        self.names.each(engine, out, async |one| engine.kill(&one.id, self.signal).await).await
    }
}

impl Remove {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let how = RemoveContainer { volumes: self.volumes, force: self.force };
        each::told(out, &self.names.containers, async |name| match find::container(engine, name).await {
            Ok(found) => engine.remove(&found.id, how).await.map(|()| vec![name.to_owned()]),
            // What is not there need not be removed by force: told, but no failure.
            Err(error @ EngineError::NotFound { .. }) if self.force => {
                complain(&Failure::from(error));
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        })
        .await
    }
}

impl Rename {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        let found = find::container(engine, &self.container).await?;
        Ok(engine.rename(&found.id, &self.name).await?)
    }
}

impl Update {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let asked = limits(&self.amounts, self.restart.as_deref())?;
        self.names
            .each(engine, out, async |one| {
                let mut limits = asked.clone();
                if self.restart.is_none() {
                    // Unlike the others, a policy that is not named would be taken back.
                    limits.restart = policy(engine, &one).await?;
                }
                engine.update(&one.id, &limits).await
            })
            .await
    }
}

async fn policy(
    engine: &dyn Engine,
    one: &crate::model::Container,
) -> Result<crate::model::RestartPolicy, EngineError> {
    let known = |limits: &Option<Limits>| limits.as_ref().map(|limits| limits.restart);
    match known(&one.limits) {
        Some(policy) => Ok(policy),
        None => Ok(known(&engine.container(&one.id).await?.limits).unwrap_or_default()),
    }
}
