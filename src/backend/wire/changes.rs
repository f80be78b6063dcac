//! Changed paths of a container's files. Knows no transport.

use serde::Deserialize;

use super::{
    lenient::{Number, Text},
    rows,
};
use crate::model::{PathChange, PathChangeKind};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    path: Text,
    kind: Number,
}

/// Reads the answer to `GET /containers/{id}/changes`, sorted by path.
///
/// # Errors
/// When the answer is no list.
pub(crate) fn changes(body: &[u8]) -> serde_json::Result<Vec<PathChange>> {
    let mut changes: Vec<_> = rows::<Row>(body)?.into_iter().map(change).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// Numbers of the kinds: Docker API, `FilesystemChange`.
fn change(row: Row) -> PathChange {
    let kind = match row.kind.or_zero() {
        1 => PathChangeKind::Added,
        2 => PathChangeKind::Removed,
        _ => PathChangeKind::Changed,
    };
    PathChange { kind, path: row.path.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbers() {
        let body = br#"[{"Path":"/b","Kind":2},{"Path":"/a","Kind":1},{"Path":"/","Kind":0}]"#;
        let read: Vec<_> = changes(body).unwrap().into_iter().map(|c| (c.path, c.kind)).collect();
        let wanted = [("/", PathChangeKind::Changed), ("/a", PathChangeKind::Added), ("/b", PathChangeKind::Removed)];
        assert_eq!(read, wanted.map(|(path, kind)| (path.to_owned(), kind)));
        assert!(changes(b"null").unwrap().is_empty());
    }
}
