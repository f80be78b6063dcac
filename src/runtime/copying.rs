//! Moves files in and out of containers, and makes images of them. Knows no tar.

use std::{
    io::{Read, Write},
    path::Path,
};

use super::{Result, Runtime, RuntimeError, blocking, creating::make_folder, image::New, records::container::Record};
use crate::model::{CommitSpec, ContainerId, ImageId, State};

impl Runtime {
    /// Writes a file or folder of a container as a tar.
    ///
    /// # Errors
    /// `NotFound` when there is no such path.
    pub fn copy_out(&self, id: &ContainerId, path: &str, to: &mut dyn Write) -> Result<()> {
        let record = self.record(id, "copy out of")?;
        let copied = self.in_root(&record, |root| self.platform.files.copy_out(root, path, to));
        copied.map_err(|error| error.in_trying(format!("copy from `{}:{path}`", record.name)))
    }

    /// Unpacks a tar in a folder of a container.
    ///
    /// # Errors
    /// `NotFound` when there is no such folder.
    pub fn copy_in(&self, id: &ContainerId, folder: &str, from: &mut dyn Read) -> Result<()> {
        let record = self.record(id, "copy into")?;
        let copied = self.in_root(&record, |root| self.platform.files.copy_in(root, folder, from, None, false));
        copied.map_err(|error| error.in_trying(format!("copy to `{}:{folder}`", record.name)))
    }

    /// Writes all files of a container as a tar.
    ///
    /// # Errors
    /// What the system says.
    pub fn export(&self, id: &ContainerId, to: &mut dyn Write) -> Result<()> {
        let record = self.record(id, "export")?;
        self.mounted(&record, |root| self.platform.files.export(root, to))
    }

    /// Makes an image of a container as it is.
    ///
    /// # Errors
    /// What the image store says; `Conflict` for one that runs where its changes are told only when it has ended. The
    /// container runs on in any case.
    pub async fn commit(self: &std::sync::Arc<Self>, id: &ContainerId, spec: &CommitSpec) -> Result<ImageId> {
        let record = self.record(id, "make an image of")?;
        if record.state.is_up() && !self.platform.storage.tells_while_up() {
            let why = "Windows tells what a container changes only while it is stopped: stop it first".into();
            return Err(RuntimeError::Conflict { tried: format!("make an image of `{}`", record.name), why });
        }
        let pause = spec.pause && record.state == State::Running;
        let freeze = |frozen: bool| {
            let (runtime, id) = (std::sync::Arc::clone(self), record.id.clone());
            blocking("freeze a container for its image", move || runtime.pause(&id, frozen))
        };
        if pause {
            freeze(true).await?;
        }
        let new = New {
            parent: Some(record.image.clone()),
            changes: spec.changes.clone(),
            author: spec.author.clone().unwrap_or_default(),
            comment: spec.message.clone().unwrap_or_default(),
            name: spec.reference.clone().filter(|name| !name.is_empty()),
            made_by: record.settled.process.args.join(" "),
            ..New::default()
        };
        let made = self.images.commit(&self.layout.container(&record.id), new).await;
        if pause {
            freeze(false).await?;
        }
        made
    }

    /// Shows the root of a container as its processes see it, or as it is on disk when there are none.
    fn in_root<T>(&self, record: &Record, look: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let alive = record.alive.as_ref().filter(|_| self.is_watched(record));
        match alive.and_then(|alive| self.platform.storage.seen_by(alive.pid)) {
            // With its mounts, volumes among them.
            Some(root) => look(&root),
            None => self.mounted(record, look),
        }
    }

    /// Shows the root of a container without what is mounted in it.
    fn mounted<T>(&self, record: &Record, look: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        if record.state.is_up() && self.is_watched(record) {
            return look(&self.layout.running(&record.id).join("root"));
        }
        let root = self.layout.run.join("looks").join(super::records::new_id());
        let layers = self.layers_of(record)?;
        make_folder(&root)?;
        let storage = &self.platform.storage;
        let seen = storage.mount(&layers, &self.layout.container(&record.id), &root).and_then(|()| {
            let seen = look(&root);
            storage.unmount(&root).and(seen)
        });
        std::fs::remove_dir(&root).map_err(RuntimeError::system(format!("remove `{}`", root.display())))?;
        seen
    }
}
