//! The nouns with verbs of their own: `volume`, `network`, `image`, `container`, and `prune` over all of them.
//! Knows no flag but theirs.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Subcommand;

use super::{Verb, each, find, inspect, life, words};
use crate::{
    backend::{Engine, Pruned},
    cli::{
        args::Form,
        print::{Failure, Out},
        reads,
    },
    model::{Bytes, NetworkSpec, VolumeKind, VolumeName, VolumeSpec},
};

/// A list: a table, JSON, or only what names each.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct List {
    /// Print only names or ids
    #[arg(short = 'q', long)]
    quiet: bool,
    #[command(flatten)]
    form: Form,
}

/// Asked before things are removed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Sure {
    /// Ask nothing
    #[arg(short = 'f', long)]
    force: bool,
}

impl Sure {
    /// Whether it is to be done.
    fn ask(self, what: &str) -> Result<bool, Failure> {
        if self.force {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::plain("this removes things: say so with --force", 1));
        }
        write!(io::stderr(), "This removes {what}. Go on? [y/N] ")?;
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

/// `volume …`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum VolumeVerb {
    /// Make one, and print its name
    Create {
        /// Driver
        #[arg(short = 'd', long)]
        driver: Option<String>,
        /// Option of the driver: KEY=value
        #[arg(short = 'o', long, value_name = "KEY=VALUE")]
        opt: Vec<String>,
        /// Label: KEY=value
        #[arg(long, value_name = "KEY[=VALUE]")]
        label: Vec<String>,
        name: Option<String>,
    },
    /// List them
    #[command(visible_alias = "list")]
    Ls(List),
    /// Remove some
    #[command(visible_alias = "remove")]
    Rm {
        /// No complaint about what is not there
        #[arg(short = 'f', long)]
        force: bool,
        #[arg(value_name = "VOLUME", required = true)]
        names: Vec<String>,
    },
    /// Print what the engine knows of some
    Inspect(inspect::Inspect),
    /// Remove those that no container has
    Prune {
        /// Named ones too
        #[arg(short = 'a', long)]
        all: bool,
        #[command(flatten)]
        sure: Sure,
    },
}

/// `network …`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum NetworkVerb {
    /// Make one, and print its id
    Create {
        /// Driver
        #[arg(short = 'd', long)]
        driver: Option<String>,
        /// Address range, such as 10.1.0.0/24
        #[arg(long)]
        subnet: Option<String>,
        /// Address of its gateway
        #[arg(long)]
        gateway: Option<String>,
        /// Cut off from outside
        #[arg(long)]
        internal: bool,
        /// With IPv6
        #[arg(long)]
        ipv6: bool,
        /// Let containers join by hand
        #[arg(long)]
        attachable: bool,
        /// Label: KEY=value
        #[arg(long, value_name = "KEY[=VALUE]")]
        label: Vec<String>,
        name: String,
    },
    /// List them
    #[command(visible_alias = "list")]
    Ls(List),
    /// Remove some
    #[command(visible_alias = "remove")]
    Rm {
        #[arg(value_name = "NETWORK", required = true)]
        names: Vec<String>,
    },
    /// Print what the engine knows of some
    Inspect(inspect::Inspect),
    /// Put a container into one
    Connect { network: String, container: String },
    /// Take a container out of one
    Disconnect { network: String, container: String },
    /// Remove those that nobody is in
    Prune(Sure),
}

/// `image …`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ImageVerb {
    /// List them
    #[command(visible_alias = "list")]
    Ls(List),
    /// Pull one
    Pull(super::image::Transfer),
    /// Push one
    Push(super::image::Transfer),
    /// Give one a further name
    Tag(super::image::Tag),
    /// Remove some
    #[command(visible_alias = "remove")]
    Rm(super::image::Remove),
    /// Write some to an archive
    Save(super::image::Save),
    /// Take some out of an archive
    Load(super::image::Load),
    /// Make one of an archive of files
    Import(super::image::Import),
    /// Print how one was made
    History(super::image::History),
    /// Print what the engine knows of some
    Inspect(inspect::Inspect),
    /// Remove those without a name
    Prune {
        /// All that no container needs
        #[arg(short = 'a', long)]
        all: bool,
        #[command(flatten)]
        sure: Sure,
    },
}

/// `container …`: the verbs of containers, as they stand without it, and two of its own.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ContainerVerb {
    /// List them
    #[command(visible_alias = "list", visible_alias = "ps")]
    Ls(List),
    /// Remove all that do not run
    Prune(Sure),
    /// Print what the engine knows of some
    Inspect(inspect::Inspect),
    /// Make one and start it
    Run(Box<super::start::Run>),
    /// Make one
    Create(Box<super::start::Create>),
    /// Start some
    Start(super::start::Start),
    /// Stop some
    Stop(life::Stop),
    /// Remove some
    Rm(life::Remove),
    /// Start a process in one
    Exec(super::exec::Exec),
    /// Print the log of one
    Logs(super::look::Logs),
}

/// `prune`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct PruneAll {
    /// All images that no container needs, not only those without a name
    #[arg(short = 'a', long)]
    all: bool,
    /// Anonymous volumes too
    #[arg(long)]
    volumes: bool,
    #[command(flatten)]
    sure: Sure,
}

fn freed(out: &mut Out, pruned: &Pruned) -> Result<(), Failure> {
    Ok(writeln!(out, "Total reclaimed space: {}", pruned.freed)?)
}

