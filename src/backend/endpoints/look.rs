//! Gathers what the choice of endpoints depends on: variables, docker's files, sockets.
//! Must not know what follows from them.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

use super::{FoundFile, Surroundings};
use crate::model::endpoint::Address;

/// The variables that have a say.
const VARIABLES: [&str; 7] = [
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "XDG_RUNTIME_DIR",
];

/// Docker's names for TLS files.
const TLS_NAMES: [&str; 3] = ["ca.pem", "cert.pem", "key.pem"];

/// The largest file of docker that is read, in bytes; real ones have a few hundred.
const LARGEST: u64 = 1024 * 1024;

impl Surroundings {
    /// Looks around: reads variables and a few small files. Connects to nothing.
    #[must_use]
    pub fn look(aboard: bool) -> Self {
        let variables = VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?)));
        let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        Self::look_with(variables.collect(), home.as_deref(), Path::new("/"), aboard)
    }

    /// The same with the variables, the home directory and the root of the system's sockets given.
    fn look_with(variables: BTreeMap<String, String>, home: Option<&Path>, root: &Path, aboard: bool) -> Self {
        let set = |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let docker_dir = set("DOCKER_CONFIG").or_else(|| home.map(|home| home.join(".docker")));
        let contexts_dir = docker_dir.as_ref().map(|dir| dir.join("contexts"));
        let mut tls_files = BTreeSet::new();
        for dir in [docker_dir.clone(), set("DOCKER_CERT_PATH")].into_iter().flatten() {
            tls_files.extend(tls_files_in(&dir));
        }
        let ids = contexts_dir.as_ref().map(|dir| names_in(&dir.join("meta"))).unwrap_or_default();
        let mut contexts = Vec::new();
        for (dir, id) in contexts_dir.iter().flat_map(|dir| ids.iter().map(move |id| (dir, id))) {
            contexts.extend(read(dir.join("meta").join(id).join("meta.json")));
            tls_files.extend(tls_files_in(&dir.join("tls").join(id).join("docker")));
        }
        Self {
            docker_config: docker_dir.as_ref().and_then(|dir| read(dir.join("config.json"))),
            docker_dir,
            contexts,
            tls_files,
            local: sockets(home, set("XDG_RUNTIME_DIR").as_deref(), root),
            aboard,
            variables,
        }
    }
}

/// The usual places that exist, docker's before podman's. What is not of this platform does not exist.
fn sockets(home: Option<&Path>, runtime: Option<&Path>, root: &Path) -> Vec<Address> {
    let mut paths = vec![root.join("var/run/docker.sock")];
    paths.extend(runtime.map(|dir| dir.join("docker.sock")));
    // Where Docker Desktop, Colima and Rancher Desktop put theirs.
    let desktops =
        [".docker/run/docker.sock", ".docker/desktop/docker.sock", ".colima/default/docker.sock", ".rd/docker.sock"];
    paths.extend(home.iter().flat_map(|home| desktops.map(|path| home.join(path))));
    paths.extend(runtime.map(|dir| dir.join("podman/podman.sock")));
    paths.push(root.join("run/podman/podman.sock"));
    let mut seen = BTreeSet::new();
    let existing = paths.into_iter().filter(|path| path.exists());
    // One socket may be found by two names, such as /run and /var/run.
    let distinct = existing.filter(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    let unix = distinct.filter_map(|path| path.to_str().map(|path| Address::Unix(path.to_owned())));
    unix.chain(pipes()).collect()
}

/// The pipes of Docker, Docker Desktop and Podman, where the system has a directory of pipes.
fn pipes() -> impl Iterator<Item = Address> {
    let names = names_in(Path::new(r"\\.\pipe\"));
    ["docker_engine", "dockerDesktopLinuxEngine", "podman-machine-default"]
        .into_iter()
        .filter(move |name| names.iter().any(|found| found.to_str() == Some(name)))
        .map(|name| Address::Pipe { server: ".".into(), name: name.into() })
}

fn tls_files_in(dir: &Path) -> impl Iterator<Item = PathBuf> {
    TLS_NAMES.map(|name| dir.join(name)).into_iter().filter(|path| path.is_file())
}

/// The names in a directory, in order; none if there is no such directory.
fn names_in(dir: &Path) -> Vec<std::ffi::OsString> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

fn read(path: PathBuf) -> Option<FoundFile> {
    let size = fs::metadata(&path).map(|file| file.len());
    let text = match size {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Ok(size) if size > LARGEST => Err(format!("it has {size} bytes")),
        _ => fs::read_to_string(&path).map_err(|error| error.to_string()),
    };
    Some(FoundFile { path, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_files_and_sockets_are_found() {
        let home = tempfile::tempdir().unwrap();
        let docker = home.path().join(".docker");
        let meta = docker.join("contexts/meta/0123/meta.json");
        let tls = docker.join("contexts/tls/0123/docker/ca.pem");
        let root = home.path().join("root");
        let socket = root.join("var/run/docker.sock");
        for file in [&meta, &tls, &socket, &docker.join("config.json"), &docker.join("cert.pem")] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "{}").unwrap();
        }
        let found = Surroundings::look_with(BTreeMap::new(), Some(home.path()), &root, true);
        assert_eq!(found.contexts, [FoundFile { path: meta, text: Ok("{}".into()) }]);
        assert_eq!(found.tls_files, BTreeSet::from([tls, docker.join("cert.pem")]));
        assert_eq!(found.local, [Address::Unix(socket.to_str().unwrap().to_owned())]);
        assert_eq!(found.docker_dir.as_ref(), Some(&docker));
        assert!(found.docker_config.is_some());
    }

    #[test]
    fn docker_config_moves_the_directory_and_nothing_found_is_nothing() {
        let home = tempfile::tempdir().unwrap();
        let variables = BTreeMap::from([("DOCKER_CONFIG".to_owned(), "/nonexistent".to_owned())]);
        let found = Surroundings::look_with(variables, Some(home.path()), home.path(), false);
        assert_eq!(found.docker_dir.as_deref(), Some(Path::new("/nonexistent")));
        assert!(found.contexts.is_empty() && found.local.is_empty() && found.docker_config.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn one_socket_under_two_names_is_found_once() {
        let home = tempfile::tempdir().unwrap();
        let socket = home.path().join("run/podman/podman.sock");
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        fs::write(&socket, "").unwrap();
        let variables = BTreeMap::from([("XDG_RUNTIME_DIR".to_owned(), home.path().join("run").display().to_string())]);
        let found = Surroundings::look_with(variables, None, home.path(), false);
        assert_eq!(found.local.len(), 1);
    }
}
