//! Makes containers: settles what runs in them, gives them names, volumes and places in networks. Starts nothing.

use std::{fs, path::Path};

use chrono::Utc;
use rusqlite::Transaction;

use super::{
    Result, Runtime, RuntimeError,
    guest::Guest,
    isolating, made_up,
    net::plan::{DEFAULT_NETWORK, Mode},
    records::{
        attachment,
        container::{self, Record},
        network, new_id, volume,
    },
    settle::settle,
    undo::Undo,
};
use crate::model::{ContainerId, ContainerSpec, Mount, MountKind, NetworkId, VolumeName};

/// Times another name is made up before a number is added to it for good.
const ATTEMPTS: u32 = 1000;

impl Runtime {
    /// Makes a container; does not start it.
    ///
    /// # Errors
    /// When there is no such image, network or path, the name is taken, or what was asked for makes no sense.
    pub fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        let tried = format!("create the container `{}`", spec.name.as_deref().unwrap_or(&spec.image));
        let guest = self.guest();
        check(spec, guest, &tried)?;
        let image = self.images.find(&spec.image).map_err(|error| error.in_trying(&tried))?;
        let (asked, host) = (spec.security.isolation, &self.platform.about.platform);
        if let Some(why) = isolating::refused(asked, guest, host, &image.config.platform) {
            return Err(RuntimeError::Invalid { tried, why });
        }
        let settled = settle(&image.config.config, spec, guest)?;
        let joins = self.joined(spec, &tried)?;
        let name = spec.name.clone().unwrap_or_default();
        let mut record = Record::new(&name, image.id, image.layers.last().cloned(), spec.clone(), settled, Utc::now());
        let mut undo = Undo::new();
        let folder = self.layout.container(&record.id);
        make_folder(&folder)?;
        let gone = folder.clone();
        undo.push(move || drop(fs::remove_dir_all(gone)));
        for mount in spec.mounts.iter().filter(|mount| mount.kind == MountKind::Bind && mount.options.create_source) {
            make_folder(Path::new(&mount.source))?;
        }
        self.db.change(&tried, |t| {
            if record.name.is_empty() {
                record.name = free_name(t, &record.id)?;
            }
            let volumes = name_volumes(&mut record);
            container::insert(t, &record)?;
            for (name, target, anonymous) in &volumes {
                volume::ensure(t, name, *anonymous, &Default::default())?;
                volume::mount(t, name, &record.id, target)?;
            }
            if let Some(network) = &joins {
                attachment::join(t, &record.id, network, &spec.naming)?;
            }
            // A volume without its folder would be half made, so the folders belong to what can still fail.
            volumes.iter().try_for_each(|(name, ..)| make_folder(&self.volume_folder(name)))
        })?;
        undo.keep();
        Ok(record.id)
    }

    /// The network that a container is put into when it is made.
    fn joined(&self, spec: &ContainerSpec, tried: &str) -> Result<Option<NetworkId>> {
        match Mode::of(spec.network.as_deref()) {
            Mode::None | Mode::Host => Ok(None),
            Mode::Container(other) => self.db.look(|c| container::find(c, &other, tried)).map(|_| None),
            Mode::Network(name) if name == DEFAULT_NETWORK => self.default_network().map(|network| Some(network.id)),
            Mode::Network(name) => self.db.look(|c| network::find(c, &name, tried)).map(|network| Some(network.id)),
        }
    }
}

pub(super) fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(RuntimeError::system(format!("make the folder `{}`", path.display())))
}

fn check(spec: &ContainerSpec, guest: Guest, tried: &str) -> Result<()> {
    let invalid = |why: String| Err(RuntimeError::Invalid { tried: tried.to_owned(), why });
    if let Some(name) = spec.name.as_ref().filter(|name| !made_up::is_name(name)) {
        return invalid(format!("`{name}` is no name: take letters, digits, `_`, `.` and `-`, at least two of them"));
    }
    for mount in &spec.mounts {
        if let Some(why) = guest.refuses(mount.kind) {
            return invalid(format!("`{}` cannot be mounted: {why}", mount.target));
        }
        if !guest.takes_mount(&mount.target) {
            return invalid(format!("`{}` is no absolute path inside to mount at", mount.target));
        }
        match mount.kind {
            MountKind::Bind if !guest.is_whole(&mount.source) => {
                return invalid(format!("`{}` is no absolute path of the host", mount.source));
            }
            MountKind::Bind if !mount.options.create_source && fs::symlink_metadata(&mount.source).is_err() => {
                return invalid(format!("there is nothing at `{}` on the host", mount.source));
            }
            MountKind::Volume if !mount.source.is_empty() && !made_up::is_name(&mount.source) => {
                return invalid(format!("`{}` is no name of a volume", mount.source));
            }
            _ => {}
        }
    }
    Ok(())
}

fn free_name(t: &Transaction, id: &ContainerId) -> Result<String> {
    let tried = "make up a name";
    for attempt in 0..ATTEMPTS {
        let name = made_up::name(id.as_str(), attempt);
        if matches!(container::find(t, &name, tried), Err(RuntimeError::NotFound { .. })) {
            return Ok(name);
        }
    }
    Ok(format!("container-{}", id.short()))
}

/// Gives nameless volumes names and adds those that the image wants; all volumes with where they are mounted, and
/// whether they are anonymous.
fn name_volumes(record: &mut Record) -> Vec<(VolumeName, String, bool)> {
    let new = |target: &String| Mount::new(MountKind::Volume, "", target, false);
    record.spec.mounts.extend(record.settled.volumes.iter().map(new));
    let volumes = record.spec.mounts.iter_mut().filter(|mount| mount.kind == MountKind::Volume);
    volumes
        .map(|mount| {
            let anonymous = mount.source.is_empty();
            if anonymous {
                mount.source = new_id();
            }
            (VolumeName::new(&mount.source), mount.target.clone(), anonymous)
        })
        .collect()
}
