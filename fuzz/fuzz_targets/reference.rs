//! Any text as a reference to an image: it is read or refused, and its familiar form means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore::runtime::image::Name;

fuzz_target!(|text: &str| {
    if let Ok(name) = text.parse::<Name>() {
        let familiar = name.to_string();
        let again: Name = familiar.parse().expect("a familiar form can be read");
        assert_eq!(again.to_string(), familiar);
        assert_eq!((again.registry(), again.repository()), (name.registry(), name.repository()));
        assert!(!familiar.contains(|c: char| c.is_control() || c.is_whitespace()));
    }
});
