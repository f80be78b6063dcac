//! Functions of `computecore.dll`, the interface of the host compute service. Knows their types and no document.
//!
//! Source: Microsoft's reference of the host compute system, `computecore.h`. Each gives an `HRESULT` unless it is
//! said to give nothing; text that a function gives is freed with `LocalFree`.

use std::ffi::c_void;

use windows_sys::{
    Win32::{
        Security::SECURITY_DESCRIPTOR,
        System::HostComputeSystem::{
            HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_PROCESS,
            HCS_PROCESS_INFORMATION, HCS_SYSTEM,
        },
    },
    core::{HRESULT, PCWSTR, PWSTR},
};

use super::table;

table! {
    /// The functions of `computecore.dll` that longshore calls.
    struct ComputeCore: "computecore.dll" of Containers;
    required {
        /// Makes an operation; null when there is no memory.
        create_operation: c"HcsCreateOperation" = fn(*const c_void, HCS_OPERATION_COMPLETION) -> HCS_OPERATION,
        /// Frees an operation; what it stands for goes on.
        close_operation: c"HcsCloseOperation" = fn(HCS_OPERATION),
        /// Waits, milliseconds at most, for the end of an operation.
        wait_for_result: c"HcsWaitForOperationResult" = fn(HCS_OPERATION, u32, *mut PWSTR) -> HRESULT,
        /// The same for an operation that made a process.
        wait_for_process: c"HcsWaitForOperationResultAndProcessInfo"
            = fn(HCS_OPERATION, u32, *mut HCS_PROCESS_INFORMATION, *mut PWSTR) -> HRESULT,
        /// Lists systems.
        enumerate: c"HcsEnumerateComputeSystems" = fn(PCWSTR, HCS_OPERATION) -> HRESULT,
        /// Makes a system.
        create_system: c"HcsCreateComputeSystem"
            = fn(PCWSTR, PCWSTR, HCS_OPERATION, *const SECURITY_DESCRIPTOR, *mut HCS_SYSTEM) -> HRESULT,
        /// Opens a system; done when it returns.
        open_system: c"HcsOpenComputeSystem" = fn(PCWSTR, u32, *mut HCS_SYSTEM) -> HRESULT,
        /// Lets go of a system, after its callbacks have returned; gives nothing.
        close_system: c"HcsCloseComputeSystem" = fn(HCS_SYSTEM),
        /// Starts a system.
        start_system: c"HcsStartComputeSystem" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Asks a system to end.
        shut_down_system: c"HcsShutDownComputeSystem" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Ends a system.
        terminate_system: c"HcsTerminateComputeSystem" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Freezes a system.
        pause_system: c"HcsPauseComputeSystem" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Thaws a system.
        resume_system: c"HcsResumeComputeSystem" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Asks a system for properties.
        system_properties: c"HcsGetComputeSystemProperties" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Changes a system; the last argument is a token and null.
        modify_system: c"HcsModifyComputeSystem" = fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR, *mut c_void) -> HRESULT,
        /// Tells who hears of a system's end.
        set_system_callback: c"HcsSetComputeSystemCallback"
            = fn(HCS_SYSTEM, HCS_EVENT_OPTIONS, *const c_void, HCS_EVENT_CALLBACK) -> HRESULT,
        /// Starts a process in a system.
        create_process: c"HcsCreateProcess"
            = fn(HCS_SYSTEM, PCWSTR, HCS_OPERATION, *const SECURITY_DESCRIPTOR, *mut HCS_PROCESS) -> HRESULT,
        /// Opens a process of a system; done when it returns.
        open_process: c"HcsOpenProcess" = fn(HCS_SYSTEM, u32, u32, *mut HCS_PROCESS) -> HRESULT,
        /// Lets go of a process, after its callbacks have returned; gives nothing.
        close_process: c"HcsCloseProcess" = fn(HCS_PROCESS),
        /// Ends a process.
        terminate_process: c"HcsTerminateProcess" = fn(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Sends a control event to a process.
        signal_process: c"HcsSignalProcess" = fn(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Asks how a process stands.
        process_properties: c"HcsGetProcessProperties" = fn(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Asks again for a process's number and pipes.
        process_info: c"HcsGetProcessInfo" = fn(HCS_PROCESS, HCS_OPERATION) -> HRESULT,
        /// Changes the size of a process's console, or closes one of its pipes.
        modify_process: c"HcsModifyProcess" = fn(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT,
        /// Tells who hears of a process's end.
        set_process_callback: c"HcsSetProcessCallback"
            = fn(HCS_PROCESS, HCS_EVENT_OPTIONS, *const c_void, HCS_EVENT_CALLBACK) -> HRESULT,
        /// Asks the service about itself; done when it returns.
        service_properties: c"HcsGetServiceProperties" = fn(PCWSTR, *mut PWSTR) -> HRESULT,
    }
    optional {}
}
