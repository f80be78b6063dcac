//! Making and starting containers: `run`, `create`, `start`, `attach`. Knows no flag's spelling but its own.

use std::{io::Write, path::Path};

use super::{
    detach::Detach,
    each, find,
    flags::{ContainerFlags, Pull},
    progress,
    spec::{Outside, Wanted, wanted},
    streams::{self, End, Join, Target},
};
use crate::{
    backend::{Engine, EngineError},
    cli::print::{Failure, Out},
    model::{Container, ContainerId, ContainerSpec, MountKind},
};

/// `run`.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Run {
    #[command(flatten)]
    flags: ContainerFlags,
    /// Leave it alone, and print its id
    #[arg(short = 'd', long)]
    detach: bool,
    #[command(flatten)]
    hold: Hold,
    /// Say nothing of a pull
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Image, and what to run in it
    #[arg(value_name = "IMAGE [COMMAND]", trailing_var_arg = true, required = true)]
    words: Vec<String>,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// `create`.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Create {
    #[command(flatten)]
    flags: ContainerFlags,
    /// Say nothing of a pull
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Image, and what to run in it
    #[arg(value_name = "IMAGE [COMMAND]", trailing_var_arg = true, required = true)]
    words: Vec<String>,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

/// How this process holds on to one in a container.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Hold {
    /// Pass signals on to it
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", action = clap::ArgAction::Set)]
    sig_proxy: bool,
    /// Keys that let go of it
    #[arg(long, value_name = "KEYS")]
    detach_keys: Option<String>,
}

impl Hold {
    fn join(&self, input: bool, tty: bool) -> Result<Join, Failure> {
        let detach = self.detach_keys.as_deref().map(Detach::parse).transpose()?.unwrap_or_default();
        // On a terminal the keys themselves arrive, ^C too.
        Ok(Join { input, tty, proxy: self.sig_proxy && !tty, detach })
    }
}

/// `start`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Start {
    /// Print what it prints, and end with its code
    #[arg(short = 'a', long)]
    attach: bool,
    /// Send it what is typed
    #[arg(short = 'i', long)]
    interactive: bool,
    #[command(flatten)]
    hold: Hold,
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
}

/// `attach`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Attach {
    /// Send it nothing
    #[arg(long)]
    no_stdin: bool,
    #[command(flatten)]
    hold: Hold,
    container: String,
}

fn read_flags(flags: &ContainerFlags, words: &[String]) -> Result<Wanted, Failure> {
    let outside = Outside {
        variable: &|name| std::env::var(name).ok(),
        file: &|path: &Path| std::fs::read_to_string(path),
        folder: std::env::current_dir().unwrap_or_default(),
    };
    Ok(wanted(flags, words, &outside)?)
}

/// What others have mounted, each at its place unless something else is wanted there.
async fn with_mounts_of(
    engine: &dyn Engine,
    others: &[String],
    mut spec: ContainerSpec,
) -> Result<ContainerSpec, Failure> {
    for other in others {
        let (name, read_only) = match other.rsplit_once(':') {
            Some((name, "ro")) => (name, true),
            Some((name, "rw")) => (name, false),
            _ => (other.as_str(), false),
        };
        let id = find::container(engine, name).await?.id;
        for mut mount in engine.container(&id).await?.mounts {
            mount.read_only |= read_only;
            let is_kept = matches!(mount.kind, MountKind::Volume | MountKind::Bind);
            if is_kept && spec.mounts.iter().all(|wanted| wanted.target != mount.target) {
                spec.mounts.push(mount);
            }
        }
    }
    Ok(spec)
}

/// Makes a container, pulling its image as the flags say.
async fn make(
    engine: &dyn Engine,
    flags: &ContainerFlags,
    wanted: &Wanted,
    quiet: bool,
) -> Result<ContainerId, Failure> {
    let spec = &with_mounts_of(engine, &flags.places.volumes_from, wanted.spec.clone()).await?;
    if flags.pull == Pull::Always {
        pull(engine, spec, quiet).await?;
    }
    let made = match engine.create(spec).await {
        Err(EngineError::NotFound { .. })
            if flags.pull == Pull::Missing && !find::has_image(engine, &spec.image).await? =>
        {
            if !quiet {
                crate::cli::print::note(&format!("there is no image `{}` here: pulling it", spec.image));
            }
            pull(engine, spec, quiet).await?;
            engine.create(spec).await
        }
        made => made,
    };
    let id = made?;
    for network in &wanted.more_networks {
        let network = find::network(engine, network).await?;
        engine.connect(&network, &id).await?;
    }
    if let Some(file) = &flags.cidfile {
        std::fs::write(file, id.as_str())?;
    }
    Ok(id)
}

