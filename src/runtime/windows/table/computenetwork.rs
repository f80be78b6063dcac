//! Functions of `computenetwork.dll`, the interface of the host compute network service. Knows their types and no
//! document.
//!
//! Source: Microsoft's reference of the HCN API, `computenetwork.h`. Each gives an `HRESULT`; text that a function gives,
//! also an error's record, is freed with `CoTaskMemFree`. A handle is a pointer that means nothing.

use std::ffi::c_void;

use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

use super::table;

table! {
    /// The functions of `computenetwork.dll` that longshore calls.
    struct ComputeNetwork: "computenetwork.dll" of Containers;
    required {
        /// Lists networks.
        enumerate_networks: c"HcnEnumerateNetworks" = fn(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
        /// Makes a network.
        create_network: c"HcnCreateNetwork" = fn(*const GUID, PCWSTR, *mut *mut c_void, *mut PWSTR) -> HRESULT,
        /// Opens a network.
        open_network: c"HcnOpenNetwork" = fn(*const GUID, *mut *mut c_void, *mut PWSTR) -> HRESULT,
        /// Asks what a network is like.
        query_network: c"HcnQueryNetworkProperties" = fn(*mut c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
        /// Deletes a network.
        delete_network: c"HcnDeleteNetwork" = fn(*const GUID, *mut PWSTR) -> HRESULT,
        /// Lets go of a network.
        close_network: c"HcnCloseNetwork" = fn(*mut c_void) -> HRESULT,
        /// Lists endpoints.
        enumerate_endpoints: c"HcnEnumerateEndpoints" = fn(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
        /// Makes an endpoint in an open network.
        create_endpoint: c"HcnCreateEndpoint"
            = fn(*mut c_void, *const GUID, PCWSTR, *mut *mut c_void, *mut PWSTR) -> HRESULT,
        /// Opens an endpoint.
        open_endpoint: c"HcnOpenEndpoint" = fn(*const GUID, *mut *mut c_void, *mut PWSTR) -> HRESULT,
        /// Asks what an endpoint is like.
        query_endpoint: c"HcnQueryEndpointProperties" = fn(*mut c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
        /// Changes an endpoint.
        modify_endpoint: c"HcnModifyEndpoint" = fn(*mut c_void, PCWSTR, *mut PWSTR) -> HRESULT,
        /// Deletes an endpoint.
        delete_endpoint: c"HcnDeleteEndpoint" = fn(*const GUID, *mut PWSTR) -> HRESULT,
        /// Lets go of an endpoint.
        close_endpoint: c"HcnCloseEndpoint" = fn(*mut c_void) -> HRESULT,
        /// Lists namespaces.
        enumerate_namespaces: c"HcnEnumerateNamespaces" = fn(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
        /// Makes a namespace.
        create_namespace: c"HcnCreateNamespace" = fn(*const GUID, PCWSTR, *mut *mut c_void, *mut PWSTR) -> HRESULT,
        /// Opens a namespace.
        open_namespace: c"HcnOpenNamespace" = fn(*const GUID, *mut *mut c_void, *mut PWSTR) -> HRESULT,
        /// Asks what a namespace is like.
        query_namespace: c"HcnQueryNamespaceProperties" = fn(*mut c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
        /// Changes a namespace.
        modify_namespace: c"HcnModifyNamespace" = fn(*mut c_void, PCWSTR, *mut PWSTR) -> HRESULT,
        /// Deletes a namespace.
        delete_namespace: c"HcnDeleteNamespace" = fn(*const GUID, *mut PWSTR) -> HRESULT,
        /// Lets go of a namespace.
        close_namespace: c"HcnCloseNamespace" = fn(*mut c_void) -> HRESULT,
    }
    optional {
        /// Counts what goes through an endpoint; newer than build 17763.
        endpoint_stats: c"HcnQueryEndpointStats" = fn(*mut c_void, PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT,
    }
}
