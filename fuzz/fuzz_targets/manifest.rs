//! Any bytes as a manifest, an index or a config: they are read or refused, and what was read is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore::runtime::image::{Config, Document, Platform};

fuzz_target!(|bytes: &[u8]| {
    match Document::read(bytes) {
        Ok(Document::Manifest(manifest)) => {
            let written = serde_json::to_vec(&manifest).expect("what was read can be written");
            assert_eq!(Document::read(&written).expect("what was written can be read"), Document::Manifest(manifest));
        }
        Ok(Document::Index(index)) => {
            let chosen = index.choose(&Platform::own());
            assert!(chosen.is_none_or(|entry| index.manifests.contains(entry)));
            assert!(!index.platforms().chars().any(char::is_control));
        }
        Err(error) => drop(error.to_string()),
    }
    if let Ok(config) = serde_json::from_slice::<Config>(bytes) {
        let written = serde_json::to_vec(&config).expect("what was read can be written");
        assert_eq!(serde_json::from_slice::<Config>(&written).expect("what was written can be read"), config);
    }
});
