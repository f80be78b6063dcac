//! Networks by the host compute network service, through `computenetwork.dll`. Knows which calls there are, and not
//! why they are made.

use std::{ffi::c_void, ptr};

use serde::{Serialize, de::DeserializeOwned};
use windows_sys::{
    Win32::System::Com::CoTaskMemFree,
    core::{GUID, HRESULT, PCWSTR, PWSTR},
};

use super::{
    load::{LoadError, Shelf},
    table::computenetwork::ComputeNetwork,
    wide::{self, Wide},
};
use crate::runtime::{
    document::{
        guid::Guid,
        hcn::{Call, Code, Endpoint, Namespace, Network, Query, Record, Statistics, identifiers},
    },
    network_service::{Failure, NetworkService},
};

type Result<T> = std::result::Result<T, Failure>;
type Enumerate = unsafe extern "system" fn(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
type Open = unsafe extern "system" fn(*const GUID, *mut *mut c_void, *mut PWSTR) -> HRESULT;
type Ask = unsafe extern "system" fn(*mut c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
type Close = unsafe extern "system" fn(*mut c_void) -> HRESULT;
type Delete = unsafe extern "system" fn(*const GUID, *mut PWSTR) -> HRESULT;

/// `HRESULT` of a function that this Windows lacks (`ERROR_PROC_NOT_FOUND`).
const NO_FUNCTION: u32 = 0x8007_007F;
/// `HRESULT` of an answer that makes no sense (`ERROR_INVALID_DATA`).
const NO_SENSE: u32 = 0x8007_000D;

/// The host compute network service.
#[derive(Debug)]
pub struct ComputeNetworks {
    table: ComputeNetwork,
}

/// The functions of one kind of objects.
struct Kind {
    enumerate: Enumerate,
    open: Open,
    ask: Ask,
    close: Close,
    delete: Delete,
}

impl ComputeNetworks {
    /// Loads the DLL.
    ///
    /// # Errors
    /// What is missing.
    pub fn load(shelf: &Shelf) -> std::result::Result<Self, LoadError> {
        ComputeNetwork::load(shelf).map(|table| Self { table })
    }

    /// What has gone through an endpoint.
    ///
    /// # Errors
    /// What the service says; that this Windows does not count.
    pub fn statistics(&self, endpoint: Guid) -> Result<Statistics> {
        let stats = self.table.endpoint_stats.ok_or(Failure { number: NO_FUNCTION, record: None })?;
        let opened = Opened::of(&self.endpoint_kind(), endpoint)?;
        read(&opened.answer(stats, &text(&Query::all())?)?)
    }

    const fn network_kind(&self) -> Kind {
        let table = &self.table;
        Kind {
            enumerate: table.enumerate_networks,
            open: table.open_network,
            ask: table.query_network,
            close: table.close_network,
            delete: table.delete_network,
        }
    }

    const fn endpoint_kind(&self) -> Kind {
        let table = &self.table;
        Kind {
            enumerate: table.enumerate_endpoints,
            open: table.open_endpoint,
            ask: table.query_endpoint,
            close: table.close_endpoint,
            delete: table.delete_endpoint,
        }
    }

    const fn namespace_kind(&self) -> Kind {
        let table = &self.table;
        Kind {
            enumerate: table.enumerate_namespaces,
            open: table.open_namespace,
            ask: table.query_namespace,
            close: table.close_namespace,
            delete: table.delete_namespace,
        }
    }

    #[allow(unsafe_code, reason = "HCN has a C interface only")]
    fn create_endpoint(&self, id: Guid, endpoint: &Endpoint) -> Result<()> {
        let network = endpoint.host_compute_network.unwrap_or_default();
        let network = Opened::of(&self.network_kind(), network)?;
        let (id, document, create) = (raw(id), text(endpoint)?, self.table.create_endpoint);
        create_closed(self.table.close_endpoint, |handle, record| {
            // SAFETY: the network is open; the id, the document and the places for the answers live over the call.
            unsafe { create(network.handle, &raw const id, document.as_ptr(), handle, record) }
        })
    }
}

impl NetworkService for ComputeNetworks {
    fn networks(&self) -> Result<Vec<Network>> {
        all(&self.network_kind())
    }

    fn endpoints(&self) -> Result<Vec<Endpoint>> {
        all(&self.endpoint_kind())
    }

    fn namespaces(&self) -> Result<Vec<Namespace>> {
        all(&self.namespace_kind())
    }

    #[allow(unsafe_code, reason = "HCN has a C interface only")]
    fn create_network(&self, id: Guid, network: &Network) -> Result<()> {
        let (id, document, create) = (raw(id), text(network)?, self.table.create_network);
        create_closed(self.table.close_network, |handle, record| {
            // SAFETY: the id, the document and the places for the answers live over the call.
            unsafe { create(&raw const id, document.as_ptr(), handle, record) }
        })
    }

    fn delete_network(&self, id: Guid) -> Result<()> {
        delete(&self.network_kind(), id)
    }

    #[allow(unsafe_code, reason = "HCN has a C interface only")]
    fn call(&self, call: &Call) -> Result<()> {
        match call {
            Call::CreateNamespace(id, namespace) => {
                let (id, document, create) = (raw(*id), text(namespace)?, self.table.create_namespace);
                create_closed(self.table.close_namespace, |handle, record| {
                    // SAFETY: the id, the document and the places for the answers live over the call.
                    unsafe { create(&raw const id, document.as_ptr(), handle, record) }
                })
            }
            Call::CreateEndpoint(id, endpoint) => self.create_endpoint(*id, endpoint),
            Call::ModifyNamespace(id, change) => {
                let opened = Opened::of(&self.namespace_kind(), *id)?;
                let (document, modify) = (text(change)?, self.table.modify_namespace);
                told(|record| {
                    // SAFETY: the namespace is open; the document and the place for the record live over the call.
                    unsafe { modify(opened.handle, document.as_ptr(), record) }
                })
            }
            Call::ModifyEndpoint(id, change) => {
                let opened = Opened::of(&self.endpoint_kind(), *id)?;
                let (document, modify) = (text(change)?, self.table.modify_endpoint);
                told(|record| {
                    // SAFETY: the endpoint is open; the document and the place for the record live over the call.
                    unsafe { modify(opened.handle, document.as_ptr(), record) }
                })
            }
            Call::DeleteEndpoint(id) => delete(&self.endpoint_kind(), *id),
            Call::DeleteNamespace(id) => delete(&self.namespace_kind(), *id),
        }
    }
}

/// All objects of a kind; what vanishes while it is asked is left out.
#[allow(unsafe_code, reason = "HCN has a C interface only")]
fn all<T: DeserializeOwned>(kind: &Kind) -> Result<Vec<T>> {
    let query = text(&Query::all())?;
    let mut answer = ptr::null_mut();
    let done = told(|record| {
        // SAFETY: the question and the places for the answers live over the call.
        unsafe { (kind.enumerate)(query.as_ptr(), &raw mut answer, record) }
    });
    let answer = take(answer);
    done?;
    let ids = identifiers(&answer.unwrap_or_default()).map_err(|_| Failure { number: NO_SENSE, record: None })?;
    let mut found = Vec::new();
    for id in ids {
        match Opened::of(kind, id).and_then(|opened| opened.answer(kind.ask, &query)) {
            Ok(answer) => found.push(read(&answer)?),
            Err(failure) if failure.code() == Code::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

#[allow(unsafe_code, reason = "HCN has a C interface only")]
fn delete(kind: &Kind, id: Guid) -> Result<()> {
    let id = raw(id);
    told(|record| {
        // SAFETY: the id and the place for the record live over the call.
        unsafe { (kind.delete)(&raw const id, record) }
    })
}

/// An open object; let go of when dropped.
struct Opened {
    handle: *mut c_void,
    close: Close,
}

impl Opened {
    #[allow(unsafe_code, reason = "HCN has a C interface only")]
    fn of(kind: &Kind, id: Guid) -> Result<Self> {
        let (id, mut handle) = (raw(id), ptr::null_mut());
        told(|record| {
            // SAFETY: the id and the places for the answers live over the call.
            unsafe { (kind.open)(&raw const id, &raw mut handle, record) }
        })?;
        Ok(Self { handle, close: kind.close })
    }

    #[allow(unsafe_code, reason = "HCN has a C interface only")]
    fn answer(&self, ask: Ask, query: &Wide) -> Result<String> {
        let mut answer = ptr::null_mut();
        let done = told(|record| {
            // SAFETY: the object is open; the question and the places for the answers live over the call.
            unsafe { ask(self.handle, query.as_ptr(), &raw mut answer, record) }
        });
        let answer = take(answer);
        done.map(|()| answer.unwrap_or_default())
    }
}

impl Drop for Opened {
    #[allow(unsafe_code, reason = "HCN has a C interface only")]
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: it was opened, and is let go of here only.
            unsafe { (self.close)(self.handle) };
        }
    }
}

/// Makes an object and lets go of it at once: it lives on by its id.
fn create_closed(close: Close, create: impl FnOnce(*mut *mut c_void, *mut PWSTR) -> HRESULT) -> Result<()> {
    let mut handle = ptr::null_mut();
    let done = told(|record| create(&raw mut handle, record));
    drop(Opened { handle, close });
    done
}

/// Makes a call and takes what it says of errors: a record counts, whatever the number.
fn told(call: impl FnOnce(*mut PWSTR) -> HRESULT) -> Result<()> {
    let mut record = ptr::null_mut();
    let number = call(&raw mut record);
    let record = take(record).and_then(|text| Record::of(&text));
    if number >= 0 && record.is_none() { Ok(()) } else { Err(Failure { number: number.cast_unsigned(), record }) }
}

/// Text of the service, which is freed.
#[allow(unsafe_code, reason = "text of HCN is freed by its reader")]
fn take(text: PWSTR) -> Option<String> {
    // SAFETY: the service gave it, with a zero at its end, or left it null.
    let read = unsafe { wide::read(text) };
    // SAFETY: it is ours, allocated with `CoTaskMemAlloc`, and not used any more; null may be freed.
    unsafe { CoTaskMemFree(text.cast_const().cast()) };
    read
}

fn text(document: &impl Serialize) -> Result<Wide> {
    let text = serde_json::to_string(document).map_err(|_| Failure { number: NO_SENSE, record: None })?;
    Ok(Wide::new(&text))
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T> {
    serde_json::from_str(answer).map_err(|error| {
        let record = Record { error: format!("its answer makes no sense: {error}"), error_code: 0 };
        Failure { number: NO_SENSE, record: Some(record) }
    })
}

fn raw(id: Guid) -> GUID {
    let (data1, data2, data3, data4) = id.fields();
    GUID { data1, data2, data3, data4 }
}

#[cfg(test)]
mod tests;
