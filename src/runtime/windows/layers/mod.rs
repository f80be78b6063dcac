//! Layers by Windows' own service for them, through `vmcompute.dll`, and their files on disk. Knows no image.
//!
//! | file | subject |
//! |---|---|
//! | `disk` | files of a layer in the making |
//! | `backup` | files written and read with all that belongs to them |
//! | `emulated` | the same for tests, where Windows' own streams are missing |
//! | `machine` | a virtual machine's files, taken over from the layer below |
//! | `privilege` | the rights that all of it needs |
//! | `unpack` | a tar to a layer, whole or not at all |

mod backup;
mod disk;
#[cfg(debug_assertions)]
mod emulated;
mod machine;
mod privilege;
mod unpack;

use std::{
    fs, io,
    path::{Path, PathBuf},
    ptr,
};

use windows_sys::{
    Win32::{
        Foundation::{CloseHandle, HANDLE},
        Storage::Vhd::{
            OPEN_VIRTUAL_DISK_PARAMETERS, OPEN_VIRTUAL_DISK_VERSION_2, VIRTUAL_STORAGE_TYPE,
            VIRTUAL_STORAGE_TYPE_DEVICE_VHDX, VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT,
        },
    },
    core::{GUID, HRESULT, w},
};

pub(super) use backup::{
    Backup, identity as file_identity, info as file_info, number as file_number, open_to_read,
    set_info as set_file_info,
};
pub use disk::WindowsDisk;
pub use privilege::enable as enable_privileges;
pub use unpack::unpack;

use super::{
    load::{LoadError, Shelf},
    table::{
        virtdisk::VirtDisk,
        vmcompute::{Descriptor, DriverInfo, VmCompute},
    },
    wide::Wide,
};
use crate::runtime::{
    document::{guid::Guid, layer::LayerData},
    layer_service::LayerService,
};

/// Layers are whole paths, kept by the filter driver.
const BY_FILTER: &DriverInfo = &DriverInfo { flavour: 1, home: w!("") };
/// What stands before an error number of Windows in an `HRESULT`.
const FACILITY: u32 = 0x8007_0000;

/// Windows' service for layers.
#[derive(Debug)]
pub struct WindowsLayers {
    table: VmCompute,
    disks: VirtDisk,
}

impl WindowsLayers {
    /// Loads the DLLs.
    ///
    /// # Errors
    /// What is missing.
    pub fn load(shelf: &Shelf) -> Result<Self, LoadError> {
        Ok(Self { table: VmCompute::load(shelf)?, disks: VirtDisk::load(shelf)? })
    }

    /// Makes a layer out of a transport folder.
    ///
    /// # Errors
    /// What the service says.
    #[allow(unsafe_code, reason = "layers have a C interface only")]
    pub fn import(&self, folder: &Path, transport: &Path, below: &LayerData) -> io::Result<()> {
        let (folder, transport, below) = (Wide::of_path(folder), Wide::of_path(transport), Descriptors::of(below));
        let (list, count) = below.list();
        // SAFETY: all texts end with a zero, and they and the list live over the call.
        done(unsafe { (self.table.import)(BY_FILTER, folder.as_ptr(), transport.as_ptr(), list, count) })
    }

    /// Makes a transport folder out of a layer.
    ///
    /// # Errors
    /// What the service says.
    #[allow(unsafe_code, reason = "layers have a C interface only")]
    pub fn export(&self, folder: &Path, transport: &Path, below: &LayerData) -> io::Result<()> {
        let (folder, transport, below) = (Wide::of_path(folder), Wide::of_path(transport), Descriptors::of(below));
        let (list, count) = below.list();
        // SAFETY: all texts end with a zero, and they and the list live over the call.
        done(unsafe { (self.table.export)(BY_FILTER, folder.as_ptr(), transport.as_ptr(), list, count) })
    }

    /// Makes the lowest layer usable.
    ///
    /// # Errors
    /// What the service says.
    #[allow(unsafe_code, reason = "layers have a C interface only")]
    pub fn set_up_base(&self, folder: &Path) -> io::Result<()> {
        let folder = Wide::of_path(folder);
        // SAFETY: the text ends with a zero and lives over the call.
        done(unsafe { (self.table.process_base)(folder.as_ptr()) })
    }

    /// Makes the virtual machine's files in `folder` usable.
    ///
    /// # Errors
    /// What the service says.
    #[allow(unsafe_code, reason = "layers have a C interface only")]
    pub fn set_up_utility_vm(&self, folder: &Path) -> io::Result<()> {
        let folder = Wide::of_path(folder);
        // SAFETY: the text ends with a zero and lives over the call.
        done(unsafe { (self.table.process_utility)(folder.as_ptr()) })
    }

    /// Lets a writable layer become as large as so many bytes.
    ///
    /// # Errors
    /// What the service says; `Unsupported` where this Windows cannot do it.
    #[allow(unsafe_code, reason = "layers have a C interface only")]
    pub fn grow(&self, folder: &Path, bytes: u64) -> io::Result<()> {
        let expand = self.table.expand.ok_or(io::ErrorKind::Unsupported)?;
        let folder = Wide::of_path(folder);
        // SAFETY: the text ends with a zero and lives over the call.
        done(unsafe { expand(BY_FILTER, folder.as_ptr(), bytes) })
    }

