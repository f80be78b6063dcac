//! `HRESULT`s that the service answers.

#![allow(missing_docs, reason = "they are named as in Microsoft's headers")]

pub const INVALID_STATE: u32 = 0x8037_0105;
pub const TERMINATED: u32 = 0x8037_0107;
pub const INVALID_JSON: u32 = 0x8037_010D;
pub const SYSTEM_NOT_FOUND: u32 = 0x8037_010E;
pub const SYSTEM_ALREADY_EXISTS: u32 = 0x8037_010F;
pub const SYSTEM_ALREADY_STOPPED: u32 = 0x8037_0110;
pub const INVALID_LAYER: u32 = 0x8037_0112;
pub const OPERATION_NOT_STARTED: u32 = 0x8037_0115;
pub const OPERATION_ALREADY_STARTED: u32 = 0x8037_0116;
pub const OPERATION_PENDING: u32 = 0x8037_0117;
pub const OPERATION_TIMEOUT: u32 = 0x8037_0118;
pub const PROCESS_INFO_NOT_AVAILABLE: u32 = 0x8037_011D;
pub const SERVICE_DISCONNECT: u32 = 0x8037_011E;
pub const PROCESS_ALREADY_STOPPED: u32 = 0x8037_011F;
pub const NOT_IMPLEMENTED: u32 = 0x8000_4001;
pub const FILE_NOT_FOUND: u32 = 0x8007_0002;
pub const PATH_NOT_FOUND: u32 = 0x8007_0003;
pub const INVALID_HANDLE: u32 = 0x8007_0006;
pub const NOT_SUPPORTED: u32 = 0x8007_0032;
pub const INVALID_ARGUMENT: u32 = 0x8007_0057;
pub const NOT_FOUND: u32 = 0x8007_0490;
