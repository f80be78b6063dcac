//! Calls about processes.

use std::{ffi::c_void, fs::File};

use serde_json::{Map, Value};
use standin_core::{Failure, Handle, Kind, Outcome, Script, codes};
use windows_sys::{
    Win32::{Security::SECURITY_DESCRIPTOR, System::HostComputeSystem::HCS_EVENT_CALLBACK},
    core::{HRESULT, PCWSTR},
};

use crate::{
    doing::{Deed, accept, plain, telling},
    pipes::{Player, pipe},
    shared::{Inner, close, lock},
    systems::{listen, system_of},
    text::read,
};

fn process_of(kind: &Kind) -> Result<(&str, u32), Failure> {
    match kind {
        Kind::Process(id, pid, _) => Ok((id, *pid)),
        _ => Err(codes::INVALID_HANDLE.into()),
    }
}

/// The number of a process that is not known yet.
const UNBORN: u32 = 0;

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateProcess(
    system: *mut c_void,
    parameters: PCWSTR,
    operation: *mut c_void,
    _security: *const SECURITY_DESCRIPTOR,
    process: *mut *mut c_void,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let parameters = unsafe { read(parameters) }.unwrap_or_default();
    let (parent, operation) = (Handle(system as usize), Handle(operation as usize));
    let own = {
        let mut inner = lock();
        let own = inner.world.open(Kind::Process(String::new(), UNBORN, true));
        inner.parents.insert(own, parent);
        if let Some(operation) = inner.operations.get_mut(&operation) {
            operation.is_process = true;
        }
        own
    };
    let work = plain(move |inner, kind| begin(inner, system_of(kind)?, &parameters, own, operation));
    let code = accept(Some(parent), operation, "create process", work);
    if code < 0 {
        close(own, "HcsCreateProcess");
        return code;
    }
    // SAFETY: the caller's pointer may be written to.
    unsafe { *process = own.0 as *mut c_void };
    code
}

/// Makes the process of a handle that the caller has already.
fn begin(inner: &mut Inner, id: &str, parameters: &str, own: Handle, operation: Handle) -> Outcome {
    let (pid, document) = inner.world.create_process(id, parameters)?;
    inner.world.becomes(own, Kind::Process(id.to_owned(), pid, true));
    let (mut ours, mut theirs) = ([None, None, None], [0; 3]);
    for (at, member) in ["CreateStdInPipe", "CreateStdOutPipe", "CreateStdErrPipe"].into_iter().enumerate() {
        if document.get(member).and_then(Value::as_bool).unwrap_or_default() {
            let (our, their) = pipe(&format!("{pid}-{at}")).ok_or(codes::NOT_FOUND)?;
            (ours[at], theirs[at]) = (Some(our), their);
        }
    }
    if let Some(operation) = inner.operations.get_mut(&operation) {
        operation.process = Some(pid);
    }
    inner.ends.insert(pid, theirs);
    connect(inner, id, pid, &document, ours);
    Ok(None)
}

fn connect(inner: &mut Inner, id: &str, pid: u32, document: &Map<String, Value>, ours: [Option<File>; 3]) {
    let line = document.get("CommandLine").and_then(Value::as_str).unwrap_or_default();
    match Script::of(line) {
        script @ (Script::Echo | Script::Say(_) | Script::Shell) => {
            let tty = document.get("EmulateConsole").and_then(Value::as_bool).unwrap_or_default();
            Player { id: id.to_owned(), pid, tty, pipes: ours }.play(script, line);
        }
        Script::Exit(_) => {}
        _ => {
            inner.held.insert(pid, ours.into_iter().flatten().collect());
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenProcess(
    system: *mut c_void,
    pid: u32,
    _access: u32,
    process: *mut *mut c_void,
) -> HRESULT {
    let parent = Handle(system as usize);
    let mut inner = lock();
    let opened = inner.world.at(parent, "HcsOpenProcess").and_then(|kind| {
        let id = system_of(&kind)?.to_owned();
        inner.world.open_process(&id, pid)
    });
    match opened {
        Ok(handle) => {
            inner.parents.insert(handle, parent);
            // SAFETY: the caller's pointer may be written to.
            unsafe { *process = handle.0 as *mut c_void };
            0
        }
        Err(failure) => failure.code.cast_signed(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseProcess(process: *mut c_void) {
    close(Handle(process as usize), "HcsCloseProcess");
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsTerminateProcess(
    process: *mut c_void,
    operation: *mut c_void,
    _options: PCWSTR,
) -> HRESULT {
    let own = Handle(process as usize);
    let mut end = telling(|inner, kind| {
        let (id, pid) = process_of(kind)?;
        inner.held.remove(&pid);
        inner.world.terminate_process(id, pid)
    });
    // What comes behind a signal that is stuck waits for it.
    let work = move |inner: &mut Inner, kind: &Kind| {
        let waits = inner.parents.get(&own).is_some_and(|parent| inner.stuck.contains(parent));
        if waits { Deed::Later } else { end(inner, kind) }
    };
    accept(Some(own), Handle(operation as usize), "terminate process", Box::new(work))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSignalProcess(
    process: *mut c_void,
    operation: *mut c_void,
    options: PCWSTR,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let options = unsafe { read(options) }.unwrap_or_default();
    let own = Handle(process as usize);
    let work = move |inner: &mut Inner, kind: &Kind| {
        let parent = inner.parents.get(&own).copied();
        let (deed, is_stuck) = match process_of(kind).and_then(|(id, pid)| inner.world.signal(id, pid, &options)) {
            Ok(None) => (Deed::Later, true),
            Ok(Some(tellings)) => (Deed::Over(Ok(None), tellings), false),
            Err(failure) => (Deed::Over(Err(failure), Vec::new()), false),
        };
        match parent {
            Some(parent) if is_stuck => drop(inner.stuck.insert(parent)),
            Some(parent) => drop(inner.stuck.remove(&parent)),
            None => {}
        }
        deed
    };
    accept(Some(own), Handle(operation as usize), "signal", Box::new(work))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessInfo(process: *mut c_void, operation: *mut c_void) -> HRESULT {
    let (own, operation) = (Handle(process as usize), Handle(operation as usize));
    if let Some(operation) = lock().operations.get_mut(&operation) {
        operation.is_process = true;
    }
    let work = plain(move |inner, kind| {
        let Kind::Process(_, pid, true) = kind else { return Err(codes::PROCESS_INFO_NOT_AVAILABLE.into()) };
        if let Some(operation) = inner.operations.get_mut(&operation) {
            operation.process = Some(*pid);
        }
        Ok(None)
    });
    accept(Some(own), operation, "process info", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessProperties(
    process: *mut c_void,
    operation: *mut c_void,
    _query: PCWSTR,
) -> HRESULT {
    let work = plain(|inner, kind| {
        let (id, pid) = process_of(kind)?;
        inner.world.status(id, pid)
    });
    accept(Some(Handle(process as usize)), Handle(operation as usize), "process properties", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyProcess(
    process: *mut c_void,
    operation: *mut c_void,
    settings: PCWSTR,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let settings = unsafe { read(settings) }.unwrap_or_default();
    let work = plain(move |inner, kind| {
        let (id, pid) = process_of(kind)?;
        inner.world.modify_process(id, pid, &settings).map(|_| None)
    });
    accept(Some(Handle(process as usize)), Handle(operation as usize), "modify process", work)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetProcessCallback(
    process: *mut c_void,
    _options: i32,
    context: *const c_void,
    listener: HCS_EVENT_CALLBACK,
) -> HRESULT {
    listen(Handle(process as usize), context, listener)
}
