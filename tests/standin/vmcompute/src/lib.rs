//! A stand-in for the functions of `vmcompute.dll` that handle layers, with the types that open source calls them with.
//!
//! The `Fake…` functions are the tests' own: they inject failures and tell what was done wrong.

#![cfg(windows)]
#![allow(non_snake_case, reason = "functions are named as in Windows")]
#![allow(clippy::missing_safety_doc, reason = "they are called as hcsshim calls them")]

use std::{
    collections::BTreeMap,
    ffi::c_void,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use standin_layers::{Below, Done, Failure, active, export, import};
use windows_sys::core::{GUID, HRESULT, PCWSTR};

/// A layer below, as the service takes it.
#[repr(C)]
pub struct Descriptor {
    id: GUID,
    flags: u32,
    path: PCWSTR,
}

/// So often the calls of a name fail, and how.
static INJECTED: Mutex<BTreeMap<String, (u32, u32)>> = Mutex::new(BTreeMap::new());
/// What was done that Windows does not forgive.
static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static PREPARING: AtomicBool = AtomicBool::new(false);

fn lock<T>(what: &'static Mutex<T>) -> MutexGuard<'static, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something unless a failure was injected into the call.
fn answer(call: &str, work: impl FnOnce() -> Done) -> HRESULT {
    let injected = lock(&INJECTED).get_mut(call).filter(|(_, times)| *times > 0).map(|(code, times)| {
        *times -= 1;
        *code
    });
    let done = injected.map_or_else(work, |code| Err(code.into()));
    match done {
        Ok(()) => 0,
        Err(Failure { code, words }) => {
            if !words.is_empty() {
                let words = format!("{call}: {words}");
                standin_share::reproach(&words);
                lock(&FAULTS).push(words);
            }
            code.cast_signed()
        }
    }
}

unsafe fn text(text: PCWSTR) -> String {
    // SAFETY: a caller's text ends with a zero.
    let units = unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    String::from_utf16_lossy(units)
}

unsafe fn path(name: PCWSTR) -> PathBuf {
    // SAFETY: the caller's text is passed on.
    unsafe { text(name) }.into()
}

unsafe fn layers(list: *const Descriptor, count: u32) -> Vec<Below> {
    let id = |guid: &GUID| (guid.data1, guid.data2, guid.data3, guid.data4);
    (0..count as usize)
        .map(|at| {
            // SAFETY: the caller's list has so many.
            let one = unsafe { &*list.add(at) };
            // SAFETY: the text of each ends with a zero.
            Below { id: id(&one.id), path: unsafe { path(one.path) } }
        })
        .collect()
}

macro_rules! by_folder {
    ($($name:ident = $work:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $name(_info: *const c_void, folder: PCWSTR) -> HRESULT {
            // SAFETY: the caller's text ends with a zero.
            let folder = unsafe { path(folder) };
            let work: fn(&Path) -> Done = $work;
            answer(stringify!($name), || work(&folder))
        }
    )*};
}

by_folder! {
    ActivateLayer = active::activate;
    DeactivateLayer = active::deactivate;
    UnprepareLayer = active::unprepare;
    DestroyLayer = active::destroy;
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn PrepareLayer(
    _info: *const c_void,
    folder: PCWSTR,
    list: *const Descriptor,
    count: u32,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero, and its list is as long as it says.
    let (folder, below) = unsafe { (path(folder), layers(list, count)) };
    if PREPARING.swap(true, Ordering::SeqCst) {
        return answer("PrepareLayer", || Err(Failure::fault(0x8007_0020, "two layers are prepared at once")));
    }
    let done = answer("PrepareLayer", || active::prepare(&folder, &below));
    PREPARING.store(false, Ordering::SeqCst);
    done
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn GetLayerMountPath(
    _info: *const c_void,
    folder: PCWSTR,
    length: *mut usize,
    buffer: *mut u16,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let folder = unsafe { path(folder) };
    answer("GetLayerMountPath", || {
        let units: Vec<u16> = active::mount_path(&folder)?.encode_utf16().chain([0]).collect();
        // SAFETY: the caller's places may be read and written to; the buffer is as long as it says, or null.
        unsafe {
            if !buffer.is_null() {
                if *length < units.len() {
                    return Err(0x8007_007A.into());
                }
                buffer.copy_from_nonoverlapping(units.as_ptr(), units.len());
            }
            *length = units.len();
        }
        Ok(())
    })
}

/// Calls that carry a layer between its folder and a transport folder.
macro_rules! by_transport {
    ($($name:ident = $carry:path;)*) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $name(
            _info: *const c_void,
            folder: PCWSTR,
            transport: PCWSTR,
            list: *const Descriptor,
            count: u32,
        ) -> HRESULT {
            // SAFETY: the caller's texts end with a zero, and its list is as long as it says.
            let (folder, transport, below) = unsafe { (path(folder), path(transport), layers(list, count)) };
            answer(stringify!($name), || $carry(&folder, &transport, &below))
        }
    )* };
}

by_transport! {
    ImportLayer = import::import;
    ExportLayer = export::export;
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn NameToGuid(name: PCWSTR, guid: *mut GUID) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let name = unsafe { text(name) };
    answer("NameToGuid", || {
        let (data1, data2, data3, data4) = standin_layers::name_to_guid(&name);
        // SAFETY: the caller's place may be written to.
        unsafe { *guid = GUID { data1, data2, data3, data4 } };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn ProcessBaseImage(folder: PCWSTR) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let folder = unsafe { path(folder) };
    answer("ProcessBaseImage", || import::set_up_base(&folder))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn ProcessUtilityImage(folder: PCWSTR) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let folder = unsafe { path(folder) };
    answer("ProcessUtilityImage", || import::set_up_utility(&folder))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn ExpandSandboxSize(_info: *const c_void, folder: PCWSTR, _bytes: u64) -> HRESULT {
    // SAFETY: the caller's text ends with a zero.
    let folder = unsafe { path(folder) };
    answer("ExpandSandboxSize", || active::grow(&folder))
}

/// The next calls of this name fail so often.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeInject(call: PCWSTR, code: u32, times: u32) {
    // SAFETY: the caller's text ends with a zero.
    let call = unsafe { text(call) };
    lock(&INJECTED).insert(call, (code, times));
}

/// How many calls were such as Windows does not forgive. Writes the words of the first to standard error.
#[unsafe(no_mangle)]
pub extern "system" fn FakeFaults() -> u32 {
    let faults = lock(&FAULTS);
    if let Some(first) = faults.first() {
        eprintln!("the stand-in says: {first}");
    }
    faults.len() as u32
}
