//! Files of a layer in the making, on a disk of Windows. Knows no tar.
//!
//! A path is looked at name by name before anything is done to what it leads to: where one of its folders leads
//! elsewhere, the call fails. Only administrators can write below, so nothing changes meanwhile.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::windows::fs::MetadataExt,
    path::{Path, PathBuf},
    ptr,
};

use windows_sys::Win32::{
    Foundation::LocalFree,
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        PSECURITY_DESCRIPTOR,
    },
};

use super::{
    WindowsLayers,
    backup::{self, Backup},
    machine, verbatim,
};
use crate::runtime::{
    backup_stream::{BasicInfo, REPARSE_POINT},
    document::layer::LayerData,
    layer_transport::{How, LayerDisk, LayerPath, Root, Step},
    windows::wide::Wide,
};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 << 10;

/// The folders of a layer in the making.
pub struct WindowsDisk<'s> {
    service: &'s WindowsLayers,
    layer: PathBuf,
    transport: PathBuf,
    stage: PathBuf,
    /// The layers below, the nearest first, as paths and as the service is told of them.
    below: Vec<PathBuf>,
    data: LayerData,
    open: Option<BufWriter<Sink>>,
}

/// Where bytes of the open file go.
enum Sink {
    Plain(File),
    Restored(Backup),
}

impl Write for Sink {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(some),
            Self::Restored(backup) => backup.write(some),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'s> WindowsDisk<'s> {
    /// Makes the layer's folder, which is not there yet, and two beside it that go when this is dropped; `below` are
    /// the layers below, the lowest first.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(service: &'s WindowsLayers, layer: &Path, below: &[PathBuf], data: LayerData) -> io::Result<Self> {
        let beside = |end: &str| layer.with_extension(format!("{end}.part"));
        let mut folders = Vec::new();
        for folder in [beside("transport"), beside("stage"), layer.to_owned()] {
            // What a crash has left; of the layer's own, the caller has seen to it.
            if folder != layer && folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            fs::create_dir(&folder)?;
            folders.push(verbatim(&folder)?);
        }
        let [transport, stage, layer] = folders.try_into().map_err(|_| io::ErrorKind::Other)?;
        let below = below.iter().rev().cloned().collect();
        Ok(Self { service, layer, transport, stage, below, data, open: None })
    }

    fn root(&self, root: Root) -> &Path {
        match root {
            Root::Layer => &self.layer,
            Root::Transport => &self.transport,
            Root::Stage => &self.stage,
        }
    }

    fn at(&self, root: Root, path: &LayerPath) -> io::Result<PathBuf> {
        beneath(self.root(root), path)
    }

    fn restore(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<()> {
        let to = self.at(Root::Layer, path)?;
        let is_there = fs::symlink_metadata(&to);
        let stays = is_there
            .as_ref()
            .is_ok_and(|there| there.file_attributes() & REPARSE_POINT == 0 && there.is_dir() && info.is_folder());
        if is_there.is_ok() && !stays {
            remove(&to)?;
        }
        if info.is_folder() && !stays {
            fs::create_dir(&to)?;
        }
        let file = backup::open_to_write(&to, !info.is_folder())?;
        backup::set_info(&file, info)?;
        let staged = if info.is_folder() { path.wcidirs() } else { path.clone() };
        let mut streams = File::open(self.at(Root::Stage, &staged)?)?;
        let mut sink = BufWriter::with_capacity(BUFFER, Backup::to(file, true));
        io::copy(&mut streams, &mut sink)?;
        sink.flush()
    }

    fn link(&self, path: &LayerPath, target: &LayerPath, below: bool) -> io::Result<()> {
        let from = if below {
            let found = self.below.iter().filter_map(|root| beneath(root, target).ok());
            found.into_iter().find(|path| fs::symlink_metadata(path).is_ok()).ok_or(io::ErrorKind::NotFound)?
        } else {
            self.at(Root::Layer, target)?
        };
        let to = self.at(Root::Layer, path)?;
        if fs::symlink_metadata(&to).is_ok() {
            remove(&to)?;
        }
        fs::hard_link(from, to)
    }
}

impl LayerDisk for WindowsDisk<'_> {
    fn folder(&mut self, root: Root, path: &LayerPath) -> io::Result<()> {
        fs::create_dir(self.at(root, path)?)
    }

