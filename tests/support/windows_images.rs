//! Images of Windows, made by hand and put into a registry over its HTTP. Layers are written as
//! Microsoft's and Docker's tools write them. Knows of longshore what Windows it is on, and nothing else.
//!
//! | reference | layers |
//! |---|---|
//! | `longshore/busybox:1` | a base: files, hives, a virtual machine's files |
//! | `longshore/busybox:2` | the same, and one file more |
//! | `longshore/layers:1` | the same as the first, and six layers more; in the registry only |
//! | `longshore/newer:1` | the same as the first, for a Windows newer than any |

#![allow(dead_code, reason = "each test binary compiles this module and uses the part it needs")]

#[path = "noise.rs"]
mod noise;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use noise::noise;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What Docker's registry calls the documents.
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// A security descriptor that names an owner only (`O:BA`), self-relative.
const OWNED: &[u8] =
    &[1, 0, 0, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
/// `FILE_ATTRIBUTE_ARCHIVE` and `FILE_ATTRIBUTE_DIRECTORY`.
const FILE: &str = "32";
const FOLDER: &str = "16";
/// Bytes of one of the six layers that a pull has work with.
const LARGE: usize = 256 << 10;

/// Puts all of them into the registry at `host:port`, for the Windows that this is.
pub(crate) fn publish(registry: &str) {
    // With a revision, as images have it.
    let os_version = format!("{}.1", longshore::runtime::windows::facts::about().platform.os_version);
    let registry = Registry { address: registry.to_owned(), os_version };
    let base = registry.layer(&base());
    let second = registry.layer(&layer("etc\\longshore", b"second layer\n"));
    let large = (1..=6).map(|number| registry.layer(&layer(&format!("layer-{number}"), &noise(number, LARGE))));
    let newer = Registry { address: registry.address.clone(), os_version: "10.0.99999.1".into() };
    newer.image("longshore/newer", "1", &[base.clone()]);
    registry.image("longshore/busybox", "1", &[base.clone()]);
    registry.image("longshore/busybox", "2", &[base.clone(), second]);
    registry.image("longshore/layers", "1", &[vec![base], large.collect()].concat());
}

/// A layer in the registry.
#[derive(Clone)]
struct Blob {
    digest: String,
    size: usize,
    /// Of the tar in it.
    diff: String,
}

struct Registry {
    address: String,
    os_version: String,
}

impl Registry {
    fn layer(&self, tar: &[u8]) -> Blob {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(tar).unwrap();
        let packed = packed.finish().unwrap();
        let digest = digest(&packed);
        for repository in ["longshore/busybox", "longshore/layers", "longshore/newer"] {
            self.blob(repository, &packed);
        }
        Blob { digest, size: packed.len(), diff: self::digest(tar) }
    }

    fn image(&self, repository: &str, tag: &str, layers: &[Blob]) {
        let diffs: Vec<_> = layers.iter().map(|layer| &layer.diff).collect();
        let made = |at| json!({ "created": "2026-01-02T03:04:05Z", "created_by": format!("layer {at}") });
        let config = json!({
            "architecture": "amd64", "os": "windows", "os.version": self.os_version,
            "created": "2026-01-02T03:04:05Z",
            "config": { "Cmd": ["cmd"], "Env": ["PATH=C:\\Windows\\System32"], "WorkingDir": "C:\\" },
            "rootfs": { "type": "layers", "diff_ids": diffs },
            "history": (0..layers.len()).map(made).collect::<Vec<_>>(),
        })
        .to_string();
        self.blob(repository, config.as_bytes());
        let layer = |blob: &Blob| json!({ "mediaType": LAYER, "size": blob.size, "digest": blob.digest });
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": { "mediaType": CONFIG, "size": config.len(), "digest": digest(config.as_bytes()) },
            "layers": layers.iter().map(layer).collect::<Vec<Value>>(),
        });
        let path = format!("/v2/{repository}/manifests/{tag}");
        self.ask("PUT", &path, MANIFEST, manifest.to_string().as_bytes(), "201");
    }

    fn blob(&self, repository: &str, bytes: &[u8]) {
        let begun = self.ask("POST", &format!("/v2/{repository}/blobs/uploads/"), "text/plain", b"", "202");
        let place = begun.lines().find_map(|line| line.strip_prefix("Location: ")).expect("a place for a blob");
        let path = place.split_once("://").map_or(place, |(_, rest)| &rest[rest.find('/').unwrap_or_default()..]);
        let path = format!("{path}&digest={}", digest(bytes));
        self.ask("PUT", &path, "application/octet-stream", bytes, "201");
    }

    /// Gives the answer's head.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8], status: &str) -> String {
        let mut line = TcpStream::connect(&self.address).unwrap();
        let (host, size) = (&self.address, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {size}\r\n\r\n"
        );
        line.write_all(head.as_bytes()).unwrap();
        line.write_all(body).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        let is_right = answer.split(' ').nth(1) == Some(status);
        assert!(is_right, "{method} {path}: {answer}");
        answer
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The lowest layer.
fn base() -> Vec<u8> {
    let mut tar = Tar::default();
    for folder in ["Files", "Files/etc", "Files/tmp", "Files/Windows", "Files/Windows/System32"] {
        tar.folder(folder);
    }
    tar.file("Files/Windows/System32/cmd.exe", b"MZ a command interpreter");
    tar.file("Files/Windows/System32/sh.exe", b"MZ a shell");
    tar.folder("Hives");
    for hive in ["DefaultUser", "Sam", "Security", "Software", "System"] {
        tar.file(&format!("Hives/{hive}_Base"), b"regf");
    }
    for folder in ["UtilityVM", "UtilityVM/Files", "UtilityVM/Files/Windows"] {
        tar.folder(folder);
    }
    tar.file("UtilityVM/Files/Windows/kernel.bin", b"MZ a kernel");
    tar.done()
}

/// One more, with one file.
fn layer(path: &str, content: &[u8]) -> Vec<u8> {
    let mut tar = Tar::default();
    tar.folder("Files");
    let path = path.replace('\\', "/");
    if let Some((folder, _)) = path.rsplit_once('/') {
        tar.folder(&format!("Files/{folder}"));
    }
    tar.file(&format!("Files/{path}"), content);
    tar.folder("Hives");
    tar.file("Hives/System_Delta", b"regf");
    tar.done()
}

/// A tar with what belongs to files of Windows, in records of POSIX's own kind.
struct Tar(tar::Builder<Vec<u8>>);

impl Default for Tar {
    fn default() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }
}

impl Tar {
    fn folder(&mut self, path: &str) {
        self.entry(&format!("{path}/"), tar::EntryType::Directory, FOLDER, b"");
    }

    fn file(&mut self, path: &str, content: &[u8]) {
        self.entry(path, tar::EntryType::Regular, FILE, content);
    }

    fn entry(&mut self, path: &str, kind: tar::EntryType, attributes: &str, content: &[u8]) {
        let owned = STANDARD.encode(OWNED);
        // Hives have no attributes, and their security is that of the hive.
        let of_windows = [
            ("MSWINDOWS.fileattr", attributes),
            ("MSWINDOWS.rawsd", &owned),
            ("LIBARCHIVE.creationtime", "1767323045"),
        ];
        self.0.append_pax_extensions(of_windows.map(|(key, value)| (key, value.as_bytes()))).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mtime(1_767_323_045);
        header.set_mode(0o644);
        self.0.append_data(&mut header, path, content).unwrap();
    }

    fn done(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}
