//! The service against its stand-in. Each test has a world of its own: the DLL is loaded from a copy.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use super::*;
use crate::runtime::{
    document::{
        NetworkPlan,
        hcn::{Ground, OWNED, ids},
    },
    network_service::{
        attach, detach, ensure, remove,
        scene::{bridge, container, plan},
        sweep,
    },
    windows::{load::TEST_DLLS, table::table},
};

table! {
    /// The stand-in's own functions.
    struct Control: "computenetwork.dll" of Containers;
    required {
        inject: c"FakeInject" = fn(PCWSTR, u32, u32),
        dump: c"FakeDump" = fn(*mut PWSTR),
    }
    optional {}
}

struct World {
    service: ComputeNetworks,
    control: Control,
}

#[allow(unsafe_code, reason = "calls into the stand-in")]
impl World {
    fn new() -> Self {
        let built = std::env::var_os(TEST_DLLS).expect("scripts/windows/test.sh names the folder of the stand-ins");
        let built = Path::new(&built);
        let folder = tempfile::Builder::new().prefix("world-").tempdir_in(built).unwrap().keep();
        fs::copy(built.join("computenetwork.dll"), folder.join("computenetwork.dll")).unwrap();
        let shelf = Shelf::of_folder(folder);
        Self { service: ComputeNetworks::load(&shelf).unwrap(), control: Control::load(&shelf).unwrap() }
    }

    fn inject(&self, call: &str, code: u32) {
        // SAFETY: the text ends with a zero and lives over the call.
        unsafe { (self.control.inject)(Wide::new(call).as_ptr(), code, 1) }
    }

    /// Networks, endpoints and namespaces; no handle may be open, and none may have been used wrongly.
    fn counts(&self) -> [usize; 3] {
        let mut text = ptr::null_mut();
        // SAFETY: the pointer lives over the call.
        unsafe { (self.control.dump)(&raw mut text) };
        let dump: Value = serde_json::from_str(&take(text).unwrap()).unwrap();
        assert_eq!((&dump["Handles"], &dump["Faults"]), (&Value::from(0), &Value::from(Vec::<Value>::new())), "{dump}");
        ["Networks", "Endpoints", "Namespaces"].map(|kind| dump[kind].as_array().unwrap().len())
    }
}

fn attached(world: &World, digit: &str, plan: &NetworkPlan) -> crate::runtime::Result<()> {
    let network = ids::network(&bridge().network);
    let ground = Ground { mark: OWNED, found: &|_| Ok(network), rules: &|_| Vec::new() };
    attach(&world.service, &container(digit), plan, &ground, &Vec::new)
}

#[test]
fn containers_come_and_go_and_leave_nothing() {
    let world = World::new();
    ensure(&world.service, &bridge(), Duration::ZERO).unwrap();
    let (one, two) = (plan("172.28.96.10", &[8080]), plan("172.28.96.11", &[8081]));
    attached(&world, "a", &one).unwrap();
    attached(&world, "b", &two).unwrap();
    assert_eq!(world.counts(), [1, 2, 2]);
    let networks = world.service.networks().unwrap();
    assert_eq!(networks[0].range(), Some(("172.28.96.0/20", Some("172.28.96.1"))));
    let namespaces = world.service.namespaces().unwrap();
    assert!(namespaces.iter().all(|namespace| namespace.resources.len() == 1));
    let error = remove(&world.service, &bridge().network).unwrap_err();
    assert!(error.to_string().contains("containers are still in it"), "{error}");
    detach(&world.service, &container("a"), &one).unwrap();
    sweep(&world.service, OWNED, &|_| false).unwrap();
    remove(&world.service, &bridge().network).unwrap();
    assert_eq!(world.counts(), [0, 0, 0]);
}

#[test]
fn a_busy_port_is_named_with_who_has_it() {
    let world = World::new();
    ensure(&world.service, &bridge(), Duration::ZERO).unwrap();
    attached(&world, "a", &plan("172.28.96.10", &[8080])).unwrap();
    let error = attached(&world, "b", &plan("172.28.96.11", &[8080])).unwrap_err();
    assert!(error.to_string().ends_with("port 8080 is taken by the container `aaaaaaaaaaaa`"), "{error}");
    assert_eq!(world.counts(), [1, 1, 1]);
}

#[test]
fn each_call_that_fails_leaves_nothing_and_no_open_handle() {
    for call in ["HcnCreateNamespace", "HcnOpenNetwork", "HcnCreateEndpoint", "HcnOpenNamespace", "HcnModifyNamespace"]
    {
        let world = World::new();
        ensure(&world.service, &bridge(), Duration::ZERO).unwrap();
        world.inject(call, 0x803B_0020);
        attached(&world, "a", &plan("172.28.96.10", &[8080])).unwrap_err();
        assert_eq!(world.counts(), [1, 0, 0], "{call}");
    }
}

#[test]
fn what_the_service_refuses_comes_with_its_words() {
    let world = World::new();
    ensure(&world.service, &bridge(), Duration::ZERO).unwrap();
    let error = attached(&world, "a", &plan("10.0.0.1", &[1])).unwrap_err();
    assert!(error.to_string().contains("does not fit the network"), "{error}");
    let failure = world.service.statistics(Guid::named("endpoint", "x")).unwrap_err();
    assert_eq!(failure.number, NO_FUNCTION, "this Windows does not count");
}