impl VolumeVerb {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        match self {
            Self::Create { driver, opt, label, name } => {
                let spec = VolumeSpec {
                    name: name.clone(),
                    driver: driver.clone(),
                    options: words::pairs(opt)?,
                    labels: words::pairs(label)?,
                };
                Ok(writeln!(out, "{}", engine.create_volume(&spec).await?)?)
            }
            Self::Ls(list) => {
                let all = engine.volumes().await?;
                // Host paths are no volumes of the engine, so a script could not remove them.
                let own = all.iter().filter(|volume| volume.kind != VolumeKind::Bind);
                if list.quiet {
                    names(out, own.map(|volume| volume.name.as_str()))
                } else {
                    reads::volumes(out, list.form, &all)
                }
            }
            Self::Rm { force, names } => {
                each::printed(out, names, async |name| match engine.remove_volume(&VolumeName::new(name)).await {
                    Err(crate::backend::EngineError::NotFound { .. }) if *force => Ok(()),
                    done => done,
                })
                .await
            }
            Self::Inspect(inspect) => inspect.go(engine, out, Some(inspect::What::Volume)).await,
            Self::Prune { all, sure } => {
                if sure.ask("the volumes that no container has")? {
                    freed(out, &engine.prune_volumes(*all).await?)?;
                }
                Ok(())
            }
        }
    }
}

fn names<'a>(out: &mut Out, all: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    for name in all {
        writeln!(out, "{name}")?;
    }
    Ok(())
}

impl NetworkVerb {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        match self {
            Self::Create { driver, subnet, gateway, internal, ipv6, attachable, label, name } => {
                let spec = NetworkSpec {
                    name: name.clone(),
                    driver: driver.clone(),
                    subnet: subnet.clone(),
                    gateway: gateway.clone(),
                    internal: *internal,
                    ipv6: *ipv6,
                    attachable: *attachable,
                    labels: words::pairs(label)?,
                };
                Ok(writeln!(out, "{}", engine.create_network(&spec).await?)?)
            }
            Self::Ls(list) => {
                let all = engine.networks().await?;
                if list.quiet {
                    names(out, all.iter().map(|one| one.id.short()))
                } else {
                    reads::networks(out, list.form, &all)
                }
            }
            Self::Rm { names } => {
                each::printed(out, names, async |name| {
                    let id = find::network(engine, name).await?;
                    engine.remove_network(&id).await
                })
                .await
            }
            Self::Inspect(inspect) => inspect.go(engine, out, Some(inspect::What::Network)).await,
            Self::Connect { network, container } => {
                let (network, found) =
                    (find::network(engine, network).await?, find::container(engine, container).await?);
                Ok(engine.connect(&network, &found.id).await?)
            }
            Self::Disconnect { network, container } => {
                let (network, found) =
                    (find::network(engine, network).await?, find::container(engine, container).await?);
                Ok(engine.disconnect(&network, &found.id).await?)
            }
            Self::Prune(sure) => {
                if sure.ask("the networks that nobody is in")? {
                    engine.prune_networks().await?;
                }
                Ok(())
            }
        }
    }
}

impl ImageVerb {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        match self {
            Self::Ls(list) => {
                let all = engine.images().await?;
                let ids: Vec<_> = all.iter().map(|image| find::short(&image.id)).collect();
                if list.quiet {
                    names(out, ids.iter().map(String::as_str))
                } else {
                    reads::images(out, list.form, &all)
                }
            }
            Self::Pull(pull) => pull.pull(engine, out).await,
            Self::Push(push) => push.push(engine, out).await,
            Self::Tag(tag) => tag.go(engine).await,
            Self::Rm(remove) => remove.go(engine, out).await,
            Self::Save(save) => save.go(engine).await,
            Self::Load(load) => load.go(engine, out).await,
            Self::Import(import) => import.go(engine, out).await,
            Self::History(history) => history.go(engine, out).await,
            Self::Inspect(inspect) => inspect.go(engine, out, Some(inspect::What::Image)).await,
            Self::Prune { all, sure } => {
                let what = if *all { "all images that no container needs" } else { "the images without a name" };
                if sure.ask(what)? {
                    freed(out, &engine.prune_images(*all).await?)?;
                }
                Ok(())
            }
        }
    }
}

impl ContainerVerb {
    /// The same verb without the noun before it.
    pub(crate) fn bare(self) -> Result<Verb, Box<Self>> {
        Ok(match self {
            Self::Run(run) => Verb::Run(run),
            Self::Create(create) => Verb::Create(create),
            Self::Start(start) => Verb::Start(start),
            Self::Stop(stop) => Verb::Stop(stop),
            Self::Rm(remove) => Verb::Rm(remove),
            Self::Exec(exec) => Verb::Exec(exec),
            Self::Logs(logs) => Verb::Logs(logs),
            own => return Err(Box::new(own)),
        })
    }

    /// What only this noun has.
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        match self {
            Self::Ls(list) => {
                let all = engine.containers().await?;
                if list.quiet {
                    names(out, all.iter().map(|one| one.id.short()))
                } else {
                    reads::containers(out, list.form, &all)
                }
            }
            Self::Inspect(inspect) => inspect.go(engine, out, Some(inspect::What::Container)).await,
            Self::Prune(sure) => {
                if sure.ask("all containers that do not run")? {
                    freed(out, &engine.prune_containers().await?)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl PruneAll {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let volumes = if self.volumes { ", anonymous volumes that no container has" } else { "" };
        let images = if self.all { "all images that no container needs" } else { "images without a name" };
        if !self.sure.ask(&format!("containers that do not run, networks that nobody is in, {images}{volumes}"))? {
            return Ok(());
        }
        // What went first may be what held the next.
        let mut sum = engine.prune_containers().await?.freed;
        engine.prune_networks().await?;
        if self.volumes {
            sum = sum + engine.prune_volumes(false).await?.freed;
        }
        sum = sum + engine.prune_images(self.all).await?.freed;
        freed(out, &Pruned { count: 0, freed: sum.max(Bytes(0)) })
    }
}
