//! Every intent with its name, its words and its keys: help, palette, hints and README come from here.

/// What a key press is meant to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Intent {
    /// Go to the overview.
    Overview,
    /// Go to the containers.
    Containers,
    /// Go to the images.
    Images,
    /// Go to the layers.
    Layers,
    /// Go to the sessions.
    Sessions,
    /// Go to the volumes.
    Volumes,
    /// Go to the NAT mappings.
    Nat,
    /// Go to the firewall rules.
    Firewall,
    /// Go to the networks.
    Networks,
    /// Go to the events.
    Events,
    /// Go to the endpoints.
    Endpoints,
    /// Go to the jobs.
    Jobs,
    /// Go to longshore's own log.
    Log,
    /// Show this help.
    Help,
    /// Find any action by name.
    Palette,
    /// Quit at the root; asks while jobs run.
    Quit,
    /// Go back; at the root `q` quits.
    Back,
    /// Read again what is on screen, and retry a lost engine.
    Refresh,
    /// Choose a theme.
    Theme,
    /// Turn the mouse on or off, so that the terminal can select text.
    Mouse,
    /// Lift or set read-only mode.
    ReadOnly,
    /// Leave to the shell; `fg` comes back.
    Suspend,
    /// Save the table or log to a file.
    Save,
    /// Copy the name, value or line.
    Copy,
    /// Move up.
    Up,
    /// Move down.
    Down,
    /// Move up a page.
    PageUp,
    /// Move down a page.
    PageDown,
    /// Move up half a page.
    HalfUp,
    /// Move down half a page.
    HalfDown,
    /// Move to the first.
    Top,
    /// Move to the last.
    Bottom,
    /// Fold, or scroll left.
    Left,
    /// Unfold, or scroll right.
    Right,
    /// Next detail tab.
    NextTab,
    /// Previous detail tab.
    PrevTab,
    /// Filter rows or search text: fuzzy, `/regex/`, `!` inverse.
    Filter,
    /// Open what is selected, full screen.
    Open,
    /// Mark the row.
    Mark,
    /// Mark all shown, or none.
    MarkAll,
    /// Sort by the next column.
    Sort,
    /// Turn the order around.
    SortTurn,
    /// Show or hide the detail pane.
    Detail,
    /// Read the log.
    Logs,
    /// Run a command in the container, in a terminal.
    Exec,
    /// Attach to the main process.
    Attach,
    /// Show everything the engine says of it.
    Inspect,
    /// Start or stop.
    StartStop,
    /// Restart.
    Restart,
    /// Pause or unpause.
    Pause,
    /// Send a signal.
    Kill,
    /// Remove.
    Remove,
    /// Make a new one (containers, volumes, networks, endpoints; pull an image).
    New,
    /// Remove everything unused, after a preview.
    Prune,
    /// Rename.
    Rename,
    /// Change limits and restart policy.
    Limits,
    /// Give the image one more name.
    Tag,
    /// Connect a container to the network.
    Connect,
    /// Disconnect a container from the network.
    Disconnect,
    /// Jump to the related object.
    Jump,
    /// Look at the files (of a volume; what a container changed).
    Browse,
    /// Back the volume up to a tar.
    BackUp,
    /// Restore the volume from a tar.
    Restore,
    /// Test: probe a NAT mapping, or an endpoint.
    Test,
    /// Group containers by project.
    Groups,
    /// Follow the end.
    Follow,
    /// Wrap long lines.
    Wrap,
    /// Show or hide times.
    Stamps,
    /// Next match.
    Next,
    /// Previous match.
    Previous,
    /// Fold or unfold.
    Toggle,
    /// Fold or unfold everything.
    FoldAll,
    /// Copy the path of the value.
    CopyPath,
}

impl Intent {
    /// By how many lines it moves on a page of this height; to the first or the last one: as far as can be. `None`
    /// when it moves nothing.
    pub const fn lines(self, height: usize) -> Option<isize> {
        let page = if height > 2 { height as isize - 1 } else { 1 };
        let half = if page > 1 { page / 2 } else { 1 };
        Some(match self {
            Self::Up => -1,
            Self::Down => 1,
            Self::PageUp => -page,
            Self::PageDown => page,
            Self::HalfUp => -half,
            Self::HalfDown => half,
            Self::Top => isize::MIN,
            Self::Bottom => isize::MAX,
            _ => return None,
        })
    }

