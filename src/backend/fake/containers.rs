//! Containers of a fake engine. Knows no script but the call it is.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use super::{
    Call, FakeEngine,
    archives::{gather, packed},
    ending::Waiting,
    life::{KILLED, TERMINATED},
    world::{Item, World, conflict, not_found, refused},
};
use crate::{
    backend::{Archive, Containers, Flow, Pruned, Result},
    model::{
        Attachment, Bytes, CommitSpec, Container, ContainerId, ContainerSpec, Health, ImageId, Isolation, Limits,
        LogLine, LogOptions, MountKind, PathChange, Process, RemoveContainer, Sample, Signal, State, Until,
    },
};

#[async_trait]
impl Containers for FakeEngine {
    async fn containers(&self) -> Result<Vec<Container>> {
        self.call(Call::Containers, "", |world, _| {
            let mut all: Vec<_> = world.containers.values().map(|item| listed(&item.container)).collect();
            all.sort_by(|a, b| (b.created, &a.name).cmp(&(a.created, &b.name)));
            Ok(all)
        })
        .await
    }

    async fn container(&self, id: &ContainerId) -> Result<Container> {
        self.call(Call::Container, id.as_str(), |world, tried| Ok(world.item(tried, id)?.container.clone())).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        let on = spec.name.as_deref().unwrap_or(&spec.image);
        self.call(Call::Create, on, |world, tried| {
            let id = world.create(tried, spec)?;
            if spec.start {
                world.run(tried, &id)?;
            }
            Ok(id)
        })
        .await
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        self.call(Call::Start, id.as_str(), |world, tried| match world.item(tried, id)?.container.state {
            State::Paused => Err(conflict(tried, "cannot start a paused container, try unpause instead")),
            // dockerd answers "not modified", which is no error.
            state if state.is_up() => Ok(()),
            _ => world.run(tried, id),
        })
        .await
    }

    async fn stop(&self, id: &ContainerId, _grace: Duration) -> Result<()> {
        self.call(Call::Stop, id.as_str(), |world, tried| world.stop(tried, id)).await
    }

    async fn restart(&self, id: &ContainerId, _grace: Duration) -> Result<()> {
        self.call(Call::Restart, id.as_str(), |world, tried| {
            world.stop(tried, id)?;
            world.run(tried, id)?;
            world.happened_to(id, "restart", &[]);
            Ok(())
        })
        .await
    }

    async fn kill(&self, id: &ContainerId, signal: Signal) -> Result<()> {
        self.call(Call::Kill, id.as_str(), |world, tried| {
            if !world.item(tried, id)?.container.state.is_up() {
                let short = id.short();
                return Err(conflict(
                    tried,
                    format!("Cannot kill container: {short}: Container {short} is not running"),
                ));
            }
            world.happened_to(id, "kill", &[("signal", signal.name())]);
            if let Some(code) = ends_with(signal) {
                world.died(id, code);
            }
            Ok(())
        })
        .await
    }

    async fn pause(&self, id: &ContainerId) -> Result<()> {
        self.call(Call::Pause, id.as_str(), |world, tried| {
            if world.item(tried, id)?.container.state == State::Paused {
                return Err(conflict(tried, format!("Container {} is already paused", id.short())));
            }
            world.running(tried, id)?.container.state = State::Paused;
            world.happened_to(id, "pause", &[]);
            Ok(())
        })
        .await
    }

    async fn unpause(&self, id: &ContainerId) -> Result<()> {
        self.call(Call::Unpause, id.as_str(), |world, tried| {
            let container = &mut world.item(tried, id)?.container;
            if container.state != State::Paused {
                return Err(refused(tried, 500, format!("Container {} is not paused", id.short())));
            }
            container.state = State::Running;
            world.happened_to(id, "unpause", &[]);
            Ok(())
        })
        .await
    }

    async fn rename(&self, id: &ContainerId, name: &str) -> Result<()> {
        self.call(Call::Rename, id.as_str(), |world, tried| {
            let old = world.item(tried, id)?.container.name.clone();
            if old == name {
                let why = "Renaming a container with the same name as its current name";
                return Err(refused(tried, 400, why));
            }
            world.free_name(tried, name)?;
            world.item(tried, id)?.container.name = name.to_owned();
            world.happened_to(id, "rename", &[("oldName", &format!("/{old}"))]);
            Ok(())
        })
        .await
    }

    async fn remove(&self, id: &ContainerId, how: RemoveContainer) -> Result<()> {
        self.call(Call::Remove, id.as_str(), |world, tried| world.remove(tried, id, how)).await
    }

