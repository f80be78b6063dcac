//! Layers of Windows mounted, taken away and removed, by calls to Windows' own service for them. Knows the service as a
//! trait, and no DLL.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::Duration,
};

use super::{
    Result, RuntimeError,
    document::{
        guid::Guid,
        layer::{self, LayerData, Mount, SCRATCH},
    },
    undo::Undo,
};

/// Times that a disk which is not ready is mounted again, as hcsshim does for Windows Server 2019.
const TRIES: u32 = 5;
/// Between two of them.
pub const PAUSE: Duration = Duration::from_millis(100);
/// `HRESULT`s of a disk that has been attached and is not there yet: not ready, device not connected.
const NOT_READY: [u32; 2] = [0x8007_0015, 0x8007_048F];
/// `HRESULT` of what is in use: access denied.
const DENIED: u32 = 0x8007_0005;
/// `HRESULT`s of what is not there: file, path, element not found.
const MISSING: [u32; 3] = [0x8007_0002, 0x8007_0003, 0x8007_0490];

/// What Windows does with layers, by folder. Errors have the `HRESULT` as their number. Every call blocks.
pub trait LayerService: Send + Sync {
    /// What Windows knows a layer by whose folder has this name.
    ///
    /// # Errors
    /// What the service says.
    fn name_to_guid(&self, name: &str) -> io::Result<Guid>;
    /// Copies a disk that is attached nowhere; what is there already stays.
    ///
    /// # Errors
    /// What the system says.
    fn copy_disk(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// `ActivateLayer`.
    ///
    /// # Errors
    /// What the service says.
    fn activate(&self, folder: &Path) -> io::Result<()>;
    /// `PrepareLayer`, over the layers below.
    ///
    /// # Errors
    /// What the service says.
    fn prepare(&self, folder: &Path, below: &LayerData) -> io::Result<()>;
    /// `GetLayerMountPath`.
    ///
    /// # Errors
    /// What the service says.
    fn mount_path(&self, folder: &Path) -> io::Result<String>;
    /// `UnprepareLayer`.
    ///
    /// # Errors
    /// What the service says.
    fn unprepare(&self, folder: &Path) -> io::Result<()>;
    /// `DeactivateLayer`.
    ///
    /// # Errors
    /// What the service says.
    fn deactivate(&self, folder: &Path) -> io::Result<()>;
    /// `DestroyLayer`: deletes a folder with rights that nothing else has.
    ///
    /// # Errors
    /// What the service says.
    fn destroy(&self, folder: &Path) -> io::Result<()>;
    /// Detaches a disk that a crash has left attached.
    ///
    /// # Errors
    /// What the system says.
    fn detach(&self, disk: &Path) -> io::Result<()>;
}

/// Mounts layers, one at a time in this process: two calls to `PrepareLayer` at once fail.
pub struct Layers<S> {
    service: S,
    one_at_a_time: Mutex<()>,
    pause: Duration,
}

impl<S: LayerService> Layers<S> {
    /// By this service; a disk that is not ready is waited for, `pause` long each time.
    pub const fn new(service: S, pause: Duration) -> Self {
        Self { service, one_at_a_time: Mutex::new(()), pause }
    }

    /// The service.
    pub const fn service(&self) -> &S {
        &self.service
    }

    /// What HCS is told of these layers, the lowest first.
    ///
    /// # Errors
    /// What the service says.
    pub fn data(&self, layers: &[PathBuf]) -> Result<LayerData> {
        LayerData::of(layers, |name| self.service.name_to_guid(name))
            .map_err(RuntimeError::system("ask Windows what it knows a layer by"))
    }

    /// Makes the writable layer in `folder` a volume over `layers`, the lowest first; gives its path as a container's
    /// document has it. Takes everything back when a step fails.
    ///
    /// # Errors
    /// `Invalid` without layers; what the service says.
    pub fn mount(&self, layers: &[PathBuf], folder: &Path) -> Result<String> {
        let tried = || format!("mount the layer `{}`", folder.display());
        let Some(base) = layers.first() else {
            let why = "a Windows container needs an image with layers".into();
            return Err(RuntimeError::Invalid { tried: tried(), why });
        };
        let below = self.data(layers)?;
        let mut path = String::new();
        let mut undo = Undo::new();
        for step in layer::mount(base, folder) {
            self.take(&step, &below, &mut path).map_err(RuntimeError::system(tried()))?;
            if let Some(back) = step.undo() {
                undo.push(|| self.take_back(back));
            }
        }
        undo.keep();
        Ok(layer::volume(&path))
    }

