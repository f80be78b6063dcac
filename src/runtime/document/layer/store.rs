//! Layers of other engines on this host, as their folders tell of them. Reads only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use super::{CHAIN, SCRATCH, chain_of, name};

/// Bytes of a chain at most: 127 layers with long paths are far less.
const LONGEST: u64 = 1 << 20;
/// End of the name of a layer that Docker is removing.
const REMOVING: &str = "-removing";
/// Beginning of the name of a layer that containerd is removing.
const GONE: &str = "rm-";

/// Whose store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// Docker: `windowsfilter`, each layer with a [`CHAIN`].
    Docker,
    /// containerd: `snapshots`, numbered; what is below what lies in a database that only it reads.
    Containerd,
}

impl Keeper {
    /// As people call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Containerd => "containerd",
        }
    }

    /// Where it keeps its layers below `%ProgramData%` where nobody says otherwise.
    fn usual_root(self, shared: &Path) -> PathBuf {
        match self {
            Self::Docker => shared.join("docker").join("windowsfilter"),
            Self::Containerd => shared.join("containerd").join("root").join("io.containerd.snapshotter.v1.windows"),
        }
    }
}

/// A layer of another engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Who keeps it.
    pub keeper: Keeper,
    /// The last name of its folder.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The layers below, the lowest first; `None` where that cannot be known.
    pub below: Option<Vec<PathBuf>>,
    /// Bytes of its disk, of a container's writable layer; `None` for a layer of an image.
    pub scratch: Option<u64>,
    /// Whether it holds a virtual machine's files.
    pub has_utility_vm: bool,
    /// How many other layers stand right on it.
    pub children: usize,
}

/// All layers in the usual stores below `%ProgramData%`. Most hosts have none, and who may not look sees nothing.
pub fn kept_by_others(shared: &Path) -> Vec<Foreign> {
    let kept = |keeper: Keeper| read(keeper, &keeper.usual_root(shared)).unwrap_or_default();
    [Keeper::Docker, Keeper::Containerd].into_iter().flat_map(kept).collect()
}

/// All layers in the store at `root`, sorted by name; what is being removed, or no layer, is left out. A layer whose
/// chain makes no sense is told without it.
///
/// # Errors
/// What the system says of the folder itself.
pub(super) fn read(keeper: Keeper, root: &Path) -> io::Result<Vec<Foreign>> {
    let mut layers = BTreeMap::new();
    for entry in fs::read_dir(store(keeper, root))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Not through a link: a layer is a folder of its own.
        if entry.file_type()?.is_dir() && !name.ends_with(REMOVING) && !name.starts_with(GONE) {
            layers.extend(layer(keeper, &entry.path()).map(|layer| (name, layer)));
        }
    }
    let parents: Vec<_> = layers.values().filter_map(parent).collect();
    for parent in parents {
        if let Some(layer) = layers.get_mut(&parent) {
            layer.children += 1;
        }
    }
    Ok(layers.into_values().collect())
}

fn store(keeper: Keeper, root: &Path) -> PathBuf {
    match keeper {
        Keeper::Docker => root.to_owned(),
        Keeper::Containerd => root.join("snapshots"),
    }
}

fn layer(keeper: Keeper, folder: &Path) -> Option<Foreign> {
    let scratch = fs::metadata(folder.join(SCRATCH)).ok().map(|meta| meta.len());
    if scratch.is_none() && !folder.join("Files").is_dir() {
        return None;
    }
    let below = match keeper {
        Keeper::Docker => below(folder),
        Keeper::Containerd => None,
    };
    let has_utility_vm = folder.join("UtilityVM").join("Files").is_dir();
    Some(Foreign { keeper, name: name(folder), folder: folder.to_owned(), below, scratch, has_utility_vm, children: 0 })
}

fn below(folder: &Path) -> Option<Vec<PathBuf>> {
    let file = folder.join(CHAIN);
    match fs::metadata(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Vec::new()),
        Ok(meta) if meta.len() <= LONGEST => {}
        _ => return None,
    }
    let chain = chain_of(&fs::read_to_string(file).ok()?).ok()?;
    // A chain that leads back into itself, or twice through one, is none.
    let names: BTreeSet<_> = chain.iter().map(|path| name(path)).collect();
    (names.len() == chain.len() && !names.contains(&name(folder))).then_some(chain)
}

fn parent(layer: &Foreign) -> Option<String> {
    layer.below.as_ref()?.last().map(|path| name(path))
}