    fn begin(&mut self, root: Root, path: &LayerPath, info: &BasicInfo, how: How) -> io::Result<()> {
        let path = self.at(root, path)?;
        let sink = match how {
            How::Plain => {
                let file = File::create_new(path)?;
                backup::set_info(&file, info)?;
                Sink::Plain(file)
            }
            How::Restored { security } => {
                if info.is_folder() {
                    fs::create_dir(&path)?;
                }
                let file = backup::open_to_write(&path, !info.is_folder())?;
                backup::set_info(&file, info)?;
                Sink::Restored(Backup::to(file, security))
            }
        };
        self.open = Some(BufWriter::with_capacity(BUFFER, sink));
        Ok(())
    }

    fn write(&mut self, some: &[u8]) -> io::Result<()> {
        self.open.as_mut().ok_or(io::ErrorKind::NotFound)?.write_all(some)
    }

    fn end(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |mut open| open.flush())
    }

    #[allow(unsafe_code, reason = "SDDL is read through a C interface only")]
    fn descriptor(&self, sddl: &str) -> io::Result<Vec<u8>> {
        let text = Wide::new(sddl);
        let (mut descriptor, mut size): (PSECURITY_DESCRIPTOR, u32) = (ptr::null_mut(), 0);
        // SAFETY: the text ends with a zero; it and the places for the answers live over the call.
        let read = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                &raw mut size,
            )
        };
        if read == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call gave so many bytes there.
        let bytes = unsafe { std::slice::from_raw_parts(descriptor.cast::<u8>(), size as usize) }.to_vec();
        // SAFETY: they are ours, and not used any more.
        unsafe { LocalFree(descriptor) };
        Ok(bytes)
    }

    fn take(&mut self, step: &Step) -> io::Result<()> {
        match step {
            Step::Folder(path) => fs::create_dir(self.at(Root::Transport, path)?),
            Step::CloneUtilityVm => {
                let below = self.below.first().ok_or(io::ErrorKind::NotFound)?;
                machine::take_over(&verbatim(below)?, &self.layer)
            }
            Step::Restore { path, info } => self.restore(path, info),
            Step::Import => self.service.import(&self.layer, &self.transport, &self.data),
            Step::Remove { path, must_be } => match remove(&self.at(Root::Layer, path)?) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && !must_be => Ok(()),
                done => done,
            },
            Step::Link { path, target, below } => self.link(path, target, *below),
            Step::Times { path, info } => {
                backup::set_info(&backup::open_to_write(&self.at(Root::Layer, path)?, false)?, info)
            }
            Step::SetUpBase => self.service.set_up_base(&self.layer),
            Step::SetUpUtilityVm => self.service.set_up_utility_vm(&self.layer.join("UtilityVM")),
        }
    }
}

impl Drop for WindowsDisk<'_> {
    fn drop(&mut self) {
        self.open = None;
        for folder in [&self.transport, &self.stage] {
            if let Err(error) = fs::remove_dir_all(folder) {
                tracing::warn!(folder = %folder.display(), %error, "what a layer was made from stays");
            }
        }
    }
}

/// A path below `root` none of whose folders leads elsewhere.
pub(super) fn beneath(root: &Path, path: &LayerPath) -> io::Result<PathBuf> {
    let mut at = root.to_owned();
    let mut names = path.as_str().split('\\').peekable();
    while let Some(name) = names.next() {
        at.push(name);
        if names.peek().is_some() && fs::symlink_metadata(&at)?.file_attributes() & REPARSE_POINT != 0 {
            let why = format!("`{}` leads elsewhere", at.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, why));
        }
    }
    Ok(at)
}

/// Removes what is at `path` itself, a folder with all that is in it.
fn remove(path: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    let is_link = meta.file_attributes() & REPARSE_POINT != 0;
    // What std says of folders that are links differs by the kind of link.
    let info = BasicInfo { attributes: meta.file_attributes(), ..BasicInfo::default() };
    match (info.is_folder(), is_link) {
        (true, true) => fs::remove_dir(path),
        (true, false) => fs::remove_dir_all(path),
        (false, _) => fs::remove_file(path),
    }
}
