//! A registry of one test's own, killed when dropped.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use longshore::runtime::image::Digest;

/// The password of `anna` is `s3cret`, by bcrypt.
const LOGIN: &str = "anna:$2b$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n";

/// Debian's `docker-registry` on loopback.
pub(crate) struct Registry {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Registry {
    /// Without a login.
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    /// For `anna` only.
    pub(crate) fn with_login() -> Self {
        Self::with("auth:\n  htpasswd:\n    realm: test\n    path: LOGIN\n")
    }

    fn with(auth: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let login = folder.path().join("login");
        fs::write(&login, LOGIN).unwrap();
        let data = folder.path().join("data");
        let config = format!(
            "version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n{}",
            data.display(),
            auth.replace("LOGIN", &login.display().to_string()),
        );
        let file = folder.path().join("config.yml");
        fs::write(&file, config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut process =
            Command::new("docker-registry").arg("serve").arg(&file).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the registry does not answer");
            assert!(process.try_wait().unwrap().is_none(), "the registry has ended");
            std::thread::yield_now();
        }
        Self { process, port, folder }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A reference in it.
    pub(crate) fn reference(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// The file of a blob.
    pub(crate) fn blob(&self, digest: Digest) -> PathBuf {
        let hex = digest.hex();
        let blobs = self.folder.path().join("data/docker/registry/v2/blobs/sha256");
        blobs.join(&hex[..2]).join(&hex).join("data")
    }

    /// The manifest or index under a reference.
    pub(crate) fn document(&self, repository: &str, reference: &str) -> serde_json::Value {
        let tag = self.repository(repository).join("_manifests/tags").join(reference).join("current/link");
        let digest: Digest = fs::read_to_string(tag).unwrap().trim().parse().unwrap();
        serde_json::from_slice(&fs::read(self.blob(digest)).unwrap()).unwrap()
    }

    /// Lets another repository have a blob of one.
    pub(crate) fn share(&self, from: &str, to: &str, digest: &str) {
        let link = |repository: &str| self.repository(repository).join("_layers").join(digest.replace(':', "/"));
        fs::create_dir_all(link(to)).unwrap();
        fs::copy(link(from).join("link"), link(to).join("link")).unwrap();
    }

    fn repository(&self, name: &str) -> PathBuf {
        self.folder.path().join("data/docker/registry/v2/repositories").join(name)
    }

    /// Puts a manifest or an index under a reference.
    pub(crate) fn put(&self, repository: &str, reference: &str, media_type: &str, body: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "PUT /v2/{repository}/manifests/{reference} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.port
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that is free now, and not of those that connections get: who connects to one of its own waits for itself.
fn free_port() -> u16 {
    use std::hash::{BuildHasher, RandomState};
    loop {
        let port = 20_000 + (RandomState::new().hash_one(0) % 10_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether a test can run here; says why not. `LONGSHORE_CI=1` makes that a failure.
pub(crate) fn can_run() -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let has_registry = Path::new("/usr/bin/docker-registry").exists();
    if is_root && has_registry {
        return true;
    }
    let message = "SKIPPED: needs root and Debian's docker-registry";
    assert!(std::env::var("LONGSHORE_CI").as_deref() != Ok("1"), "{message}");
    let _ = writeln!(std::io::stderr(), "{message}");
    false
}
