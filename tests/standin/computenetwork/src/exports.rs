//! The functions of the DLL.

use std::{
    ffi::c_void,
    sync::{LazyLock, Mutex, PoisonError},
};

use standin_share::Share;
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

use crate::{
    text::{give, id, read},
    world::{Failure, Kind, World},
};

static WORLD: LazyLock<Mutex<(World, Option<Share>)>> =
    LazyLock::new(|| Mutex::new((World::default(), Share::of_environment("network"))));

/// Does something in the world, while nobody else does.
fn with<T>(work: impl FnOnce(&mut World) -> T) -> T {
    let mut shared = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let (world, share) = &mut *shared;
    if let Some(objects) = share.as_mut().and_then(Share::begin) {
        world.adopt(objects);
    }
    let before = world.faults().len();
    let done = work(world);
    world.faults()[before..].iter().for_each(|fault| standin_share::reproach(fault));
    if let Some(share) = share {
        share.end(&world.objects());
    }
    done
}

/// Does something unless a failure was injected into the call, and tells of a failure in a record.
unsafe fn answer(call: &str, record: *mut PWSTR, work: impl FnOnce(&mut World) -> Result<(), Failure>) -> HRESULT {
    let failed = with(|world| world.injected(call).and_then(|()| work(world)).err());
    // SAFETY: the caller's pointer is passed on.
    unsafe { give(failed.as_ref().map(Failure::record).as_deref(), record) };
    failed.map_or(0, |failure| failure.code.cast_signed())
}

macro_rules! kind {
    ($kind:expr, $enumerate:ident, $open:ident, $query:ident, $delete:ident, $close:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $enumerate(query: PCWSTR, out: *mut PWSTR, record: *mut PWSTR) -> HRESULT {
            // SAFETY: the caller's text ends with a zero, and its pointers may be written to.
            unsafe {
                let query = read(query);
                answer(stringify!($enumerate), record, |world| {
                    world.enumerate($kind, &query).map(|text| give(Some(&text), out))
                })
            }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $open(guid: *const GUID, out: *mut *mut c_void, record: *mut PWSTR) -> HRESULT {
            // SAFETY: the caller's pointers may be read and written to.
            unsafe {
                let id = id(guid);
                answer(stringify!($open), record, |world| {
                    world.open($kind, &id).map(|handle| *out = handle as *mut c_void)
                })
            }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $query(
            handle: *mut c_void,
            query: PCWSTR,
            out: *mut PWSTR,
            record: *mut PWSTR,
        ) -> HRESULT {
            // SAFETY: the caller's text ends with a zero, and its pointers may be written to.
            unsafe {
                let query = read(query);
                answer(stringify!($query), record, |world| {
                    let answer = world.query(handle as usize, stringify!($query), &query)?;
                    give(Some(&answer), out);
                    Ok(())
                })
            }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $delete(guid: *const GUID, record: *mut PWSTR) -> HRESULT {
            // SAFETY: the caller's pointers may be read and written to.
            unsafe {
                let id = id(guid);
                answer(stringify!($delete), record, |world| world.delete($kind, &id))
            }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $close(handle: *mut c_void) -> HRESULT {
            // SAFETY: no pointer is given.
            unsafe {
                answer(stringify!($close), std::ptr::null_mut(), |world| {
                    world.close(handle as usize, stringify!($close))
                })
            }
        }
    };
}

kind!(
    Kind::Network,
    HcnEnumerateNetworks,
    HcnOpenNetwork,
    HcnQueryNetworkProperties,
    HcnDeleteNetwork,
    HcnCloseNetwork
);
kind!(
    Kind::Endpoint,
    HcnEnumerateEndpoints,
    HcnOpenEndpoint,
    HcnQueryEndpointProperties,
    HcnDeleteEndpoint,
    HcnCloseEndpoint
);
kind!(
    Kind::Namespace,
    HcnEnumerateNamespaces,
    HcnOpenNamespace,
    HcnQueryNamespaceProperties,
    HcnDeleteNamespace,
    HcnCloseNamespace
);

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCreateNetwork(
    guid: *const GUID,
    document: PCWSTR,
    out: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's pointers are passed on.
    unsafe { create("HcnCreateNetwork", Kind::Network, None, guid, document, out, record) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCreateEndpoint(
    network: *mut c_void,
    guid: *const GUID,
    document: PCWSTR,
    out: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's pointers are passed on.
    unsafe { create("HcnCreateEndpoint", Kind::Endpoint, Some(network as usize), guid, document, out, record) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnCreateNamespace(
    guid: *const GUID,
    document: PCWSTR,
    out: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's pointers are passed on.
    unsafe { create("HcnCreateNamespace", Kind::Namespace, None, guid, document, out, record) }
}

unsafe fn create(
    call: &str,
    kind: Kind,
    network: Option<usize>,
    guid: *const GUID,
    document: PCWSTR,
    out: *mut *mut c_void,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero, and its pointers may be read and written to.
    unsafe {
        let (id, document) = (id(guid), read(document));
        answer(call, record, |world| {
            world.create(kind, &id, network, &document).map(|handle| *out = handle as *mut c_void)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnModifyNamespace(
    namespace: *mut c_void,
    change: PCWSTR,
    record: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's text ends with a zero, and its pointer may be written to.
    unsafe {
        let change = read(change);
        answer("HcnModifyNamespace", record, |world| world.modify(namespace as usize, &change))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcnModifyEndpoint(endpoint: *mut c_void, change: PCWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: the caller's text ends with a zero, and its pointer may be written to.
    unsafe {
        let change = read(change);
        answer("HcnModifyEndpoint", record, |world| world.change(endpoint as usize, &change))
    }
}

/// The next calls of this name fail so often.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeInject(call: PCWSTR, code: u32, times: u32) {
    // SAFETY: the caller's text ends with a zero.
    let call = unsafe { read(call) };
    with(|world| world.inject(&call, code, times));
}

/// Everything that is there, as a document to be freed with `CoTaskMemFree`.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FakeDump(document: *mut PWSTR) {
    let text = with(|world| world.dump());
    // SAFETY: the caller's pointer is passed on.
    unsafe { give(Some(&text), document) }
}
