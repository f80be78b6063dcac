//! Every picture: how to get there, what must be on it, how to get back. Knows only keys and words.

use std::time::Duration;

/// One picture.
pub(crate) struct Shot {
    /// What its files are called.
    pub(crate) name: &'static str,
    /// What a terminal sends for the keys that lead there, from any dashboard.
    pub(crate) keys: &'static [&'static str],
    /// What must be on it.
    pub(crate) sees: &'static [&'static str],
    /// How long it is watched before it is taken: charts need time to fill.
    pub(crate) watch: Duration,
    /// The keys that lead back to a dashboard.
    pub(crate) leave: &'static [&'static str],
}

const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const TAB: &str = "\t";
const F2: &str = "\x1bOQ";
const F3: &str = "\x1bOR";
const F4: &str = "\x1bOS";
const NOW: Duration = Duration::ZERO;
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(12);

/// Those of Docker's engine, in the order in which they are taken.
pub(crate) const TOUR: &[Shot] = &[
    Shot { name: "overview", keys: &["1"], sees: &["Findings", "harbour"], watch: LONG, leave: &[] },
    Shot { name: "containers", keys: &["2"], sees: &["unhealthy"], watch: LONG, leave: &[] },
    Shot { name: "images", keys: &["3"], sees: &["Images ─", "MiB"], watch: SHORT, leave: &[] },
    Shot { name: "layers", keys: &["4"], sees: &["Layers ─"], watch: SHORT, leave: &[] },
    Shot { name: "sessions", keys: &["5"], sees: &["main"], watch: SHORT, leave: &[] },
    Shot { name: "volumes", keys: &["6"], sees: &["harbour_store"], watch: SHORT, leave: &[] },
    Shot { name: "nat", keys: &["7"], sees: &["NAT ─", "5672"], watch: SHORT, leave: &[] },
    Shot { name: "firewall", keys: &["8"], sees: &["DOCKER"], watch: SHORT, leave: &[] },
    Shot { name: "networks", keys: &["9"], sees: &["Networks ─", "172.28"], watch: SHORT, leave: &[] },
    Shot { name: "events", keys: &["0"], sees: &["Events ─"], watch: SHORT, leave: &[] },
    Shot { name: "endpoints", keys: &[F2], sees: &["Endpoints ─"], watch: NOW, leave: &[] },
    Shot { name: "jobs", keys: &[F3], sees: &["Jobs ─"], watch: NOW, leave: &[] },
    Shot { name: "log", keys: &[F4], sees: &["Log ─"], watch: NOW, leave: &[] },
    Shot { name: "help", keys: &["1", "?"], sees: &["keys of"], watch: NOW, leave: &[ESC] },
    Shot { name: "palette", keys: &["1", ":", "rest"], sees: &["restart"], watch: NOW, leave: &[ESC] },
    Shot { name: "logs", keys: &["2", "g", "l"], sees: &["berths"], watch: SHORT, leave: &[ESC] },
    Shot { name: "stats", keys: &["2", "g", ENTER, TAB], sees: &["CPU"], watch: LONG, leave: &[ESC] },
    Shot { name: "inspect", keys: &["2", "g", "i"], sees: &["HostConfig"], watch: NOW, leave: &[ESC] },
    Shot { name: "create", keys: &["2", "g", "n"], sees: &["New container"], watch: NOW, leave: &[ESC] },
    Shot { name: "confirm", keys: &["2", "g", "x"], sees: &["?"], watch: NOW, leave: &[ESC] },
    Shot { name: "exec", keys: &["2", "g", "e", ENTER], sees: &["#"], watch: NOW, leave: &["exit\r", ESC] },
];

/// Those of the engine aboard.
pub(crate) const ABOARD: &[Shot] = &[
    Shot { name: "aboard-overview", keys: &["1"], sees: &["longshore"], watch: LONG, leave: &[] },
    Shot { name: "aboard-containers", keys: &["2"], sees: &["8180"], watch: LONG, leave: &[] },
    Shot { name: "aboard-layers", keys: &["4"], sees: &["Layers ─"], watch: SHORT, leave: &[] },
    Shot { name: "aboard-sessions", keys: &["5"], sees: &["main"], watch: SHORT, leave: &[] },
    Shot { name: "aboard-nat", keys: &["7"], sees: &["8180"], watch: SHORT, leave: &[] },
    Shot { name: "aboard-publish", keys: &["7", "n"], sees: &["Publish ports"], watch: NOW, leave: &[ESC] },
    Shot { name: "aboard-firewall", keys: &["8"], sees: &["longshore"], watch: SHORT, leave: &[] },
    Shot { name: "aboard-rule", keys: &["8", "n"], sees: &["New rule"], watch: NOW, leave: &[ESC] },
];
