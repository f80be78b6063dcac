//! An image, its history and the way to it. Knows no registry protocol.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Bytes, HasId, ImageId};

/// One image as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Image {
    /// The digest of its config.
    pub id: ImageId,
    /// `repository:tag`, sorted; empty for a dangling image.
    pub tags: Vec<String>,
    /// `repository@digest`.
    pub digests: Vec<String>,
    /// Bytes of all its layers.
    pub size: Bytes,
    /// Bytes of layers that no other image has; known when all layers are.
    pub unique: Option<Bytes>,
    /// When it was built.
    pub created: DateTime<Utc>,
    /// Chain of layers from the base up, by diff id; known after an inspect.
    pub layers: Vec<String>,
    /// `linux/amd64`, `windows/amd64 10.0.20348.1`; known after an inspect.
    pub platform: Option<String>,
    /// How many containers are made from it.
    pub containers: usize,
    /// The image it was built from, where the engine knows.
    pub parent: Option<ImageId>,
}

impl HasId for Image {
    type Id = ImageId;

    fn id(&self) -> &ImageId {
        &self.id
    }
}

impl Image {
    /// Its first tag, or its short id.
    pub fn name(&self) -> &str {
        self.tags.first().map_or_else(|| self.id.short(), String::as_str)
    }

    /// Whether no tag names it.
    pub fn is_dangling(&self) -> bool {
        self.tags.is_empty()
    }
}

/// One step of an image's making, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryStep {
    /// When.
    pub created: DateTime<Utc>,
    /// The instruction.
    pub by: String,
    /// Bytes it added; 0 for steps that only change the config.
    pub size: Bytes,
    /// Its author's remark.
    pub comment: String,
    /// Tags of the image that ended here.
    pub tags: Vec<String>,
}

/// What an image made from a container shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitSpec {
    /// Its name, `repository:tag`; none when empty.
    pub reference: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// A remark for its history.
    pub message: Option<String>,
    /// Lines of a Dockerfile that change its config, such as `CMD ["sh"]`.
    pub changes: Vec<String>,
    /// Whether the container is frozen meanwhile, so that its files fit together.
    pub pause: bool,
}

/// What an image made from a tar archive of files shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSpec {
    /// Its name, `repository:tag`; none when empty.
    pub reference: Option<String>,
    /// A remark for its history.
    pub message: Option<String>,
    /// Lines of a Dockerfile that change its config, such as `CMD ["sh"]`.
    pub changes: Vec<String>,
    /// `os[/arch[/variant]]`; the engine's own when empty.
    pub platform: Option<String>,
}
