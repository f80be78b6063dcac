//! Images, their names and their layers as the database has them. Knows SQL; knows no disk.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{
    Connection, OptionalExtension, Row, ToSql, Transaction, params,
    types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef},
};

use super::{
    digest::Digest,
    make::{Packed, Wanted},
    name::Name,
};
use crate::{
    model::Kind,
    runtime::{Result, RuntimeError, records::event},
};

/// An image's row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ImageRow {
    /// Digest of its config.
    pub(super) id: Digest,
    /// Digest of its manifest.
    pub(super) manifest: Digest,
    /// Its config, as in the blob.
    pub(super) config: String,
    /// Bytes of all its layers, unpacked.
    pub(super) size: u64,
    /// When it came here.
    pub(super) pulled: DateTime<Utc>,
    /// The image it was committed upon.
    pub(super) parent: Option<Digest>,
}

/// A layer's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LayerRow {
    pub(super) chain: Digest,
    pub(super) parent: Option<Digest>,
    pub(super) diff: Digest,
    pub(super) packed: Packed,
    /// Bytes, unpacked.
    pub(super) size: u64,
}

/// A name's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameRow {
    /// Familiar, with tag or digest.
    pub(super) name: String,
    pub(super) image: Digest,
    /// Of the manifest or index in the registry, where it is known.
    pub(super) digest: Option<Digest>,
}

/// A column of a number that is never negative. SQLite's numbers end at 2⁶³, which no size on a disk reaches.
struct Count(u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|count| Self(u64::try_from(count).unwrap_or(0)))
    }
}

fn image_row(row: &Row) -> rusqlite::Result<ImageRow> {
    Ok(ImageRow {
        id: row.get("id")?,
        manifest: row.get("manifest")?,
        config: row.get("config")?,
        size: row.get::<_, Count>("size")?.0,
        pulled: DateTime::from_timestamp_millis(row.get("pulled")?).unwrap_or_default(),
        parent: row.get("parent")?,
    })
}

fn layer_row(row: &Row) -> rusqlite::Result<LayerRow> {
    Ok(LayerRow {
        chain: row.get("chain")?,
        parent: row.get("parent")?,
        diff: row.get("diff")?,
        packed: Packed {
            digest: row.get("digest")?,
            size: row.get::<_, Count>("packed")?.0,
            media_type: row.get("media_type")?,
        },
        size: row.get::<_, Count>("size")?.0,
    })
}

fn name_row(row: &Row) -> rusqlite::Result<NameRow> {
    Ok(NameRow { name: row.get("name")?, image: row.get("image")?, digest: row.get("digest")? })
}

/// Whether a layer has been recorded.
pub(super) fn has_layer_row(c: &Connection, chain: Digest) -> rusqlite::Result<bool> {
    c.query_row("SELECT 1 FROM layer WHERE chain = ?1", [chain], |_| Ok(())).optional().map(|row| row.is_some())
}

pub(super) fn has_layer(c: &Connection, chain: Digest) -> Result<bool> {
    has_layer_row(c, chain).map_err(RuntimeError::database("look for a layer"))
}

/// Records a layer that now stands; again, if its folder was lost.
pub(super) fn insert_layer(t: &Transaction, wanted: &Wanted, size: u64) -> Result<()> {
    let sql = "INSERT INTO layer (chain, parent, diff, digest, media_type, packed, size, created)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (chain) DO UPDATE SET digest = ?4, media_type = ?5, packed = ?6, size = ?7, created = ?8";
    let Packed { digest, size: packed, media_type } = &wanted.packed;
    let now = Utc::now().timestamp_millis();
    let row =
        params![wanted.chain, wanted.below.last(), wanted.diff, digest, media_type, Count(*packed), Count(size), now];
    t.execute(sql, row).map(|_| ()).map_err(RuntimeError::database("record a layer"))
}

