//! What a writable layer changes, path by path. Knows no tars and no mounts.

use rustix::{fd::AsFd, fs::FileType, io::Errno};

use super::{
    fault::Fault,
    lower::Lowers,
    node::{self, Node},
    tar::shown,
    whiteout,
};
use crate::{
    model::{PathChange, PathChangeKind},
    runtime::Result,
};

/// Folders within folders that are followed.
const DEPTH: usize = 256;

/// All changes in `upper` against the layers below, folders before what is in them. A folder is changed when
/// something in it is; one that was only touched on the way is not listed.
pub(crate) fn changes(upper: &Node, below: &Lowers) -> Result<Vec<PathChange>> {
    let mut changes = Changes::default();
    changes.inside(upper, below, b"", Depth { folders: 0, hidden: false })?;
    Ok(changes.found)
}

/// Where in the tree it is.
#[derive(Clone, Copy)]
struct Depth {
    folders: usize,
    /// Whether a folder on the way hides what is below.
    hidden: bool,
}

#[derive(Default)]
struct Changes {
    found: Vec<PathChange>,
}

impl Changes {
    fn inside(&mut self, upper: &Node, below: &Lowers, path: &[u8], depth: Depth) -> Result<()> {
        let fault = |error: Errno| Fault::from(error).on("compare", path);
        if depth.folders > DEPTH {
            return Err(fault(Errno::NAMETOOLONG));
        }
        let names = node::names(upper.fd.as_fd()).map_err(fault)?;
        let depth = Depth { hidden: depth.hidden || whiteout::is_opaque(upper), ..depth };
        if depth.hidden {
            // Nothing shines through from below: what is not here is gone.
            for gone in below.names().map_err(fault)?.iter().filter(|name| names.binary_search(name).is_err()) {
                self.push(PathChangeKind::Removed, &[path, b"/", gone].concat());
            }
        }
        for name in names {
            let inner = [path, b"/", &name].concat();
            match Node::open(upper.fd.as_fd(), &name) {
                Ok(node) => self.one(&node, below, &name, &inner, depth)?,
                Err(Errno::NOENT) => {}
                Err(error) => return Err(Fault::from(error).on("compare", &inner)),
            }
        }
        Ok(())
    }

    fn one(&mut self, upper: &Node, below: &Lowers, name: &[u8], path: &[u8], depth: Depth) -> Result<()> {
        let fault = |error: Errno| Fault::from(error).on("compare", path);
        let was = below.get(name).map_err(fault)?;
        let place = self.found.len();
        let changed = match &was {
            _ if whiteout::is(&upper.stat) => {
                if was.is_some() {
                    self.push(PathChangeKind::Removed, path);
                }
                return Ok(());
            }
            None => Some(PathChangeKind::Added),
            Some(was) if is_folder(was) && is_folder(upper) && same_look(was, upper) => None,
            Some(_) => Some(PathChangeKind::Changed),
        };
        if is_folder(upper) {
            self.inside(
                upper,
                &below.enter(name).map_err(fault)?,
                path,
                Depth { folders: depth.folders + 1, ..depth },
            )?;
        }
        let inside = self.found.len() > place;
        if let Some(kind) = changed.or(inside.then_some(PathChangeKind::Changed)) {
            self.found.insert(place, change(kind, path));
        }
        Ok(())
    }

    fn push(&mut self, kind: PathChangeKind, path: &[u8]) {
        self.found.push(change(kind, path));
    }
}

fn change(kind: PathChangeKind, path: &[u8]) -> PathChange {
    PathChange { kind, path: shown(path) }
}

fn is_folder(node: &Node) -> bool {
    node.file_type() == FileType::Directory
}

fn same_look(a: &Node, b: &Node) -> bool {
    let look = |node: &Node| {
        let stat = &node.stat;
        (stat.st_mode, stat.st_uid, stat.st_gid, stat.st_mtime, stat.st_mtime_nsec)
    };
    look(a) == look(b)
}
