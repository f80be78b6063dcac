//! Where a storage driver keeps layers, as Docker's inspects tell it. Knows no image and no container.

use serde::Deserialize;

use super::lenient::{Map, Text};

/// Where a storage driver keeps a layer; the keys differ from driver to driver.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct GraphDriver {
    data: Map<Text>,
}

impl GraphDriver {
    /// The directory of the layer itself: overlay2's `UpperDir`, windowsfilter's `dir`, zfs's and others' `Mountpoint`.
    pub(super) fn own_directory(&self) -> Option<&str> {
        let data = self.data.as_ref()?;
        ["UpperDir", "dir", "Dir", "Mountpoint"].iter().find_map(|key| data.get(*key)).map(Text::as_str)
    }

    /// The directories of the layers below it, the nearest first: overlay2's `LowerDir`.
    pub(super) fn lower_directories(&self) -> Vec<&str> {
        let lower = self.data.as_ref().and_then(|data| data.get("LowerDir")).map_or("", Text::as_str);
        lower.split(':').filter(|path| !path.is_empty()).collect()
    }
}