    async fn update(&self, id: &ContainerId, limits: &Limits) -> Result<()> {
        self.call(Call::Update, id.as_str(), |world, tried| {
            let kept = world.item(tried, id)?.container.limits.get_or_insert_default();
            let swap = limits.memory_swap.or(kept.memory_swap);
            if let (Some(memory), Some(swap)) = (limits.memory, swap)
                && swap < memory
            {
                let why = "Memory limit should be smaller than already set memoryswap limit, update the memoryswap \
                           at the same time";
                return Err(conflict(tried, why));
            }
            *kept = Limits {
                memory: limits.memory.or(kept.memory),
                memory_swap: swap,
                cpus: limits.cpus.or(kept.cpus),
                pids: limits.pids.or(kept.pids),
                restart: limits.restart,
            };
            world.happened_to(id, "update", &[]);
            Ok(())
        })
        .await
    }

    async fn logs(&self, id: &ContainerId, options: LogOptions) -> Result<Flow<LogLine>> {
        self.call(Call::Logs, id.as_str(), |world, tried| {
            let item = world.item(tried, id)?;
            let since = |line: &&LogLine| options.since.is_none_or(|s| line.at.is_none_or(|at| at.timestamp() >= s));
            let lines: Vec<_> = item.lines.iter().filter(since).cloned().collect();
            let skip = options.tail.map_or(0, |tail| lines.len().saturating_sub(tail as usize));
            let past = stream::iter(lines.into_iter().skip(skip).map(Ok));
            let up = item.container.state.is_up();
            Ok(if options.follow && up {
                Box::pin(past.chain(item.log_readers.add()))
            } else {
                Box::pin(past) as Flow<_>
            })
        })
        .await
    }

    async fn stats(&self, id: &ContainerId) -> Result<Flow<Sample>> {
        self.call(Call::Stats, id.as_str(), |world, tried| {
            let item = world.item(tried, id)?;
            if !item.container.state.is_up() {
                return Ok(Box::pin(stream::empty()) as Flow<_>);
            }
            let past: Vec<_> = item.samples.iter().copied().map(Ok).collect();
            Ok(Box::pin(stream::iter(past).chain(item.watchers.add())))
        })
        .await
    }

    async fn processes(&self, id: &ContainerId) -> Result<Vec<Process>> {
        self.call(Call::Processes, id.as_str(), |world, tried| {
            let item = world.item(tried, id)?;
            if !item.container.state.is_up() {
                return Err(conflict(tried, format!("Container {} is not running", id.short())));
            }
            let mut all = item.processes.clone();
            let execs = world.execs.values().filter(|session| session.container == *id);
            all.extend(execs.flat_map(|session| session.processes.iter().cloned()));
            Ok(all)
        })
        .await
    }

    async fn changes(&self, id: &ContainerId) -> Result<Vec<PathChange>> {
        self.call(Call::Changes, id.as_str(), |world, tried| Ok(world.item(tried, id)?.changes.clone())).await
    }

    async fn prune_containers(&self) -> Result<Pruned> {
        self.call(Call::PruneContainers, "", |world, _| {
            let idle = world.containers.values().filter(|item| !item.container.state.is_up());
            let gone: Vec<_> =
                idle.map(|i| (i.container.id.clone(), i.container.size_rw.unwrap_or_default())).collect();
            for (id, _) in &gone {
                world.destroy(id);
            }
            Ok(Pruned { count: gone.len(), freed: gone.iter().map(|(_, size)| *size).sum() })
        })
        .await
    }

    async fn stop_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        // It ends at once whatever it is sent.
        let _ = signal;
        self.stop(id, grace.unwrap_or_default()).await
    }

    async fn restart_with(&self, id: &ContainerId, signal: Option<Signal>, grace: Option<Duration>) -> Result<()> {
        let _ = signal;
        self.restart(id, grace.unwrap_or_default()).await
    }

    async fn wait(&self, id: &ContainerId, until: Until) -> Result<i64> {
        let waiting = self.call(Call::Wait, id.as_str(), |world, tried| world.wait(tried, id, until)).await?;
        match waiting {
            Waiting::Over(code) => Ok(code),
            Waiting::For(events) => self.see_end(id, events, until).await,
        }
    }

    async fn commit(&self, id: &ContainerId, spec: &CommitSpec) -> Result<ImageId> {
        self.call(Call::Commit, id.as_str(), |world, tried| world.commit(tried, id, spec)).await
    }

    async fn export(&self, id: &ContainerId) -> Result<Archive> {
        self.call(Call::Export, id.as_str(), |world, tried| packed(tried, &world.item(tried, id)?.files)).await
    }

    async fn copy_out(&self, id: &ContainerId, path: &str) -> Result<Archive> {
        self.call(Call::CopyOut, id.as_str(), |world, tried| world.copy_out(tried, id, path)).await
    }

    async fn copy_in(&self, id: &ContainerId, folder: &str, archive: Archive) -> Result<()> {
        let all = gather(archive).await?;
        self.call(Call::CopyIn, id.as_str(), |world, tried| world.copy_in(tried, id, folder, &all)).await
    }
}