async fn pull(engine: &dyn Engine, spec: &ContainerSpec, quiet: bool) -> Result<(), Failure> {
    let pulled = progress::told(quiet, async |report| match &spec.platform {
        Some(platform) => engine.pull_platform(&spec.image, platform, &report).await,
        None => engine.pull(&spec.image, &report).await,
    });
    Ok(pulled.await?)
}

impl Create {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let mut wanted = read_flags(&self.flags, &self.words)?;
        wanted.spec.stdin_once = wanted.spec.stdin;
        let id = make(engine, &self.flags, &wanted, self.quiet).await?;
        Ok(writeln!(out, "{id}")?)
    }
}

impl Run {
    /// Every failure of our own is code 125, as docker has it.
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        self.try_go(engine, out).await.map_err(|failure| failure.with_code_if_plain(125))
    }

    async fn try_go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let mut wanted = read_flags(&self.flags, &self.words)?;
        let (input, tty) = (wanted.spec.stdin, wanted.spec.tty);
        if self.detach {
            let id = make(engine, &self.flags, &wanted, self.quiet).await?;
            engine.start(&id).await.map_err(|error| streams::not_run(&error))?;
            return Ok(writeln!(out, "{id}")?);
        }
        streams::check_terminal(input, tty)?;
        let join = self.hold.join(input, tty)?;
        wanted.spec.stdin_once = input;
        let id = make(engine, &self.flags, &wanted, self.quiet).await?;
        let console = match engine.run(&id, streams::size()).await {
            Ok(console) => console,
            Err(error) => {
                self.tidy(engine, &id).await;
                return Err(streams::not_run(&error));
            }
        };
        end(streams::carry(console, join, Target { engine, id: &id }).await?)
    }

    /// What could not be started is not left behind by `--rm`.
    async fn tidy(&self, engine: &dyn Engine, id: &ContainerId) {
        if self.flags.rm {
            let how = crate::model::RemoveContainer { volumes: true, force: true };
            if let Err(error) = engine.remove(id, how).await {
                tracing::debug!(%error, "it is gone already");
            }
        }
    }
}

/// The container's code is ours.
pub(crate) fn end(end: End) -> Result<(), Failure> {
    match end {
        End::Code(0) | End::Detached => Ok(()),
        End::Code(code) => Err(Failure::Ended(u8::try_from(code & 0xff).unwrap_or(1))),
    }
}

impl Start {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        if !self.attach && !self.interactive {
            return each::printed(out, &self.containers, async |name| {
                let found = find::container(engine, name).await?;
                engine.start(&found.id).await
            })
            .await;
        }
        let [name] = self.containers.as_slice() else {
            return Err(Failure::plain("you cannot start and attach multiple containers at once", 1));
        };
        let found = find::container(engine, name).await?;
        let console = engine.run(&found.id, streams::size()).await?;
        let join = self.hold.join(self.interactive, is_tty(engine, &found).await?)?;
        end(streams::carry(console, join, Target { engine, id: &found.id }).await?)
    }
}

/// Only an inspect tells it.
async fn is_tty(engine: &dyn Engine, container: &Container) -> Result<bool, EngineError> {
    match container.tty {
        Some(tty) => Ok(tty),
        None => Ok(engine.container(&container.id).await?.tty.unwrap_or_default()),
    }
}

impl Attach {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        let found = find::container(engine, &self.container).await?;
        if !found.state.is_up() {
            return Err(Failure::plain("You cannot attach to a stopped container, start it first", 1));
        }
        let tty = is_tty(engine, &found).await?;
        let join = self.hold.join(!self.no_stdin, tty)?;
        let console = engine.attach(&found.id, streams::size()).await?;
        end(streams::carry(console, join, Target { engine, id: &found.id }).await?)
    }
}
