//! Names for containers that nobody named: two words of the shore, such as `quiet-harbour`. Pure.

/// What it is like.
const LIKE: [&str; 48] = [
    "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "coral", "crisp", "deep", "eager", "early", "fair",
    "foggy", "fresh", "gentle", "glad", "golden", "grand", "hardy", "hidden", "keen", "lively", "lone", "lucky",
    "mellow", "misty", "noble", "north", "patient", "pearl", "proud", "quick", "quiet", "rapid", "salty", "sandy",
    "silver", "steady", "still", "sunny", "swift", "tidal", "upbeat", "vivid", "warm", "west", "windy",
];
/// What it is.
const WHAT: [&str; 48] = [
    "anchor", "atoll", "barge", "bay", "beacon", "boat", "breeze", "bridge", "buoy", "canal", "cape", "cliff", "coast",
    "compass", "cove", "crane", "current", "delta", "dock", "dune", "ferry", "fjord", "galley", "gull", "harbour",
    "heron", "hull", "island", "jetty", "keel", "lagoon", "lantern", "lock", "marina", "mast", "mole", "oar", "pier",
    "quay", "reef", "rudder", "sail", "seal", "shoal", "sloop", "tern", "tide", "wharf",
];

/// A name that follows from an id; another one for each further `attempt`, with a number once words run short.
pub fn name(id: &str, attempt: u32) -> String {
    // FNV-1a: the id is random already, so any mix of all its digits will do.
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = id.bytes().chain(attempt.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, mix);
    let pick = |words: &[&'static str], hash: u64| words[(hash % words.len() as u64) as usize];
    let words = format!("{}-{}", pick(&LIKE, hash >> 8), pick(&WHAT, hash >> 32));
    if attempt < 8 { words } else { format!("{words}-{attempt}") }
}

/// Whether a person can give this name: Docker's rule.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric()) && name.len() > 1 && bytes.all(plain)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn made_up_names_are_names_and_differ() {
        let all: BTreeSet<_> = (0..400).map(|n| name(&format!("{n:064x}"), 0)).collect();
        assert!(all.iter().all(|name| is_name(name)), "{all:?}");
        assert!(all.len() > 300, "only {} of 400 differ", all.len());
        assert_ne!(name("a", 0), name("a", 1));
        assert!(name("a", 9).ends_with("-9"));
    }

    #[test]
    fn what_a_shell_or_a_path_would_take_otherwise_is_no_name() {
        for bad in ["", "a", "-rf", "a/b", "a b", "ä1", ".a", "a$"] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_name("web-1") && is_name("a_b.c"));
    }
}