    /// Whether it is meant to change an engine, so that read-only mode forbids it.
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Self::Exec
                | Self::Attach
                | Self::StartStop
                | Self::Restart
                | Self::Pause
                | Self::Kill
                | Self::Remove
                | Self::New
                | Self::Prune
                | Self::Rename
                | Self::Limits
                | Self::Tag
                | Self::Connect
                | Self::Disconnect
                | Self::Restore
        )
    }
}

/// Where a key has its meaning; the innermost place that knows a key wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// On every page.
    Everywhere,
    /// On dashboards.
    List,
    /// In logs and documents.
    Text,
}

impl Place {
    /// The heading in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::List => "On dashboards",
            Self::Text => "In logs and documents",
        }
    }
}

/// One line of the key table.
#[derive(Debug)]
pub struct Entry {
    /// What it means.
    pub intent: Intent,
    /// Where.
    pub place: Place,
    /// Its name in `keys.toml` and the palette.
    pub name: &'static str,
    /// A word or two for the hint bar.
    pub hint: &'static str,
    /// A line for the help.
    pub help: &'static str,
    /// longshore's keys.
    pub keys: &'static [&'static str],
    /// k9s' keys, where they differ.
    pub k9s: Option<&'static [&'static str]>,
    /// lazydocker's keys, where they differ.
    pub lazydocker: Option<&'static [&'static str]>,
}

/// The entry of an intent.
pub fn entry(intent: Intent) -> &'static Entry {
    // The table is in the order of the enum; a test holds it.
    &TABLE[intent as usize]
}