    /// Takes the volume away again; no error when it is none.
    ///
    /// # Errors
    /// The first that failed for another reason; all steps are taken.
    pub fn unmount(&self, folder: &Path) -> Result<()> {
        let mut first = Ok(());
        for step in Mount::unmount(folder) {
            let done = self.take(&step, &LayerData::default(), &mut String::new());
            first = first.and(if is_missing(&done) { Ok(()) } else { done });
        }
        first.map_err(RuntimeError::system(format!("unmount the layer `{}`", folder.display())))
    }

    /// Shows a writable layer to `look` as an export needs it: its disk attached, and the layers below made known to it
    /// once, as hcsshim does. Closes it afterwards in any case.
    ///
    /// # Errors
    /// What the service or `look` says.
    pub fn opened<T>(
        &self,
        layers: &[PathBuf],
        folder: &Path,
        look: impl FnOnce(&LayerData) -> io::Result<T>,
    ) -> Result<T> {
        let tried = || format!("open the layer `{}`", folder.display());
        let below = self.data(layers)?;
        let mut undo = Undo::new();
        for step in [Mount::Activate(folder.to_owned()), Mount::Prepare(folder.to_owned())] {
            self.take(&step, &below, &mut String::new()).map_err(RuntimeError::system(tried()))?;
            if let Some(back) = step.undo() {
                undo.push(|| self.take_back(back));
            }
        }
        let unprepare = Mount::Unprepare(folder.to_owned());
        self.take(&unprepare, &below, &mut String::new()).map_err(RuntimeError::system(tried()))?;
        undo.forget();
        look(&below).map_err(RuntimeError::system(tried()))
    }

    /// Whether the writable layer is a volume now.
    pub fn is_mounted(&self, folder: &Path) -> bool {
        self.service.mount_path(folder).is_ok()
    }

    /// Removes a layer; no error when there is none. One that a crash has left mounted is unmounted first.
    ///
    /// # Errors
    /// What the service says.
    pub fn remove(&self, folder: &Path) -> Result<()> {
        let mut done = self.service.destroy(folder);
        if has_number(&done, &[DENIED]) {
            // What goes wrong here shows when it is tried again.
            let _ = self.unmount(folder);
            let _ = self.service.detach(&folder.join(SCRATCH));
            done = self.service.destroy(folder);
        }
        let tried = || format!("remove the layer `{}`", folder.display());
        if is_missing(&done) { Ok(()) } else { done.map_err(RuntimeError::system(tried())) }
    }

    fn take(&self, step: &Mount, below: &LayerData, path: &mut String) -> io::Result<()> {
        let mut tries = 0;
        loop {
            let done = self.once(step, below, path);
            tries += 1;
            if !has_number(&done, &NOT_READY) || tries >= TRIES {
                return done;
            }
            thread::sleep(self.pause);
        }
    }

    fn once(&self, step: &Mount, below: &LayerData, path: &mut String) -> io::Result<()> {
        match step {
            Mount::Copy { from, to } => self.service.copy_disk(from, to),
            Mount::Activate(folder) => self.service.activate(folder),
            Mount::Prepare(folder) => {
                let _one = self.one_at_a_time.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                self.service.prepare(folder, below)
            }
            Mount::Path(folder) => self.service.mount_path(folder).map(|found| *path = found),
            Mount::Unprepare(folder) => self.service.unprepare(folder),
            Mount::Deactivate(folder) => self.service.deactivate(folder),
        }
    }

    fn take_back(&self, step: Mount) {
        let done = self.take(&step, &LayerData::default(), &mut String::new());
        if let Err(error) = done {
            tracing::warn!(?step, %error, "a step of mounting cannot be taken back");
        }
    }
}

fn has_number(done: &io::Result<()>, numbers: &[u32]) -> bool {
    let number = done.as_ref().err().and_then(io::Error::raw_os_error);
    number.is_some_and(|number| numbers.contains(&number.cast_unsigned()))
}

fn is_missing(done: &io::Result<()>) -> bool {
    has_number(done, &MISSING) || done.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
