//! What happens to a fake container between its start and its end, and what is told about it. Knows no script.

use std::collections::HashSet;

use crate::{
    backend::Result,
    model::{Attachment, Container, ContainerId, Kind, LogLine, PathChange, PathChangeKind, Process, State},
};

use super::{
    shell::{self, Step},
    world::{World, harmless, refused},
};

/// The code of a process that a signal ended: 128 and the signal's number (POSIX shells count so).
pub(super) const KILLED: i64 = 137;
/// The same for `TERM`.
pub(super) const TERMINATED: i64 = 143;
/// The first port that an engine chooses by itself (Linux, ip_local_port_range).
const CHOSEN: u16 = 32_768;

impl World {
    /// Starts the main process of a container that is not up. What it prints at once is in its log then; if it
    /// ends at once, it has ended then.
    pub(super) fn run(&mut self, tried: &str, id: &ContainerId) -> Result<()> {
        if let Some(program) = self.item(tried, id)?.command.first().filter(|program| program.starts_with("no-such-")) {
            let why = format!("exec: \"{program}\": executable file not found in $PATH");
            return Err(refused(tried, 400, why));
        }
        self.take_ports(tried, id)?;
        self.join_networks(id);
        let pid = self.fresh_pid();
        let now = self.now;
        let item = self.item(tried, id)?;
        let steps = shell::steps(&item.command);
        let container = &mut item.container;
        container.state = State::Running;
        container.started = Some(now);
        container.oom_killed = false;
        container.pid = Some(pid);
        item.processes = vec![main_process(container, pid)];
        self.happened_to(id, "start", &[]);
        self.print(id, &steps);
        Ok(())
    }

    fn print(&mut self, id: &ContainerId, steps: &[Step]) {
        let at = Some(self.now);
        for step in steps {
            match step {
                Step::Print(stream, text) => {
                    if let Some(item) = self.containers.get_mut(id) {
                        item.log(LogLine { at, stream: *stream, text: harmless(text) });
                    }
                }
                Step::Touch(path) => {
                    if let Some(item) = self.containers.get_mut(id) {
                        item.changes.push(PathChange { kind: PathChangeKind::Added, path: path.clone() });
                    }
                }
                Step::Exit(code) => return self.died(id, *code),
                _ => return,
            }
        }
    }

    /// Ends the main process of a container that is up.
    pub(super) fn died(&mut self, id: &ContainerId, code: i64) {
        let now = self.now;
        let Some(item) = self.containers.get_mut(id) else {
            return;
        };
        let container = &mut item.container;
        container.state = State::Exited(code);
        container.finished = Some(now);
        container.pid = None;
        item.processes.clear();
        item.log_readers.end();
        item.watchers.end();
        let auto_remove = item.auto_remove;
        self.execs.retain(|_, session| session.container != *id);
        self.happened_to(id, "die", &[("exitCode", &code.to_string())]);
        self.leave_networks(id);
        if auto_remove {
            self.destroy(id);
        }
    }

    /// Removes a container that is not up.
    pub(super) fn destroy(&mut self, id: &ContainerId) {
        self.happened_to(id, "destroy", &[]);
        self.containers.remove(id);
    }

    /// Takes the host ports that a container publishes, choosing those that are left open.
    fn take_ports(&mut self, tried: &str, id: &ContainerId) -> Result<()> {
        let taken: Vec<(u16, String)> = self.published(id);
        let mut next = CHOSEN;
        let item = self.item(tried, id)?;
        let name = item.container.name.clone();
        for port in &mut item.container.ports {
            let Some(ip) = port.host_ip.clone() else {
                continue;
            };
            match port.host_port {
                Some(wanted) if taken.iter().any(|(port, _)| *port == wanted) => {
                    let address = if ip.is_empty() { "0.0.0.0" } else { &ip };
                    let why = format!(
                        "driver failed programming external connectivity on endpoint {name}: Bind for \
                         {address}:{wanted} failed: port is already allocated"
                    );
                    return Err(refused(tried, 500, why));
                }
                Some(_) => {}
                None => {
                    while taken.iter().any(|(port, _)| *port == next) {
                        next += 1;
                    }
                    port.host_port = Some(next);
                    next += 1;
                }
            }
        }
        Ok(())
    }

    /// Host ports that other containers hold, with their names.
    pub(super) fn published(&self, but: &ContainerId) -> Vec<(u16, String)> {
        let others = self.containers.values().map(|item| &item.container);
        let up = others.filter(|container| container.state.is_up() && container.id != *but);
        up.flat_map(|c| c.ports.iter().filter_map(|port| Some((port.host_port?, c.name.clone())))).collect()
    }

    fn join_networks(&mut self, id: &ContainerId) {
        let places = self.containers.get(id).map_or(0, |item| item.container.networks.len());
        for place in 0..places {
            let network = self.place(id, place).map(|attachment| attachment.network.clone()).unwrap_or_default();
            let address = self.free_address(&network);
            let Some(attachment) = self.place(id, place) else {
                continue;
            };
            attachment.address = address;
            let (network, name) = (attachment.id.clone(), attachment.network.clone());
            let network = network.map_or_else(String::new, |network| network.to_string());
            self.happened(Kind::Network, "connect", &network, &name, &[("container", id.as_str())]);
        }
    }

    fn leave_networks(&mut self, id: &ContainerId) {
        let places = self.containers.get(id).map_or(0, |item| item.container.networks.len());
        for place in 0..places {
            let Some(attachment) = self.place(id, place) else {
                continue;
            };
            attachment.address = None;
            let (network, name) = (attachment.id.clone(), attachment.network.clone());
            let network = network.map_or_else(String::new, |network| network.to_string());
            self.happened(Kind::Network, "disconnect", &network, &name, &[("container", id.as_str())]);
        }
    }

    fn place(&mut self, id: &ContainerId, place: usize) -> Option<&mut Attachment> {
        self.containers.get_mut(id)?.container.networks.get_mut(place)
    }

    /// The lowest address of a network that nobody in it has.
    pub(super) fn free_address(&self, network: &str) -> Option<String> {
        let range = &self.networks.values().find(|known| known.name == network)?.subnets.first()?.range;
        let (front, _) = range.split('/').next()?.rsplit_once('.')?;
        let (front, _) = front.rsplit_once('.')?;
        let all = self.containers.values().flat_map(|item| &item.container.networks);
        let taken: HashSet<_> = all.filter_map(|place| place.address.as_deref()).collect();
        let mut addresses = (2..65_534u32).map(|n| format!("{front}.{}.{}", n >> 8, n & 255));
        addresses.find(|address| !taken.contains(address.as_str()))
    }
}

/// The leader of a container's main session.
pub(super) fn main_process(container: &Container, pid: u32) -> Process {
    Process {
        pid,
        parent: 1,
        inner: Some(1),
        user: "root".to_owned(),
        command: container.command.clone(),
        tty: "?".to_owned(),
        time: "00:00:00".to_owned(),
        ..Process::default()
    }
}