/// Every intent, in the order of the enum.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    Entry { intent: Intent::Overview, place: Place::Everywhere, name: "overview", hint: "overview", help: "go to the overview",
        keys: &["1"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Containers, place: Place::Everywhere, name: "containers", hint: "containers", help: "go to the containers",
        keys: &["2"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Images, place: Place::Everywhere, name: "images", hint: "images", help: "go to the images",
        keys: &["3"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Layers, place: Place::Everywhere, name: "layers", hint: "layers", help: "go to the layers",
        keys: &["4"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Sessions, place: Place::Everywhere, name: "sessions", hint: "sessions", help: "go to the sessions",
        keys: &["5"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Volumes, place: Place::Everywhere, name: "volumes", hint: "volumes", help: "go to the volumes",
        keys: &["6"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Nat, place: Place::Everywhere, name: "nat", hint: "NAT", help: "go to the NAT mappings",
        keys: &["7"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Firewall, place: Place::Everywhere, name: "firewall", hint: "firewall", help: "go to the firewall rules",
        keys: &["8"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Networks, place: Place::Everywhere, name: "networks", hint: "networks", help: "go to the networks",
        keys: &["9"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Events, place: Place::Everywhere, name: "events", hint: "events", help: "go to the events",
        keys: &["0"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Endpoints, place: Place::Everywhere, name: "endpoints", hint: "endpoints", help: "go to the endpoints",
        keys: &["f2"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Jobs, place: Place::Everywhere, name: "jobs", hint: "jobs", help: "go to the jobs",
        keys: &["f3"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Log, place: Place::Everywhere, name: "log", hint: "log", help: "go to longshore's own log",
        keys: &["f4"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Help, place: Place::Everywhere, name: "help", hint: "help", help: "show this help",
        keys: &["?", "f1"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Palette, place: Place::Everywhere, name: "palette", hint: "command", help: "find any action by name",
        keys: &[":"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Quit, place: Place::Everywhere, name: "quit", hint: "quit", help: "quit at the root; asks while jobs run",
        keys: &["ctrl-c"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Back, place: Place::Everywhere, name: "back", hint: "back", help: "go back; at the root `q` quits",
        keys: &["esc", "q"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Refresh, place: Place::Everywhere, name: "refresh", hint: "refresh", help: "read again what is on screen, and retry a lost engine",
        keys: &["ctrl-r"], k9s: None, lazydocker: Some(&["ctrl-r", "R"]) },
    Entry { intent: Intent::Theme, place: Place::Everywhere, name: "theme", hint: "theme", help: "choose a theme",
        keys: &["f9"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Mouse, place: Place::Everywhere, name: "mouse", hint: "mouse", help: "turn the mouse on or off, so that the terminal can select text",
        keys: &["M"], k9s: None, lazydocker: None },
    Entry { intent: Intent::ReadOnly, place: Place::Everywhere, name: "read-only", hint: "read-only", help: "lift or set read-only mode",
        keys: &["f8"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Suspend, place: Place::Everywhere, name: "suspend", hint: "suspend", help: "leave to the shell; `fg` comes back",
        keys: &["ctrl-z"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Save, place: Place::Everywhere, name: "save", hint: "save", help: "save the table or log to a file",
        keys: &["ctrl-s"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Copy, place: Place::Everywhere, name: "copy", hint: "copy", help: "copy the name, value or line",
        keys: &["c"], k9s: Some(&["ctrl-y"]), lazydocker: Some(&["ctrl-y"]) },
    Entry { intent: Intent::Up, place: Place::Everywhere, name: "up", hint: "up", help: "move up",
        keys: &["up", "k"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Down, place: Place::Everywhere, name: "down", hint: "down", help: "move down",
        keys: &["down", "j"], k9s: None, lazydocker: None },
    Entry { intent: Intent::PageUp, place: Place::Everywhere, name: "page-up", hint: "page up", help: "move up a page",
        keys: &["pageup", "ctrl-b"], k9s: None, lazydocker: None },
    Entry { intent: Intent::PageDown, place: Place::Everywhere, name: "page-down", hint: "page down", help: "move down a page",
        keys: &["pagedown", "ctrl-f"], k9s: None, lazydocker: None },
    Entry { intent: Intent::HalfUp, place: Place::Everywhere, name: "half-up", hint: "half up", help: "move up half a page",
        keys: &["ctrl-u"], k9s: None, lazydocker: None },
    Entry { intent: Intent::HalfDown, place: Place::Everywhere, name: "half-down", hint: "half down", help: "move down half a page",
        keys: &["ctrl-d"], k9s: Some(&["alt-d"]), lazydocker: None },
    Entry { intent: Intent::Top, place: Place::Everywhere, name: "top", hint: "top", help: "move to the first",
        keys: &["home", "g"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Bottom, place: Place::Everywhere, name: "bottom", hint: "bottom", help: "move to the last",
        keys: &["end", "G"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Left, place: Place::Everywhere, name: "left", hint: "left", help: "fold, or scroll left",
        keys: &["left", "h"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Right, place: Place::Everywhere, name: "right", hint: "right", help: "unfold, or scroll right",
        keys: &["right"], k9s: None, lazydocker: None },
    Entry { intent: Intent::NextTab, place: Place::Everywhere, name: "next-tab", hint: "next tab", help: "next detail tab",
        keys: &["tab"], k9s: None, lazydocker: Some(&["]", "tab"]) },
    Entry { intent: Intent::PrevTab, place: Place::Everywhere, name: "prev-tab", hint: "previous tab", help: "previous detail tab",
        keys: &["shift-tab"], k9s: None, lazydocker: Some(&["[", "shift-tab"]) },
    Entry { intent: Intent::Filter, place: Place::Everywhere, name: "filter", hint: "filter", help: "filter rows or search text: fuzzy, `/regex/`, `!` inverse",
        keys: &["/"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Open, place: Place::List, name: "open", hint: "open", help: "open what is selected, full screen",
        keys: &["enter"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Mark, place: Place::List, name: "mark", hint: "mark", help: "mark the row",
        keys: &["space"], k9s: None, lazydocker: None },
    Entry { intent: Intent::MarkAll, place: Place::List, name: "mark-all", hint: "mark all", help: "mark all shown, or none",
        keys: &["*"], k9s: Some(&["ctrl-space", "*"]), lazydocker: None },
    Entry { intent: Intent::Sort, place: Place::List, name: "sort", hint: "sort", help: "sort by the next column",
        keys: &["o"], k9s: None, lazydocker: None },
    Entry { intent: Intent::SortTurn, place: Place::List, name: "sort-turn", hint: "turn sort", help: "turn the order around",
        keys: &["O"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Detail, place: Place::List, name: "detail", hint: "detail", help: "show or hide the detail pane",
        keys: &["z"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Logs, place: Place::List, name: "logs", hint: "logs", help: "read the log",
        keys: &["l"], k9s: None, lazydocker: Some(&["m"]) },
    Entry { intent: Intent::Exec, place: Place::List, name: "exec", hint: "exec", help: "run a command in the container, in a terminal",
        keys: &["e"], k9s: Some(&["s"]), lazydocker: Some(&["E"]) },
    Entry { intent: Intent::Attach, place: Place::List, name: "attach", hint: "attach", help: "attach to the main process",
        keys: &["a"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Inspect, place: Place::List, name: "inspect", hint: "inspect", help: "show everything the engine says of it",
        keys: &["i"], k9s: Some(&["d", "y"]), lazydocker: None },
    Entry { intent: Intent::StartStop, place: Place::List, name: "start-stop", hint: "start/stop", help: "start or stop",
        keys: &["s"], k9s: Some(&["t"]), lazydocker: Some(&["s", "S"]) },
    Entry { intent: Intent::Restart, place: Place::List, name: "restart", hint: "restart", help: "restart",
        keys: &["r"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Pause, place: Place::List, name: "pause", hint: "pause", help: "pause or unpause",
        keys: &["p"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Kill, place: Place::List, name: "kill", hint: "kill", help: "send a signal",
        keys: &["K"], k9s: Some(&["ctrl-k"]), lazydocker: None },
    Entry { intent: Intent::Remove, place: Place::List, name: "remove", hint: "remove", help: "remove",
        keys: &["x"], k9s: Some(&["ctrl-d"]), lazydocker: Some(&["d"]) },
    Entry { intent: Intent::New, place: Place::List, name: "new", hint: "new", help: "make a new one (containers, volumes, networks, rules, endpoints; pull an image; publish a port)",
        keys: &["n"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Prune, place: Place::List, name: "prune", hint: "prune", help: "remove everything unused, after a preview",
        keys: &["P"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Rename, place: Place::List, name: "rename", hint: "rename", help: "rename",
        keys: &["R"], k9s: None, lazydocker: Some(&["N"]) },
    Entry { intent: Intent::Limits, place: Place::List, name: "limits", hint: "limits", help: "change limits and restart policy",
        keys: &["L"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Tag, place: Place::List, name: "tag", hint: "tag", help: "give the image one more name",
        keys: &["t"], k9s: Some(&["T"]), lazydocker: None },
    Entry { intent: Intent::Connect, place: Place::List, name: "connect", hint: "connect", help: "connect a container to the network",
        keys: &["C"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Disconnect, place: Place::List, name: "disconnect", hint: "disconnect", help: "disconnect a container from the network",
        keys: &["D"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Jump, place: Place::List, name: "jump", hint: "jump", help: "jump to the related object",
        keys: &["J"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Browse, place: Place::List, name: "browse", hint: "browse", help: "look at the files (of a volume; what a container changed)",
        keys: &["b"], k9s: None, lazydocker: None },
    Entry { intent: Intent::BackUp, place: Place::List, name: "back-up", hint: "back up", help: "back the volume up to a tar",
        keys: &["B"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Restore, place: Place::List, name: "restore", hint: "restore", help: "restore the volume from a tar",
        keys: &["U"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Test, place: Place::List, name: "test", hint: "test", help: "test: probe a NAT mapping, or an endpoint",
        keys: &["T"], k9s: Some(&["V"]), lazydocker: None },
    Entry { intent: Intent::Groups, place: Place::List, name: "groups", hint: "projects", help: "group containers by project",
        keys: &["f"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Follow, place: Place::Text, name: "follow", hint: "follow", help: "follow the end",
        keys: &["f"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Wrap, place: Place::Text, name: "wrap", hint: "wrap", help: "wrap long lines",
        keys: &["w"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Stamps, place: Place::Text, name: "stamps", hint: "times", help: "show or hide times",
        keys: &["t"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Next, place: Place::Text, name: "next-match", hint: "next match", help: "next match",
        keys: &["n"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Previous, place: Place::Text, name: "previous-match", hint: "previous match", help: "previous match",
        keys: &["N"], k9s: None, lazydocker: None },
    Entry { intent: Intent::Toggle, place: Place::Text, name: "toggle", hint: "fold", help: "fold or unfold",
        keys: &["enter", "space"], k9s: None, lazydocker: None },
    Entry { intent: Intent::FoldAll, place: Place::Text, name: "fold-all", hint: "fold all", help: "fold or unfold everything",
        keys: &["z"], k9s: None, lazydocker: None },
    Entry { intent: Intent::CopyPath, place: Place::Text, name: "copy-path", hint: "copy path", help: "copy the path of the value",
        keys: &["C"], k9s: None, lazydocker: None },
];