    #[allow(unsafe_code, reason = "layers have a C interface only")]
    fn by_path(
        folder: &Path,
        call: unsafe extern "system" fn(*const DriverInfo, *const u16) -> HRESULT,
    ) -> io::Result<()> {
        let folder = Wide::of_path(folder);
        // SAFETY: the text ends with a zero and lives over the call.
        done(unsafe { call(BY_FILTER, folder.as_ptr()) })
    }
}

impl LayerService for WindowsLayers {
    #[allow(unsafe_code, reason = "layers have a C interface only")]
    fn name_to_guid(&self, name: &str) -> io::Result<Guid> {
        let name = Wide::new(name);
        let mut guid = GUID::default();
        // SAFETY: the text ends with a zero; it and the place for the answer live over the call.
        done(unsafe { (self.table.name_to_guid)(name.as_ptr(), &raw mut guid) })?;
        Ok(Guid::of_fields(guid.data1, guid.data2, guid.data3, guid.data4))
    }

    fn copy_disk(&self, from: &Path, to: &Path) -> io::Result<()> {
        if to.exists() {
            return Ok(());
        }
        // Half of a copy must not be taken for a disk.
        let part = to.with_extension("part");
        fs::copy(from, &part)?;
        fs::rename(&part, to)
    }

    fn activate(&self, folder: &Path) -> io::Result<()> {
        Self::by_path(folder, self.table.activate)
    }

    #[allow(unsafe_code, reason = "layers have a C interface only")]
    fn prepare(&self, folder: &Path, below: &LayerData) -> io::Result<()> {
        let (folder, below) = (Wide::of_path(folder), Descriptors::of(below));
        let (list, count) = below.list();
        // SAFETY: all texts end with a zero, and they and the list live over the call.
        done(unsafe { (self.table.prepare)(BY_FILTER, folder.as_ptr(), list, count) })
    }

    #[allow(unsafe_code, reason = "layers have a C interface only")]
    fn mount_path(&self, folder: &Path) -> io::Result<String> {
        let folder = Wide::of_path(folder);
        let ask = self.table.mount_path;
        let mut length = 0;
        // SAFETY: without a buffer only the length is written, whose place lives over the call.
        done(unsafe { ask(BY_FILTER, folder.as_ptr(), &raw mut length, ptr::null_mut()) })?;
        let mut path = vec![0; length];
        // SAFETY: the buffer has as many units as the length says, and lives over the call.
        done(unsafe { ask(BY_FILTER, folder.as_ptr(), &raw mut length, path.as_mut_ptr()) })?;
        let end = path.iter().position(|unit| *unit == 0).unwrap_or(path.len());
        String::from_utf16(&path[..end]).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn unprepare(&self, folder: &Path) -> io::Result<()> {
        Self::by_path(folder, self.table.unprepare)
    }

    fn deactivate(&self, folder: &Path) -> io::Result<()> {
        Self::by_path(folder, self.table.deactivate)
    }

    fn destroy(&self, folder: &Path) -> io::Result<()> {
        Self::by_path(folder, self.table.destroy)
    }

    #[allow(unsafe_code, reason = "virtual disks have a C interface only")]
    fn detach(&self, disk: &Path) -> io::Result<()> {
        let path = Wide::of_path(disk);
        let kind = VIRTUAL_STORAGE_TYPE {
            DeviceId: VIRTUAL_STORAGE_TYPE_DEVICE_VHDX,
            VendorId: VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT,
        };
        let parameters = OPEN_VIRTUAL_DISK_PARAMETERS { Version: OPEN_VIRTUAL_DISK_VERSION_2, ..Default::default() };
        let mut handle: HANDLE = ptr::null_mut();
        // SAFETY: the text ends with a zero; it, the type, the parameters and the place for the handle live over the
        // call. Version 2 of the parameters wants no access mask.
        numbered(unsafe {
            (self.disks.open)(&raw const kind, path.as_ptr(), 0, 0, &raw const parameters, &raw mut handle)
        })?;
        // SAFETY: the handle was just opened.
        let detached = numbered(unsafe { (self.disks.detach)(handle, 0, 0) });
        // SAFETY: it is ours, and let go of here only.
        unsafe { CloseHandle(handle) };
        detached
    }
}

/// Layers below, as the service takes them, and the texts that they point to.
struct Descriptors {
    list: Vec<Descriptor>,
    _paths: Vec<Wide>,
}

impl Descriptors {
    fn of(below: &LayerData) -> Self {
        let paths: Vec<_> = below.layers().iter().map(|layer| Wide::new(&layer.path)).collect();
        let descriptor = |(layer, path): (&crate::runtime::document::layer::Below, &Wide)| {
            let (data1, data2, data3, data4) = layer.id.fields();
            Descriptor { id: GUID { data1, data2, data3, data4 }, flags: 0, path: path.as_ptr() }
        };
        // What a text points to stays where it is when the text is moved.
        Self { list: below.layers().iter().zip(&paths).map(descriptor).collect(), _paths: paths }
    }

    fn list(&self) -> (*const Descriptor, u32) {
        (self.list.as_ptr(), self.list.len() as u32)
    }
}

fn done(result: HRESULT) -> io::Result<()> {
    if result >= 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

/// An error number of Windows as the error that an `HRESULT` would be.
fn numbered(number: u32) -> io::Result<()> {
    if number == 0 { Ok(()) } else { done((FACILITY | number & 0xFFFF).cast_signed()) }
}

/// A path that Windows takes as it is written, however long it is and whatever its names are.
fn verbatim(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(folder)
}
