//! Disks and networks that only count what is made and not taken away, and fail when they are told to.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    model::{ContainerId, FileEntry, NetworkId, PathChange},
    runtime::{
        Result, RuntimeError,
        document::{BridgePlan, LinkPlan, MappingPlan, NetworkPlan, hcs::system::Layer},
        host::{Applied, Files, Firewall, Network, Packing, Storage},
        net::{pools::Used, ports::Listener},
        windows::hands::{Meters, Mounted, Mounts},
    },
};

/// What there is of all containers.
#[derive(Default)]
pub(super) struct Ground {
    made: Mutex<BTreeSet<String>>,
    fails: Mutex<Option<&'static str>>,
    /// Who holds it keeps disks from being taken away.
    pub(super) clearing: Mutex<()>,
}

impl Ground {
    /// The next step of this kind fails.
    pub(super) fn fail(&self, step: &'static str) {
        *self.fails.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
    }

    /// What was made and is still there.
    pub(super) fn made(&self) -> Vec<String> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn make(&self, step: &'static str, what: String) -> Result<()> {
        let mut fails = self.fails.lock().unwrap_or_else(PoisonError::into_inner);
        if *fails == Some(step) {
            *fails = None;
            return Err(RuntimeError::Platform { tried: step.to_owned(), why: "it was told to fail".into() });
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(what);
        Ok(())
    }

    fn take_away(&self, what: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }
}

impl Storage for Ground {
    fn unpack(&self, _: &mut dyn Read, _: &[PathBuf], _: &Path) -> Result<u64> {
        unreachable!("monitors unpack nothing")
    }
    fn remove_layer(&self, _: &Path) -> Result<()> {
        Ok(())
    }
    fn mount(&self, _: &[PathBuf], _: &Path, root: &Path) -> Result<()> {
        self.make("mount", format!("disk {}", root.display()))
    }
    fn unmount(&self, root: &Path) -> Result<()> {
        drop(self.clearing.lock());
        self.take_away(&format!("disk {}", root.display()));
        Ok(())
    }
    fn changes(&self, _: &[PathBuf], _: &Path) -> Result<Vec<PathChange>> {
        Ok(Vec::new())
    }
    fn pack(&self, _: &Path, _: &mut dyn Write) -> Result<()> {
        Ok(())
    }
}

impl Mounts for Ground {
    fn mounted(&self, _: &[PathBuf], _: &Path) -> Result<Mounted> {
        let layer = Layer::new("a1000000-0000-5000-8000-000000000000", Path::new("C:\\ls\\layers\\a1"));
        let volume = "\\\\?\\Volume{1f0c2a6e-0000-0000-0000-000000000000}".into();
        Ok(Mounted { volume, layers: vec![layer] })
    }
}

impl Network for Ground {
    fn ensure(&self, _: &BridgePlan) -> Result<()> {
        Ok(())
    }
    fn remove(&self, _: &NetworkId, _: &str) -> Result<()> {
        Ok(())
    }
    fn attach(&self, id: &ContainerId, _: &Path, _: &NetworkPlan) -> Result<()> {
        self.make("attach", format!("network {id}"))
    }
    fn detach(&self, id: &ContainerId, _: &Path, _: &NetworkPlan) -> Result<()> {
        self.take_away(&format!("network {id}"));
        Ok(())
    }
    fn restore(&self, _: &[BridgePlan], _: &[(ContainerId, MappingPlan)]) -> Result<()> {
        Ok(())
    }
    fn connect(&self, _: &ContainerId, _: &Path, _: &LinkPlan) -> Result<()> {
        Ok(())
    }
    fn disconnect(&self, _: &ContainerId, _: &LinkPlan) -> Result<()> {
        Ok(())
    }
    fn publish(&self, _: &ContainerId, _: &MappingPlan) -> Result<()> {
        Ok(())
    }
    fn unpublish(&self, _: &ContainerId, _: &MappingPlan) -> Result<()> {
        Ok(())
    }
    fn sweep(&self, _: &dyn Fn(&ContainerId) -> bool) -> Result<()> {
        Ok(())
    }
    fn used(&self) -> Result<Vec<Used>> {
        Ok(Vec::new())
    }
    fn listeners(&self) -> Result<Vec<Listener>> {
        Ok(Vec::new())
    }
    fn process_of(&self, _: &Listener) -> Option<(String, u32)> {
        None
    }
}

impl Meters for Ground {
    fn traffic(&self, _: &ContainerId, _: &NetworkPlan) -> (u64, u64) {
        (0, 0)
    }
}

impl Firewall for Ground {
    fn apply(&self, _: &[Applied]) -> Result<()> {
        Ok(())
    }
    fn is_rule(&self, _: i64, _: &str, _: &str) -> bool {
        false
    }
}

impl Files for Ground {
    fn stat(&self, _: &Path, _: &str) -> Result<FileEntry> {
        unreachable!("monitors look at no files")
    }
    fn browse(&self, _: &Path, _: &str) -> Result<Vec<FileEntry>> {
        Ok(Vec::new())
    }
    fn copy_out(&self, _: &Path, _: &str, _: &mut dyn Write) -> Result<()> {
        Ok(())
    }
    fn copy_in(&self, _: &Path, _: &str, _: &mut dyn Read, _: Option<(u32, u32)>, _: bool) -> Result<()> {
        Ok(())
    }
    fn export(&self, _: &Path, _: &mut dyn Write) -> Result<()> {
        Ok(())
    }
    fn copy_up(&self, _: &Path, _: &str, _: &Path) -> Result<bool> {
        Ok(false)
    }
    fn usage(&self, _: &Path) -> Result<u64> {
        Ok(0)
    }
    fn backup(&self, _: &Path, _: Packing, _: &mut dyn Write) -> Result<()> {
        Ok(())
    }
    fn restore(&self, _: &Path, _: &Path, _: &mut dyn Read) -> Result<()> {
        Ok(())
    }
    fn swap(&self, _: &Path, _: &Path) -> Result<()> {
        Ok(())
    }
    fn remove(&self, folder: &Path) -> Result<()> {
        crate::runtime::monitor::folder::remove(folder).map_err(RuntimeError::system("remove a folder"))
    }
}
