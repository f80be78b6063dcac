//! Functions of `vmcompute.dll` that handle layers. Knows their types and no folder.
//!
//! Source: hcsshim's `internal/wclayer`, read as documentation; Microsoft documents none of them. Each gives an `HRESULT`.

use windows_sys::core::{GUID, HRESULT, PCWSTR};

use super::table;

/// How a layer is kept (`DriverInfo`).
#[repr(C)]
#[derive(Debug)]
pub struct DriverInfo {
    /// 1: by the filter driver.
    pub flavour: i32,
    /// In front of an id; empty where ids are whole paths.
    pub home: PCWSTR,
}

/// A layer below (`WC_LAYER_DESCRIPTOR`).
#[repr(C)]
pub struct Descriptor {
    /// What `NameToGuid` gives for the last name of its folder.
    pub id: GUID,
    /// None are known that we need.
    pub flags: u32,
    /// Its folder.
    pub path: PCWSTR,
}

table! {
    /// The functions of `vmcompute.dll` with which layers are handled.
    struct VmCompute: "vmcompute.dll" of Containers;
    required {
        /// Attaches a layer's disk.
        activate: c"ActivateLayer" = fn(*const DriverInfo, PCWSTR) -> HRESULT,
        /// Detaches it.
        deactivate: c"DeactivateLayer" = fn(*const DriverInfo, PCWSTR) -> HRESULT,
        /// Shows the layers below through a layer.
        prepare: c"PrepareLayer" = fn(*const DriverInfo, PCWSTR, *const Descriptor, u32) -> HRESULT,
        /// Shows them no longer.
        unprepare: c"UnprepareLayer" = fn(*const DriverInfo, PCWSTR) -> HRESULT,
        /// Tells a prepared layer's volume: first its length in units with the zero, then, into a buffer, itself.
        mount_path: c"GetLayerMountPath" = fn(*const DriverInfo, PCWSTR, *mut usize, *mut u16) -> HRESULT,
        /// Deletes a layer.
        destroy: c"DestroyLayer" = fn(*const DriverInfo, PCWSTR) -> HRESULT,
        /// Makes a layer out of a transport folder.
        import: c"ImportLayer" = fn(*const DriverInfo, PCWSTR, PCWSTR, *const Descriptor, u32) -> HRESULT,
        /// Makes a transport folder out of a layer.
        export: c"ExportLayer" = fn(*const DriverInfo, PCWSTR, PCWSTR, *const Descriptor, u32) -> HRESULT,
        /// Tells what Windows knows a layer by.
        name_to_guid: c"NameToGuid" = fn(PCWSTR, *mut GUID) -> HRESULT,
        /// Makes the lowest layer usable.
        process_base: c"ProcessBaseImage" = fn(PCWSTR) -> HRESULT,
        /// Makes a virtual machine's files usable.
        process_utility: c"ProcessUtilityImage" = fn(PCWSTR) -> HRESULT,
    }
    optional {
        /// Lets a writable layer become larger, in bytes.
        expand: c"ExpandSandboxSize" = fn(*const DriverInfo, PCWSTR, u64) -> HRESULT,
    }
}
