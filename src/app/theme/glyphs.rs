//! The signs longshore draws with, in Unicode and in ASCII. Knows no colour.

/// Signs, each one column wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Whether these are the ASCII ones.
    pub ascii: bool,
    /// It runs.
    pub running: &'static str,
    /// It does not.
    pub stopped: &'static str,
    /// It is paused.
    pub paused: &'static str,
    /// It is half so: silent, restarting.
    pub half: &'static str,
    /// It failed, it is lost.
    pub cross: &'static str,
    /// It worked.
    pub check: &'static str,
    /// Look here.
    pub warn: &'static str,
    /// Before a selected row.
    pub bar: &'static str,
    /// Before a marked row.
    pub mark: &'static str,
    /// The endpoint.
    pub endpoint: &'static str,
    /// Kept secret on the way.
    pub lock: &'static str,
    /// Ascending.
    pub up: &'static str,
    /// Descending.
    pub down: &'static str,
    /// Leads to.
    pub to: &'static str,
    /// Folded.
    pub folded: &'static str,
    /// Unfolded.
    pub open: &'static str,
    /// Something was cut off.
    pub ellipsis: &'static str,
    /// Between words.
    pub dot: &'static str,
    /// Nothing to tell.
    pub none: &'static str,
    /// Something turns.
    pub spinner: &'static [&'static str],
    /// Heights from one to eight eighths.
    pub levels: [&'static str; 8],
    /// Widths from one to eight eighths.
    pub eighths: [&'static str; 8],
    /// The empty part of a bar.
    pub track: &'static str,
    /// A branch with more below it.
    pub branch: &'static str,
    /// The last branch.
    pub last: &'static str,
    /// The line beside deeper branches.
    pub stem: &'static str,
    /// A scroll bar's thumb.
    pub thumb: &'static str,
    /// A scroll bar's track.
    pub rail: &'static str,
    /// Corners and edges: top left, top right, bottom left, bottom right, across, down.
    pub border: [&'static str; 6],
    /// A ticked box.
    pub ticked: &'static str,
    /// An empty box.
    pub unticked: &'static str,
}

impl Glyphs {
    /// For terminals with Unicode.
    pub const UNICODE: Self = Self {
        ascii: false,
        running: "●",
        stopped: "○",
        paused: "‖",
        half: "◐",
        cross: "✕",
        check: "✓",
        warn: "▲",
        bar: "▌",
        mark: "◆",
        endpoint: "▣",
        lock: "⚿",
        up: "↑",
        down: "↓",
        to: "→",
        folded: "▸",
        open: "▾",
        ellipsis: "…",
        dot: "·",
        none: "—",
        spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧"],
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        eighths: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
        track: "░",
        branch: "├─",
        last: "└─",
        stem: "│ ",
        thumb: "█",
        rail: "│",
        border: ["╭", "╮", "╰", "╯", "─", "│"],
        ticked: "[✓]",
        unticked: "[ ]",
    };

    /// For terminals and fonts without.
    pub const ASCII: Self = Self {
        ascii: true,
        running: "*",
        stopped: "o",
        paused: "=",
        half: "~",
        cross: "x",
        check: "+",
        warn: "!",
        bar: ">",
        mark: "#",
        endpoint: "@",
        lock: "$",
        up: "^",
        down: "v",
        to: ">",
        folded: "+",
        open: "-",
        ellipsis: "~",
        dot: "-",
        none: "-",
        spinner: &["|", "/", "-", "\\"],
        levels: ["_", ".", ":", "-", "=", "+", "*", "#"],
        eighths: [".", ":", "-", "=", "=", "+", "#", "#"],
        track: ".",
        branch: "|-",
        last: "`-",
        stem: "| ",
        thumb: "#",
        rail: "|",
        border: ["+", "+", "+", "+", "-", "|"],
        ticked: "[x]",
        unticked: "[ ]",
    };

    /// A text whose signs a font without Unicode has too: what this program writes itself, not foreign names.
    pub fn plain<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if !self.ascii || text.is_ascii() {
            return text.into();
        }
        let sign = |c: char| match c {
            '→' => '>',
            '·' | '—' | '–' => '-',
            '…' => '~',
            '●' => '*',
            '○' => 'o',
            '↑' => '^',
            '↓' => 'v',
            '←' => '<',
            '✓' => '+',
            '✕' => 'x',
            c => c,
        };
        text.replace('⏎', "Enter").replace('⌫', "Bksp").chars().map(sign).collect::<String>().into()
    }
}
