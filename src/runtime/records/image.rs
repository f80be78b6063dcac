//! What a container needs to know of its image and its layers. Knows no registry; the image store writes these rows.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    model::{ImageId, LayerId, whole_reference},
    runtime::{Result, RuntimeError, layout::Layout},
};

/// An image, as far as a container made from it needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its id.
    pub id: ImageId,
    /// Its config blob: JSON.
    pub config: String,
    /// Its highest layer; `None` for an image of nothing.
    pub top: Option<LayerId>,
}

/// The image of a reference, an id, or the beginning of an id.
///
/// # Errors
/// `NotFound` when there is none, `Conflict` when several ids begin so.
pub fn find(c: &Connection, reference: &str, tried: &str) -> Result<Base> {
    let database = || RuntimeError::database("read the images");
    let name = whole_reference(reference).unwrap_or_else(|_| reference.to_owned());
    let named: Option<String> = c
        .query_row("SELECT image FROM image_name WHERE name IN (?1, ?2)", [reference, &name], |row| row.get(0))
        .optional()
        .map_err(database())?;
    let id = match named {
        Some(id) => id,
        None => by_id(c, reference, tried)?,
    };
    let sql = "SELECT id, config, (SELECT chain FROM image_layer WHERE image = id ORDER BY position DESC LIMIT 1)
        FROM image WHERE id = ?1";
    c.query_row(sql, [&id], |row| {
        Ok(Base {
            id: ImageId::new(row.get::<_, String>(0)?),
            config: row.get(1)?,
            top: row.get::<_, Option<String>>(2)?.map(LayerId::new),
        })
    })
    .map_err(database())
}

fn by_id(c: &Connection, text: &str, tried: &str) -> Result<String> {
    /// Fewer digits than these are rather a name.
    const LEAST: usize = 4;
    let missing = || RuntimeError::NotFound { tried: tried.to_owned(), why: format!("there is no image `{text}`") };
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.len() < LEAST || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = c.prepare("SELECT id FROM image WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2")?;
        statement.query_map([format!("sha256:{}", digits.to_ascii_lowercase())], |row| row.get(0))?.collect()
    };
    let mut found = read().map_err(RuntimeError::database("read the images"))?;
    match (found.pop(), found.pop()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(missing()),
        _ => Err(RuntimeError::Conflict {
            tried: tried.to_owned(),
            why: format!("`{text}` is ambiguous: several images begin so"),
        }),
    }
}

/// Folders of a chain of layers, the lowest first.
///
/// # Errors
/// `Corrupt` when a layer of it is missing.
pub fn folders(c: &Connection, layout: &Layout, top: Option<&LayerId>) -> Result<Vec<PathBuf>> {
    let Some(top) = top else { return Ok(Vec::new()) };
    let sql = "WITH RECURSIVE down (chain, parent, depth) AS (
            SELECT chain, parent, 0 FROM layer WHERE chain = ?1
            UNION ALL SELECT layer.chain, layer.parent, depth + 1 FROM layer JOIN down ON layer.chain = down.parent)
        SELECT chain FROM down ORDER BY depth DESC";
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = c.prepare(sql)?;
        statement.query_map(params![top.as_str()], |row| row.get(0))?.collect()
    };
    let chains = read().map_err(RuntimeError::database("read the layers"))?;
    if chains.is_empty() {
        let why = format!("the layer {} is missing", top.short());
        return Err(RuntimeError::Corrupt { tried: "read the layers".into(), why });
    }
    let folder = |chain: &String| layout.layers().join(chain.strip_prefix("sha256:").unwrap_or(chain));
    Ok(chains.iter().map(folder).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{super::fixtures, *};
    use crate::runtime::db::Db;

    /// Writes an image of two layers called `busybox:1`, whose config runs `sh`.
    pub(crate) fn busybox(db: &Db) {
        let sql = "INSERT INTO layer (chain, parent, diff, size, created) VALUES
                ('sha256:c1', NULL, 'sha256:d1', 1, 0), ('sha256:c2', 'sha256:c1', 'sha256:d2', 1, 0);
            INSERT INTO image (id, manifest, config, size, pulled)
                VALUES ('sha256:b0b0b0', 'sha256:m', '{\"config\":{\"Cmd\":[\"sh\"]}}', 2, 0);
            INSERT INTO image_layer VALUES ('sha256:b0b0b0', 0, 'sha256:c1'), ('sha256:b0b0b0', 1, 'sha256:c2');
            INSERT INTO image_name VALUES ('busybox:1', 'sha256:b0b0b0', NULL);";
        db.change("x", |t| t.execute_batch(sql).map_err(RuntimeError::database("x"))).unwrap();
    }

    #[test]
    fn an_image_is_found_by_its_name_and_its_id_with_its_layers() {
        let (folder, db) = fixtures::db();
        busybox(&db);
        for name in ["busybox:1", "docker.io/library/busybox:1", "sha256:b0b0b0", "b0b0"] {
            let found = db.look(|c| find(c, name, "run it"));
            assert_eq!(
                found.map(|base| base.id.to_string()).map_err(|e| e.to_string()).as_deref(),
                Ok("sha256:b0b0b0"),
                "{name}"
            );
        }
        for nobody in ["busybox:2", "b0b", "ffff"] {
            assert!(matches!(db.look(|c| find(c, nobody, "x")), Err(RuntimeError::NotFound { .. })), "{nobody}");
        }
        let layout = Layout::at(folder.path());
        let top = db.look(|c| find(c, "busybox:1", "x")).unwrap().top;
        let folders = db.look(|c| folders(c, &layout, top.as_ref())).unwrap();
        assert_eq!(folders, [layout.layers().join("c1"), layout.layers().join("c2")]);
    }
}
