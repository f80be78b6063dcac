//! The verbs: what scripts do with containers, with docker's names, flags, outputs and codes, on any endpoint.
//! Knows neither how an engine is spoken to nor how a screen is drawn.

mod copy;
mod detach;
mod each;
mod exec;
mod files;
mod find;
mod flags;
mod groups;
mod image;
mod inspect;
mod life;
mod look;
mod ports;
mod progress;
mod spec;
mod start;
mod streams;
mod words;

use clap::Subcommand;

pub(crate) use self::words::BadValue;
use super::print::{Failure, Out};
use crate::backend::Engine;

/// The code of a command that was not understood, or of our own failure beside a container's code (docker's).
pub(crate) const OUR_FAILURE: u8 = 125;

/// A verb, with what it is about.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a container and start it
    Run(Box<start::Run>),
    /// Make a container, and print its id
    Create(Box<start::Create>),
    /// Start containers
    Start(start::Start),
    /// Stop containers
    Stop(life::Stop),
    /// Stop containers and start them again
    Restart(life::Stop),
    /// Send a signal to containers
    Kill(life::Kill),
    /// Freeze containers
    Pause(life::Names),
    /// Thaw containers
    Unpause(life::Names),
    /// Remove containers
    Rm(life::Remove),
    /// Give a container another name
    Rename(life::Rename),
    /// Change limits of containers
    Update(Box<life::Update>),
    /// Wait for containers to end, and print their codes
    Wait(life::Names),
    /// Start a process in a container
    Exec(exec::Exec),
    /// Be joined to the main process of a container
    Attach(start::Attach),
    /// Print the log of a container
    Logs(look::Logs),
    /// Print what the engine knows of things
    Inspect(inspect::Inspect),
    /// List the processes of a container
    Top(look::Top),
    /// Print what containers use
    Stats(look::Stats),
    /// List what a container changed in its files
    Diff(look::Diff),
    /// List the published ports of a container
    Port(ports::List),
    /// Publish ports of a container that is there, at once when it runs
    Publish(ports::Change),
    /// End the publishing of ports
    Unpublish(ports::Change),
    /// Copy files to or from a container
    Cp(copy::Copy),
    /// Write all files of a container to a tar archive
    Export(copy::Export),
    /// Make an image of a container
    Commit(image::Commit),
    /// Pull an image
    Pull(image::Transfer),
    /// Push an image
    Push(image::Transfer),
    /// Give an image a further name
    Tag(image::Tag),
    /// Remove images
    Rmi(image::Remove),
    /// Write images to an archive
    Save(image::Save),
    /// Take images out of an archive
    Load(image::Load),
    /// Make an image of an archive of files
    Import(image::Import),
    /// Print how an image was made
    History(image::History),
    /// Volumes
    #[command(subcommand)]
    Volume(groups::VolumeVerb),
    /// Networks
    #[command(subcommand)]
    Network(groups::NetworkVerb),
    /// Images
    #[command(subcommand)]
    Image(groups::ImageVerb),
    /// Containers
    #[command(subcommand)]
    Container(groups::ContainerVerb),
    /// Remove what nobody needs: containers, networks, images
    Prune(groups::PruneAll),
}

impl Verb {
    /// Does it.
    pub(crate) async fn go(self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let verb = match self {
            Self::Container(verb) => match verb.bare() {
                Ok(verb) => verb,
                Err(own) => return own.go(engine, out).await,
            },
            verb => verb,
        };
        match verb {
            Self::Run(run) => run.go(engine, out).await,
            Self::Create(create) => create.go(engine, out).await,
            Self::Start(start) => start.go(engine, out).await,
            Self::Stop(stop) => stop.stop(engine, out).await,
            Self::Restart(stop) => stop.restart(engine, out).await,
            Self::Kill(kill) => kill.go(engine, out).await,
            Self::Pause(names) => names.pause(engine, out).await,
            Self::Unpause(names) => names.unpause(engine, out).await,
            Self::Rm(remove) => remove.go(engine, out).await,
            Self::Rename(rename) => rename.go(engine).await,
            Self::Update(update) => update.go(engine, out).await,
            Self::Wait(names) => names.wait(engine, out).await,
            Self::Exec(exec) => exec.go(engine).await,
            Self::Attach(attach) => attach.go(engine).await,
            Self::Logs(logs) => logs.go(engine, out).await,
            Self::Inspect(inspect) => inspect.go(engine, out, None).await,
            Self::Top(top) => top.go(engine, out).await,
            Self::Stats(stats) => stats.go(engine, out).await,
            Self::Diff(diff) => diff.go(engine, out).await,
            Self::Port(list) => list.go(engine, out).await,
            Self::Publish(change) => change.publish(engine, out).await,
            Self::Unpublish(change) => change.unpublish(engine).await,
            Self::Cp(copy) => copy.go(engine).await,
            Self::Export(export) => export.go(engine).await,
            Self::Commit(commit) => commit.go(engine, out).await,
            Self::Pull(pull) => pull.pull(engine, out).await,
            Self::Push(push) => push.push(engine, out).await,
            Self::Tag(tag) => tag.go(engine).await,
            Self::Rmi(remove) => remove.go(engine, out).await,
            Self::Save(save) => save.go(engine).await,
            Self::Load(load) => load.go(engine, out).await,
            Self::Import(import) => import.go(engine, out).await,
            Self::History(history) => history.go(engine, out).await,
            Self::Volume(verb) => verb.go(engine, out).await,
            Self::Network(verb) => verb.go(engine, out).await,
            Self::Image(verb) => verb.go(engine, out).await,
            Self::Prune(prune) => prune.go(engine, out).await,
            // Taken apart above.
            Self::Container(_) => Ok(()),
        }
    }
}
