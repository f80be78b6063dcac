//! Any bytes as a layer's tar: they are unpacked or refused, and nothing but the layer's folder comes into being.
//! Run as root, so that devices and owners are tried, too.

#![no_main]

use std::{fs, path::Path};

use libfuzzer_sys::fuzz_target;
use longshore::runtime::{
    host::Storage,
    linux::storage::{Limits, LinuxStorage},
};

fuzz_target!(|bytes: &[u8]| {
    let room = tempfile::tempdir().expect("a folder for temporary files");
    let (outside, layers) = (room.path().join("outside"), room.path().join("layers"));
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("secret"), b"secret").expect("a file");
    let limits = Limits { entries: 1000, bytes: 1 << 20, ..Limits::default() };
    let mended = mended(bytes);
    let done = LinuxStorage { limits }.unpack(&mut &mended[..], &[], &layers.join("x"));
    assert_eq!(count(&layers), usize::from(done.is_ok()), "something lies about");
    assert_eq!((count(room.path()), count(&outside)), (2, 1), "something landed outside");
    assert_eq!(fs::read(outside.join("secret")).expect("the file"), b"secret");
});

/// With headers' checksums made right: to find them by chance would take the fuzzer for ever.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}
