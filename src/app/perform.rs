//! From a wish to the calls of an engine. The only place where a [`Cmd`] becomes a deed.

use crate::{
    app::cmd::{Cmd, Prune, PruneKind},
    backend::{Engine, Pruned, Reporter, Result, archive_file},
};

/// Does what a wish says; gives one more sentence for the toast where there is something to tell.
///
/// # Errors
/// What the engine says, named after the wish.
pub async fn perform(engine: &dyn Engine, cmd: &Cmd, report: &Reporter) -> Result<Option<String>> {
    match cmd {
        Cmd::Start(t) => engine.start(&t.id).await?,
        Cmd::Stop(t, grace) => engine.stop(&t.id, *grace).await?,
        Cmd::Restart(t, grace) => engine.restart(&t.id, *grace).await?,
        Cmd::Kill(t, signal) => engine.kill(&t.id, *signal).await?,
        Cmd::Pause(t) => engine.pause(&t.id).await?,
        Cmd::Unpause(t) => engine.unpause(&t.id).await?,
        Cmd::Rename(t, name) => engine.rename(&t.id, name).await?,
        Cmd::Remove(t, how) => engine.remove(&t.id, *how).await?,
        Cmd::Update(t, limits) => engine.update(&t.id, limits).await?,
        Cmd::Create(spec) => drop(engine.create(spec).await?),
        Cmd::Pull(reference) => engine.pull(reference, report).await?,
        Cmd::Tag(id, _, tag) => engine.tag(id, tag).await?,
        Cmd::RemoveImage { reference, force, .. } => {
            let gone = engine.remove_image(reference, *force).await?;
            let gone =
                if gone.len() == 1 { "1 name or layer".into() } else { format!("{} names and layers", gone.len()) };
            return Ok(Some(format!("{gone} went")));
        }
        Cmd::CreateVolume(spec) => drop(engine.create_volume(spec).await?),
        Cmd::RemoveVolume(name, _) => engine.remove_volume(name).await?,
        Cmd::BackUpVolume(name, path, about) => {
            let archive = engine.back_up_volume(name).await?;
            let size = archive_file::keep(archive, path, *about, report).await?;
            return Ok(Some(size.to_string()));
        }
        Cmd::RestoreVolume(name, path, _) => {
            engine.restore_volume(name, archive_file::open(path, report).await?).await?;
        }
        Cmd::CreateNetwork(spec) => drop(engine.create_network(spec).await?),
        Cmd::RemoveNetwork(id, _) => engine.remove_network(id).await?,
        Cmd::Connect(id, _, t) => engine.connect(id, &t.id).await?,
        Cmd::Disconnect(id, _, t) => engine.disconnect(id, &t.id).await?,
        Cmd::Publish(t, port) => {
            let chosen = engine.publish(&t.id, port).await?;
            let chosen: Vec<_> = chosen.iter().filter(|_| port.host_port.is_none()).map(ToString::to_string).collect();
            return Ok(Some(format!("the host's port is {}", chosen.join(", "))).filter(|_| !chosen.is_empty()));
        }
        Cmd::Unpublish(t, port) => engine.unpublish(&t.id, port).await?,
        Cmd::AddRule(scope, _, rule) => engine.add_rule(scope, rule).await?,
        Cmd::RemoveRule(number, _) => engine.remove_rule(*number).await?,
        Cmd::Signal(t, pid, signal) => engine.signal(&t.id, *pid, *signal).await?,
        Cmd::Prune(wish) => return prune(engine, wish).await.map(Some),
    }
    Ok(None)
}

async fn prune(engine: &dyn Engine, wish: &Prune) -> Result<String> {
    let Pruned { count, freed } = match wish.what {
        PruneKind::Containers => engine.prune_containers().await?,
        PruneKind::DanglingImages => engine.prune_images(false).await?,
        PruneKind::AllImages => engine.prune_images(true).await?,
        PruneKind::AnonymousVolumes => engine.prune_volumes(false).await?,
        PruneKind::AllVolumes => engine.prune_volumes(true).await?,
        PruneKind::Networks => engine.prune_networks().await?,
    };
    Ok(format!("{count} went, {freed} freed"))
}