/// Records an image whose layers all stand. Gives whether it is new.
pub(super) fn insert_image(
    t: &Transaction,
    image: &ImageRow,
    created: Option<DateTime<Utc>>,
    chain: &[Digest],
) -> Result<bool> {
    let insert = || {
        let sql = "INSERT INTO image (id, manifest, config, size, created, pulled, parent)
            SELECT ?1, ?2, ?3, coalesce((SELECT sum(size) FROM layer WHERE chain IN (SELECT value FROM json_each(?4))), 0),
                ?5, ?6, ?7 WHERE true
            ON CONFLICT (id) DO UPDATE SET manifest = ?2";
        let is_new = image_by_id(t, image.id)?.is_none();
        let chains = serde_json::to_string(chain).unwrap_or_default();
        let created = created.map(|created| created.timestamp_millis());
        let pulled = image.pulled.timestamp_millis();
        t.execute(sql, params![image.id, image.manifest, image.config, chains, created, pulled, image.parent])?;
        for (position, chain) in chain.iter().enumerate() {
            let sql = "INSERT INTO image_layer (image, position, chain) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            t.execute(sql, params![image.id, Count(position as u64), chain])?;
            t.execute("UPDATE layer SET used = 1 WHERE chain = ?1", [chain])?;
        }
        Ok(is_new)
    };
    insert().map_err(RuntimeError::database("record an image"))
}

/// Gives the name to an image, whichever had it before.
pub(super) fn set_name(t: &Transaction, name: &Name, image: Digest, digest: Option<Digest>) -> Result<()> {
    let set = || {
        let before = name_of(t, &name.to_string())?;
        let sql = "INSERT INTO image_name (name, image, digest) VALUES (?1, ?2, ?3)
            ON CONFLICT (name) DO UPDATE SET image = ?2, digest = ?3";
        t.execute(sql, params![name.to_string(), image, digest])?;
        let Some(NameRow { image: old, digest: Some(known), .. }) = before.filter(|before| before.image != image)
        else {
            return Ok(());
        };
        // As with Docker, the image that loses the name is still known by its digest.
        let sql = "INSERT INTO image_name (name, image, digest) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        t.execute(sql, params![name.at(known).to_string(), old, known]).map(|_| ())
    };
    set().map_err(RuntimeError::database(format!("give the name `{name}`")))
}

/// Takes a name away.
pub(super) fn remove_name(t: &Transaction, name: &str) -> Result<()> {
    t.execute("DELETE FROM image_name WHERE name = ?1", [name])
        .map(|_| ())
        .map_err(RuntimeError::database(format!("take the name `{name}` away")))
}

/// Takes an image's record away, and with it its names.
pub(super) fn remove_image(t: &Transaction, id: Digest) -> Result<()> {
    t.execute("DELETE FROM image WHERE id = ?1", [id])
        .map(|_| ())
        .map_err(RuntimeError::database("take an image's record away"))
}

/// Takes a layer's record away.
pub(super) fn remove_layer(t: &Transaction, chain: Digest) -> Result<()> {
    t.execute("DELETE FROM layer WHERE chain = ?1", [chain])
        .map(|_| ())
        .map_err(RuntimeError::database("take a layer's record away"))
}

pub(super) fn image_by_id(c: &Connection, id: Digest) -> rusqlite::Result<Option<ImageRow>> {
    c.query_row("SELECT * FROM image WHERE id = ?1", [id], image_row).optional()
}

/// Images whose id begins with these hex digits, two at most.
pub(super) fn images_by_prefix(c: &Connection, digits: &str) -> rusqlite::Result<Vec<ImageRow>> {
    let mut statement = c.prepare("SELECT * FROM image WHERE id >= ?1 AND id < ?2 LIMIT 2")?;
    // `g` comes after all hex digits.
    let range = [format!("sha256:{digits}"), format!("sha256:{digits}g")];
    statement.query_map(range, image_row)?.collect()
}

pub(super) fn name_of(c: &Connection, name: &str) -> rusqlite::Result<Option<NameRow>> {
    c.query_row("SELECT * FROM image_name WHERE name = ?1", [name], name_row).optional()
}

/// Names by digest: any name of the repository under which this digest came.
pub(super) fn name_by_digest(c: &Connection, repository: &str, digest: Digest) -> rusqlite::Result<Option<NameRow>> {
    let mut statement = c.prepare("SELECT * FROM image_name WHERE digest = ?1")?;
    let rows = statement.query_map([digest], name_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows.into_iter().find(|row| repository_of(&row.name) == repository))
}

/// The part of a familiar name before its tag or digest.
pub(super) fn repository_of(name: &str) -> &str {
    if let Some((repository, _)) = name.split_once('@') {
        return repository;
    }
    match name.rfind(':') {
        Some(at) if !name[at..].contains('/') => &name[..at],
        _ => name,
    }
}