/// The code with which a process ends that this signal ends.
fn ends_with(signal: Signal) -> Option<i64> {
    match signal.name() {
        "KILL" => Some(KILLED),
        "TERM" => Some(TERMINATED),
        "INT" => Some(130),
        "QUIT" => Some(131),
        _ => None,
    }
}

/// A container as a list tells it: without what only an inspect knows, and with ports only while it is up.
fn listed(container: &Container) -> Container {
    let mut listed = Container {
        started: None,
        finished: None,
        restarts: 0,
        oom_killed: false,
        pid: None,
        tty: None,
        limits: None,
        size_rw: None,
        maker: None,
        ..container.clone()
    };
    if !container.state.is_up() {
        listed.ports.clear();
    }
    listed
}

impl World {
    fn stop(&mut self, tried: &str, id: &ContainerId) -> Result<()> {
        if self.item(tried, id)?.container.state.is_up() {
            self.happened_to(id, "kill", &[("signal", "15")]);
            self.died(id, TERMINATED);
            self.happened_to(id, "stop", &[]);
        }
        Ok(())
    }

    fn remove(&mut self, tried: &str, id: &ContainerId, how: RemoveContainer) -> Result<()> {
        let state = self.item(tried, id)?.container.state;
        if state.is_up() {
            if !how.force {
                let word = if state == State::Paused { "paused" } else { "running" };
                let why = format!(
                    "You cannot remove a {word} container {}. Stop the container before attempting removal or force \
                     remove",
                    id.short()
                );
                return Err(conflict(tried, why));
            }
            self.happened_to(id, "kill", &[("signal", "9")]);
            self.died(id, KILLED);
        }
        if how.volumes {
            self.drop_anonymous_volumes(id);
        }
        self.destroy(id);
        Ok(())
    }

    fn free_name(&mut self, tried: &str, name: &str) -> Result<()> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.len() < 2 || !name.chars().all(allowed) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let why = format!("Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
            return Err(refused(tried, 400, why));
        }
        let Some(holder) = self.id_of(name) else {
            return Ok(());
        };
        let why = format!(
            "Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have to remove (or \
             rename) that container to be able to reuse that name.",
            holder.short()
        );
        Err(conflict(tried, why))
    }

    fn create(&mut self, tried: &str, spec: &ContainerSpec) -> Result<ContainerId> {
        let Some(image) = self.image_of(&spec.image) else {
            return Err(not_found(tried, format!("No such image: {}", super::images::with_tag(&spec.image))));
        };
        let image_id = image.image.id.clone();
        let id = ContainerId::new(self.fresh("container"));
        let name = spec.name.clone().unwrap_or_else(|| format!("quiet_harbour{}", self.containers.len()));
        self.free_name(tried, &name)?;
        let network = spec.network.clone().unwrap_or_else(|| "bridge".to_owned());
        let networks = self.first_place(tried, &network)?;
        let mut command = spec.entrypoint.clone().unwrap_or_default();
        command.extend(spec.command.iter().cloned());
        let mut ports = spec.ports.clone();
        for port in ports.iter_mut().filter(|port| port.host_port.is_some()) {
            port.host_ip.get_or_insert_with(|| "0.0.0.0".to_owned());
        }
        self.make_volumes(spec);
        let container = Container {
            id: id.clone(),
            name,
            image: spec.image.clone(),
            image_id,
            command: command.join(" "),
            state: State::Created,
            health: Health::None,
            created: self.now,
            started: None,
            finished: None,
            restarts: 0,
            oom_killed: false,
            pid: None,
            tty: Some(spec.tty),
            ports,
            mounts: spec.mounts.clone(),
            networks,
            network_mode: network,
            labels: spec.labels.clone(),
            isolation: Isolation::Default,
            limits: Some(spec.limits.clone()),
            size_rw: Some(Bytes(0)),
            maker: None,
        };
        self.containers.insert(id.clone(), Item { command, auto_remove: spec.auto_remove, ..Item::new(container) });
        self.happened_to(&id, "create", &[]);
        Ok(id)
    }

    fn first_place(&self, tried: &str, network: &str) -> Result<Vec<Attachment>> {
        if network.starts_with("container:") {
            return Ok(Vec::new());
        }
        let found = self.networks.values().find(|known| known.name == network || known.id.as_str() == network);
        let found = found.ok_or_else(|| not_found(tried, format!("network {network} not found")))?;
        Ok(vec![super::networks::attachment(found)])
    }

    fn make_volumes(&mut self, spec: &ContainerSpec) {
        for mount in spec.mounts.iter().filter(|mount| mount.kind == MountKind::Volume && !mount.source.is_empty()) {
            self.volume_named(&mount.source);
        }
    }
}
