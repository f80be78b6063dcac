//! Questions about one thing, asked only while somebody looks at the answer. Knows no engine.

use serde_json::Value;

use super::{
    Container, ContainerId, Explanation, FileEntry, HistoryStep, ImageId, Packet, PathChange, Process, Subject,
    VolumeName,
};

/// A question about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// The engine's whole document about it.
    Inspect(Subject),
    /// The container with all that only an inspect tells; the store takes the answer into its row.
    Container(ContainerId),
    /// The container's processes.
    Processes(ContainerId),
    /// What the container changed in its files.
    Changes(ContainerId),
    /// How the image was made.
    History(ImageId),
    /// What is in a folder of the volume; `/` is the volume itself.
    Files(VolumeName, String),
    /// What the firewall would do with a packet.
    Explain(Packet),
}

impl Ask {
    /// Whether the answer ages by itself while it is looked at, and so is asked again.
    pub const fn ages(&self) -> bool {
        matches!(self, Self::Processes(_))
    }

    /// The id of the thing it is about.
    pub fn about(&self) -> &str {
        match self {
            Self::Inspect(subject) => &subject.id,
            Self::Container(id) | Self::Processes(id) | Self::Changes(id) => id.as_str(),
            Self::History(id) => id.as_str(),
            Self::Files(name, _) => name.as_str(),
            Self::Explain(Packet::In { .. }) => "",
            Self::Explain(Packet::Out { container, .. }) => container.as_str(),
        }
    }
}

/// The answer to an [`Ask`], of the same name.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The document, its text made harmless.
    Document(Value),
    /// The container.
    Container(Box<Container>),
    /// The processes, parents before children.
    Processes(Vec<Process>),
    /// The changes, by path.
    Changes(Vec<PathChange>),
    /// The steps, newest first.
    History(Vec<HistoryStep>),
    /// The files, by name.
    Files(Vec<FileEntry>),
    /// The rules it meets and how its way ends.
    Explanation(Explanation),
}