pub(super) fn images(c: &Connection) -> rusqlite::Result<Vec<ImageRow>> {
    c.prepare("SELECT * FROM image ORDER BY created DESC, id")?.query_map([], image_row)?.collect()
}

/// All names, by image and then by name.
pub(super) fn names(c: &Connection) -> rusqlite::Result<BTreeMap<Digest, Vec<NameRow>>> {
    let mut statement = c.prepare("SELECT * FROM image_name ORDER BY name")?;
    let mut all: BTreeMap<Digest, Vec<NameRow>> = BTreeMap::new();
    for row in statement.query_map([], name_row)? {
        let row = row?;
        all.entry(row.image).or_default().push(row);
    }
    Ok(all)
}

/// Names of one image.
pub(super) fn names_of(c: &Connection, image: Digest) -> rusqlite::Result<Vec<NameRow>> {
    c.prepare("SELECT * FROM image_name WHERE image = ?1 ORDER BY name")?.query_map([image], name_row)?.collect()
}

/// The chains of all images, the lowest layer first in each.
pub(super) fn chains(c: &Connection) -> rusqlite::Result<BTreeMap<Digest, Vec<Digest>>> {
    let mut statement = c.prepare("SELECT image, chain FROM image_layer ORDER BY image, position")?;
    let mut all: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
    for row in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (image, chain) = row?;
        all.entry(image).or_default().push(chain);
    }
    Ok(all)
}

/// The layers of one image, the lowest first.
pub(super) fn layers_of(c: &Connection, image: Digest) -> rusqlite::Result<Vec<LayerRow>> {
    let sql = "SELECT layer.* FROM image_layer JOIN layer USING (chain) WHERE image = ?1 ORDER BY position";
    c.prepare(sql)?.query_map([image], layer_row)?.collect()
}

pub(super) fn layer_by_chain(c: &Connection, chain: Digest) -> rusqlite::Result<Option<LayerRow>> {
    c.query_row("SELECT * FROM layer WHERE chain = ?1", [chain], layer_row).optional()
}

pub(super) fn layers(c: &Connection) -> rusqlite::Result<Vec<LayerRow>> {
    c.prepare("SELECT * FROM layer")?.query_map([], layer_row)?.collect()
}

/// Layers that no image has had yet, made since then.
pub(super) fn fresh_layers(c: &Connection, since: DateTime<Utc>) -> rusqlite::Result<Vec<Digest>> {
    let mut statement = c.prepare("SELECT chain FROM layer WHERE used = 0 AND created > ?1")?;
    statement.query_map([since.timestamp_millis()], |row| row.get(0))?.collect()
}

/// This layer and all below it, the lowest first.
pub(super) fn chain_below(c: &Connection, top: Digest) -> rusqlite::Result<Vec<Digest>> {
    let sql = "WITH RECURSIVE below (chain, parent, depth) AS (
            SELECT chain, parent, 0 FROM layer WHERE chain = ?1
            UNION ALL SELECT layer.chain, layer.parent, depth + 1 FROM layer JOIN below ON layer.chain = below.parent
        ) SELECT chain FROM below ORDER BY depth DESC";
    c.prepare(sql)?.query_map([top], |row| row.get(0))?.collect()
}

/// Containers, each with its image and the highest layer it stands on.
pub(super) fn containers(c: &Connection) -> rusqlite::Result<Vec<ContainerRow>> {
    let mut statement = c.prepare("SELECT id, name, image, top, state FROM container")?;
    let row = |row: &Row| {
        Ok(ContainerRow {
            id: row.get(0)?,
            name: row.get(1)?,
            image: row.get(2)?,
            top: row.get(3)?,
            is_up: matches!(row.get::<_, String>(4)?.as_str(), "running" | "paused" | "restarting"),
        })
    };
    statement.query_map([], row)?.collect()
}

/// What images need to know of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContainerRow {
    pub(super) id: String,
    pub(super) name: String,
    /// An image's id.
    pub(super) image: String,
    pub(super) top: Option<Digest>,
    pub(super) is_up: bool,
}

/// Writes down what happened to an image. `subject` is its id, or the reference that was pulled.
pub(super) fn tell(t: &Transaction, action: &str, subject: &str, name: &str) -> Result<()> {
    let attributes = BTreeMap::from([("name".to_owned(), name.to_owned())]);
    event::tell(t, Kind::Image, action, subject, name, &attributes)
}
