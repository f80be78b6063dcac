//! Stands in for storage until it is there.

use std::{fs, io, io::Read, io::Write, path::Path, path::PathBuf};

use crate::{
    model::PathChange,
    runtime::{Result, RuntimeError, host::Storage},
};

pub(crate) struct Bare;

fn not_yet<T>(tried: &str) -> Result<T> {
    Err(RuntimeError::Invalid { tried: tried.into(), why: "it is not built yet".into() })
}

impl Storage for Bare {
    fn unpack(&self, _: &mut dyn Read, _: &[PathBuf], _: &Path) -> Result<u64> {
        not_yet("unpack")
    }
    fn remove_layer(&self, _: &Path) -> Result<()> {
        not_yet("remove")
    }
    fn mount(&self, layers: &[PathBuf], container: &Path, root: &Path) -> Result<()> {
        let (upper, work) = (container.join("upper"), container.join("work"));
        let mount = || -> io::Result<()> {
            fs::create_dir_all(&upper)?;
            fs::create_dir_all(&work)?;
            let lower: Vec<_> = layers.iter().rev().map(|layer| layer.display().to_string()).collect();
            let data = format!("lowerdir={},upperdir={},workdir={}", lower.join(":"), upper.display(), work.display());
            let data = std::ffi::CString::new(data)?;
            Ok(rustix::mount::mount("overlay", root, "overlay", rustix::mount::MountFlags::empty(), data.as_c_str())?)
        };
        mount().map_err(RuntimeError::system("mount the root"))
    }
    fn unmount(&self, root: &Path) -> Result<()> {
        match rustix::mount::unmount(root, rustix::mount::UnmountFlags::DETACH) {
            Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(RuntimeError::system("unmount the root")(error.into())),
        }
    }
    fn changes(&self, _: &[PathBuf], _: &Path) -> Result<Vec<PathChange>> {
        not_yet("compare")
    }
    fn pack(&self, _: &Path, _: &mut dyn Write) -> Result<()> {
        not_yet("pack")
    }
}
