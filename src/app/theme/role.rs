//! What a piece of the screen means; themes say what that looks like. Knows no colour.

use ratatui::style::{Modifier, Style};

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text of less weight: ages, units, remarks.
    Muted,
    /// Text that only fills: rules, empty cells.
    Faint,
    /// The title of a panel.
    Title,
    /// What the eye shall find first.
    Accent,
    /// The border of a panel.
    Border,
    /// The border of the panel that has the keys.
    BorderActive,
    /// The first line of the screen.
    Header,
    /// A tab that is not open.
    Tab,
    /// The open tab.
    TabActive,
    /// The title of a column.
    ColumnTitle,
    /// The selected row.
    Selected,
    /// A marked row's sign.
    Marked,
    /// A search match.
    Match,
    /// Running, healthy, done.
    Good,
    /// Paused, starting, soon a problem.
    Warn,
    /// Failed, unhealthy, lost.
    Bad,
    /// Neutral news.
    Info,
    /// Under way.
    Busy,
    /// A key in the hint bar.
    Key,
    /// What the key does.
    KeyLabel,
    /// What cannot be done now.
    Disabled,
    /// Processor charts.
    ChartCpu,
    /// Memory charts.
    ChartMemory,
    /// Network charts.
    ChartNet,
    /// Disk charts.
    ChartDisk,
    /// The empty part of a bar.
    Track,
    /// News of success.
    ToastGood,
    /// News.
    ToastPlain,
    /// News of failure.
    ToastBad,
    /// A document's key.
    JsonKey,
    /// A document's text.
    JsonString,
    /// A document's number.
    JsonNumber,
    /// A document's true, false, null.
    JsonWord,
    /// A log line of standard output.
    Stdout,
    /// A log line of standard error.
    Stderr,
    /// A log line's time.
    Stamp,
    /// What was worked out, not read.
    Derived,
    /// A question before a loss.
    Danger,
    /// The ground of what lies on top.
    Popup,
    /// A form's field.
    Field,
    /// The form's field that has the keys.
    FieldActive,
    /// A project's or group's name.
    Project,
}

impl Role {
    /// How many there are.
    pub const COUNT: usize = 43;

    /// Every role, in the order of the enum.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Text,
        Self::Muted,
        Self::Faint,
        Self::Title,
        Self::Accent,
        Self::Border,
        Self::BorderActive,
        Self::Header,
        Self::Tab,
        Self::TabActive,
        Self::ColumnTitle,
        Self::Selected,
        Self::Marked,
        Self::Match,
        Self::Good,
        Self::Warn,
        Self::Bad,
        Self::Info,
        Self::Busy,
        Self::Key,
        Self::KeyLabel,
        Self::Disabled,
        Self::ChartCpu,
        Self::ChartMemory,
        Self::ChartNet,
        Self::ChartDisk,
        Self::Track,
        Self::ToastGood,
        Self::ToastPlain,
        Self::ToastBad,
        Self::JsonKey,
        Self::JsonString,
        Self::JsonNumber,
        Self::JsonWord,
        Self::Stdout,
        Self::Stderr,
        Self::Stamp,
        Self::Derived,
        Self::Danger,
        Self::Popup,
        Self::Field,
        Self::FieldActive,
        Self::Project,
    ];

    /// Its key in a theme's file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Faint => "faint",
            Self::Title => "title",
            Self::Accent => "accent",
            Self::Border => "border",
            Self::BorderActive => "border-active",
            Self::Header => "header",
            Self::Tab => "tab",
            Self::TabActive => "tab-active",
            Self::ColumnTitle => "column-title",
            Self::Selected => "selected",
            Self::Marked => "marked",
            Self::Match => "match",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Busy => "busy",
            Self::Key => "key",
            Self::KeyLabel => "key-label",
            Self::Disabled => "disabled",
            Self::ChartCpu => "chart-cpu",
            Self::ChartMemory => "chart-memory",
            Self::ChartNet => "chart-net",
            Self::ChartDisk => "chart-disk",
            Self::Track => "track",
            Self::ToastGood => "toast-good",
            Self::ToastPlain => "toast-plain",
            Self::ToastBad => "toast-bad",
            Self::JsonKey => "json-key",
            Self::JsonString => "json-string",
            Self::JsonNumber => "json-number",
            Self::JsonWord => "json-word",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Stamp => "stamp",
            Self::Derived => "derived",
            Self::Danger => "danger",
            Self::Popup => "popup",
            Self::Field => "field",
            Self::FieldActive => "field-active",
            Self::Project => "project",
        }
    }

    /// What still tells it apart where there is no colour.
    pub(super) fn without_colour(self, style: Style) -> Style {
        match self {
            Self::Selected | Self::TabActive | Self::Match | Self::FieldActive => {
                style.add_modifier(Modifier::REVERSED)
            }
            Self::Bad | Self::Danger | Self::ToastBad | Self::Title | Self::Marked | Self::Key => {
                style.add_modifier(Modifier::BOLD)
            }
            Self::Field => style.add_modifier(Modifier::UNDERLINED),
            Self::Disabled | Self::Faint => style.add_modifier(Modifier::DIM),
            _ => style,
        }
    }
}
