//! What an engine says of itself and of its disk, as Docker spells it. Knows no transport.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    lenient::{Flag, Number, Text},
    volume,
};
use crate::model::{Bytes, DiskUsage, Share, System};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Version {
    version: Text,
    api_version: Text,
    platform: Component,
    components: Option<Vec<Component>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Component {
    name: Text,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Info {
    driver: Text,
    docker_root_dir: Text,
    kernel_version: Text,
    operating_system: Text,
    #[serde(rename = "OSType")]
    os_type: Text,
    architecture: Text,
    #[serde(rename = "NCPU")]
    cpus: Number,
    mem_total: Number,
    name: Text,
    server_version: Text,
    default_runtime: Text,
    security_options: Option<Vec<Text>>,
    isolation: Text,
    cgroup_driver: Text,
    cgroup_version: Text,
    warnings: Option<Vec<Text>>,
    logging_driver: Text,
}

/// Reads the answers to `GET /version` and `GET /info`.
///
/// # Errors
/// When either is no object.
pub(crate) fn system(version: &[u8], info: &[u8]) -> serde_json::Result<System> {
    let version: Version = serde_json::from_slice(version)?;
    let info: Info = serde_json::from_slice(info)?;
    let texts = |all: Option<Vec<Text>>| all.into_iter().flatten().filter_map(Text::some).collect();
    Ok(System {
        engine: engine(&version),
        version: version.version.some().or(info.server_version.some()).unwrap_or_default(),
        api_version: version.api_version.0,
        os_type: info.os_type.0,
        os: info.operating_system.0,
        kernel: info.kernel_version.0,
        arch: info.architecture.0,
        hostname: info.name.0,
        cpus: info.cpus.amount().unwrap_or(0),
        memory: Bytes(info.mem_total.amount().unwrap_or(0)),
        storage_driver: info.driver.0,
        data_root: info.docker_root_dir.0,
        isolation: info.isolation.0,
        cgroup_version: info.cgroup_version.0,
        cgroup_driver: info.cgroup_driver.0,
        runtime: info.default_runtime.0,
        security: texts(info.security_options),
        warnings: texts(info.warnings),
        log_driver: info.logging_driver.0,
    })
}

/// Podman and longshore name themselves as a component; Docker's own is called `Engine` and names its edition.
fn engine(version: &Version) -> String {
    let named = version.components.iter().flatten().map(|c| c.name.as_str()).find(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("podman") || name.contains("longshore")
    });
    let edition = Some(version.platform.name.as_str()).filter(|name| !name.is_empty());
    named.or(edition).unwrap_or("Docker Engine").to_owned()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Usage {
    layers_size: Number,
    images: Option<Vec<ImageRow>>,
    containers: Option<Vec<ContainerRow>>,
    volumes: Option<Vec<volume::Row>>,
    build_cache: Option<Vec<CacheRow>>,
    image_usage: Option<Totals>,
    container_usage: Option<Totals>,
    volume_usage: Option<Totals>,
    build_cache_usage: Option<Totals>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct ImageRow {
    size: Number,
    shared_size: Number,
    containers: Number,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct ContainerRow {
    size_rw: Number,
    state: Text,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct CacheRow {
    size: Number,
    in_use: Flag,
    shared: Flag,
}

/// The sums that engines since API 1.52 tell themselves.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Totals {
    total_count: Number,
    total_size: Number,
    reclaimable: Number,
}

/// Reads the answer to `GET /system/df`, counted at `at`. What can be reclaimed is counted as `docker system df` does.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn disk_usage(body: &[u8], at: DateTime<Utc>) -> serde_json::Result<DiskUsage> {
    let usage: Usage = serde_json::from_slice(body)?;
    let told = |totals: &Option<Totals>| totals.as_ref().map(Totals::share);
    Ok(DiskUsage {
        images: told(&usage.image_usage).unwrap_or_else(|| usage.images()),
        containers: told(&usage.container_usage).unwrap_or_else(|| usage.containers()),
        volumes: told(&usage.volume_usage).unwrap_or_else(|| usage.volumes()),
        build_cache: told(&usage.build_cache_usage).unwrap_or_else(|| usage.build_cache()),
        at,
    })
}

impl Totals {
    fn share(&self) -> Share {
        let count = self.total_count.amount().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let bytes = |number: Number| Bytes(number.amount().unwrap_or(0));
        Share { count, size: bytes(self.total_size), reclaimable: bytes(self.reclaimable) }
    }
}

impl Usage {
    /// All layers once; what images in use have for themselves cannot be reclaimed.
    fn images(&self) -> Share {
        let rows = self.images.as_deref().unwrap_or_default();
        let size = Bytes(self.layers_size.amount().unwrap_or(0));
        let used = rows.iter().filter(|row| row.containers.or_zero() > 0);
        let own = |row: &ImageRow| amount(row.size).less(amount(row.shared_size));
        Share { count: rows.len(), size, reclaimable: size.less(used.map(own).sum()) }
    }

    fn containers(&self) -> Share {
        let idle = |row: &ContainerRow| !matches!(row.state.as_str(), "running" | "paused" | "restarting");
        share(self.containers.as_deref().unwrap_or_default(), |row| amount(row.size_rw), idle)
    }

    fn volumes(&self) -> Share {
        let usage = |row: &volume::Row| row.usage_data.unwrap_or_default();
        let unused = |row: &volume::Row| usage(row).ref_count.0 == Some(0);
        share(self.volumes.as_deref().unwrap_or_default(), |row| amount(usage(row).size), unused)
    }

    fn build_cache(&self) -> Share {
        let rows = self.build_cache.as_deref().unwrap_or_default();
        let size = |row: &CacheRow| if row.shared.is_set() { Bytes(0) } else { amount(row.size) };
        share(rows, size, |row| !row.in_use.is_set())
    }
}

fn amount(number: Number) -> Bytes {
    Bytes(number.amount().unwrap_or(0))
}

fn share<T>(rows: &[T], size: impl Fn(&T) -> Bytes, reclaimable: impl Fn(&T) -> bool) -> Share {
    let free = rows.iter().filter(|row| reclaimable(row)).map(&size).sum();
    Share { count: rows.len(), size: rows.iter().map(&size).sum(), reclaimable: free }
}

/// The newest API that an engine speaks, by the answer to `GET /version`; 0.0 where it does not say.
///
/// # Errors
/// When the answer is no object.
pub(crate) fn api_version(body: &[u8]) -> serde_json::Result<(u32, u32)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Spoken {
        #[serde(default)]
        api_version: Text,
    }
    let Spoken { api_version } = serde_json::from_slice(body)?;
    let parsed =
        api_version.0.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    Ok(parsed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn podman_is_known_by_its_component() {
        let version = br#"{"Version":"5.0","ApiVersion":"1.41","Components":[{"Name":"Podman Engine"}],"Platform":{"Name":"linux/amd64"}}"#;
        let info = br#"{"OSType":"linux","NCPU":4,"MemTotal":1024,"SecurityOptions":null,"CgroupVersion":2}"#;
        let about = system(version, info).unwrap();
        assert_eq!((about.engine.as_str(), about.api_version.as_str(), about.cpus), ("Podman Engine", "1.41", 4));
        assert_eq!(about.cgroup_version, "2");
        let docker = system(br#"{"Components":[{"Name":"Engine"}]}"#, br#"{"ServerVersion":"20.10"}"#).unwrap();
        assert_eq!((docker.engine.as_str(), docker.version.as_str()), ("Docker Engine", "20.10"));
    }

    #[test]
    fn disk_use_counts_as_the_docker_command_does() {
        let body = br#"{"LayersSize":100,"Images":[{"Size":60,"SharedSize":20,"Containers":1},{"Size":50,"SharedSize":20,"Containers":0}],
            "Containers":[{"SizeRw":5,"State":"running"},{"SizeRw":3,"State":"exited"},{"State":"created"}],
            "Volumes":[{"UsageData":{"Size":9,"RefCount":0}},{"UsageData":{"Size":1,"RefCount":2}}],
            "BuildCache":[{"Size":4,"InUse":false,"Shared":false},{"Size":8,"InUse":false,"Shared":true}]}"#;
        let usage = disk_usage(body, DateTime::default()).unwrap();
        assert_eq!(usage.images, Share { count: 2, size: Bytes(100), reclaimable: Bytes(60) });
        assert_eq!(usage.containers, Share { count: 3, size: Bytes(8), reclaimable: Bytes(3) });
        assert_eq!(usage.volumes, Share { count: 2, size: Bytes(10), reclaimable: Bytes(9) });
        assert_eq!(usage.build_cache, Share { count: 2, size: Bytes(4), reclaimable: Bytes(4) });
    }

    #[test]
    fn newer_engines_tell_the_sums() {
        let body = br#"{"ImageUsage":{"TotalCount":2,"TotalSize":100,"Reclaimable":40}}"#;
        let usage = disk_usage(body, DateTime::default()).unwrap();
        assert_eq!(usage.images, Share { count: 2, size: Bytes(100), reclaimable: Bytes(40) });
        assert_eq!(usage.volumes, Share::default());
    }
}
