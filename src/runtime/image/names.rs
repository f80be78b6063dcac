//! What images are called: finding, naming, unnaming and removing them. Knows no registry.

use rusqlite::{Connection, Transaction};

use super::{
    ImageStore, Stored,
    digest::Digest,
    name::Name,
    pull::read_config,
    records::{self, ContainerRow, ImageRow, NameRow, repository_of},
};
use crate::{
    model::{Bytes, ImageId, LayerId, SHORT, text::clean},
    runtime::{Result, RuntimeError},
};

/// What a reference stands for.
pub(super) enum Found {
    /// This image, by its id or the beginning of it.
    ById(ImageRow),
    /// This image, by this name.
    ByName(ImageRow, NameRow),
    /// Several images, whose ids begin so.
    Several,
    /// None.
    Nothing,
}

/// Looks for what a reference stands for: an id, a name, `repository@digest`, the beginning of an id, in this order.
pub(super) fn find(c: &Connection, reference: &str) -> rusqlite::Result<Found> {
    if let Ok(id) = reference.parse::<Digest>()
        && let Some(row) = records::image_by_id(c, id)?
    {
        return Ok(Found::ById(row));
    }
    if let Ok(name) = reference.parse::<Name>() {
        let mut found = records::name_of(c, &name.to_string())?;
        if let (None, Some(digest)) = (&found, name.digest()) {
            found = records::name_by_digest(c, &name.familiar(), digest)?;
        }
        if let Some(found) = found
            && let Some(row) = records::image_by_id(c, found.image)?
        {
            return Ok(Found::ByName(row, found));
        }
    }
    let digits = reference.strip_prefix("sha256:").unwrap_or(reference);
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(is_hex) {
        return Ok(Found::Nothing);
    }
    let mut rows = records::images_by_prefix(c, digits)?;
    Ok(match (rows.pop(), rows.pop()) {
        (Some(row), None) => Found::ById(row),
        (Some(_), Some(_)) => Found::Several,
        (None, _) => Found::Nothing,
    })
}

impl Found {
    /// The image, if it is one.
    ///
    /// # Errors
    /// `NotFound` for none, `Invalid` for several.
    pub(super) fn one(self, tried: &str, reference: &str) -> Result<ImageRow> {
        let tried = tried.to_owned();
        match self {
            Self::ById(row) | Self::ByName(row, _) => Ok(row),
            Self::Several => {
                Err(RuntimeError::Invalid { tried, why: "several images' ids begin so; write more of it".into() })
            }
            Self::Nothing => {
                Err(RuntimeError::NotFound { tried, why: format!("there is no image `{}` here", clean(reference)) })
            }
        }
    }
}

impl ImageStore {
    /// The image that a name, an id or its beginning, or `repository@digest` stands for.
    ///
    /// # Errors
    /// `NotFound`, or `Invalid` for a beginning that several ids have.
    pub fn find(&self, reference: &str) -> Result<Stored> {
        let tried = format!("find the image `{}`", clean(reference));
        let found = self.db.read(&tried, |c| find(c, reference))?;
        let row = found.one(&tried, reference)?;
        let layers = self.db.read(&tried, |c| records::layers_of(c, row.id))?;
        Ok(Stored {
            id: ImageId::new(row.id.to_string()),
            config: read_config(&tried, &row.config)?,
            layers: layers.iter().map(|layer| LayerId::new(layer.chain.to_string())).collect(),
            folders: layers.iter().map(|layer| self.depot.layer(layer.chain)).collect(),
        })
    }

    /// Gives an image one more name, whichever had it before.
    ///
    /// # Errors
    /// As [`ImageStore::find`] for `of`; `Invalid` when `reference` is no name with a tag.
    pub fn tag(&self, of: &str, reference: &str) -> Result<()> {
        let tried = format!("give `{}` the name `{}`", clean(of), clean(reference));
        let name = self.tag_name(&tried, reference)?;
        self.db.change(&tried, |t| {
            let row = find(t, of).map_err(RuntimeError::database(tried.clone()))?.one(&tried, of)?;
            records::set_name(t, &name, row.id, None)?;
            records::tell(t, "tag", &row.id.to_string(), &name.to_string())
        })
    }

    /// Reads a reference that can be a name to keep.
    pub(super) fn tag_name(&self, tried: &str, reference: &str) -> Result<Name> {
        let name = self.name(tried, reference)?;
        if name.digest().is_none() {
            return Ok(name);
        }
        Err(RuntimeError::Invalid { tried: tried.to_owned(), why: "a name that one gives has no digest".into() })
    }

    /// Takes a name away and, with the last one or by id, the image. As with Docker, `force` is needed for an image
    /// that containers which do not run stand on, and for one that has names in several repositories; one that runs
    /// keeps its image. Gives what went, as `untagged NAME` and `deleted ID`.
    ///
    /// # Errors
    /// As [`ImageStore::find`]; `Conflict` for what is in use.
    pub fn remove(&self, reference: &str, force: bool) -> Result<Vec<String>> {
        let tried = format!("remove the image `{}`", clean(reference));
        let gone = self.db.change(&tried, |t| {
            let found = find(t, reference).map_err(RuntimeError::database(tried.clone()))?;
            let removal = Removal::new(t, &tried, force);
            match found {
                Found::ByName(row, name) => removal.name(&row, &name),
                other => removal.image(&other.one(&tried, reference)?),
            }
        })?;
        self.collect_or_warn();
        Ok(gone)
    }

    /// Removes images without a tag, or with `all` every image, that no container stands on; also layers that nothing
    /// needs. Gives how many images went, and bytes freed.
    ///
    /// # Errors
    /// What the database or the disk says.
    pub fn prune(&self, all: bool) -> Result<(usize, Bytes)> {
        let tried = "remove unused images";
        let count = self.db.change(tried, |t| {
            let read = || Ok((records::images(t)?, records::names(t)?, records::containers(t)?));
            let (images, names, containers) = read().map_err(RuntimeError::database(tried))?;
            let removal = Removal::new(t, tried, false);
            let mut count = 0;
            for image in images {
                let is_used = containers.iter().any(|container| container.image == image.id.to_string());
                let is_tagged = names.get(&image.id).is_some_and(|names| names.iter().any(is_tag));
                if !is_used && (all || !is_tagged) {
                    removal.all(&image)?;
                    count += 1;
                }
            }
            Ok(count)
        })?;
        Ok((count, self.collect_all()?))
    }
}

/// Whether a name is by tag; by digest otherwise.
pub(super) fn is_tag(name: &NameRow) -> bool {
    !name.name.contains('@')
}

/// Removes within one transaction.
struct Removal<'t> {
    t: &'t Transaction<'t>,
    tried: &'t str,
    force: bool,
}

impl<'t> Removal<'t> {
    fn new(t: &'t Transaction<'t>, tried: &'t str, force: bool) -> Self {
        Self { t, tried, force }
    }

    /// Takes one name away, and the image with the last.
    fn name(&self, image: &ImageRow, name: &NameRow) -> Result<Vec<String>> {
        let names = self.names(image)?;
        let tags = names.iter().filter(|other| is_tag(other) && other.name != name.name).count();
        let users = self.users(image)?;
        let is_last = tags == 0;
        if is_last
            && !self.force
            && let Some(user) = users.first()
        {
            return Err(self.conflict(user, true));
        }
        let mut gone = vec![self.untag(image, &name.name)?];
        // Names by digest of a repository go with its last tag.
        let repository = repository_of(&name.name);
        let has_tag =
            |other: &&NameRow| is_tag(other) && other.name != name.name && repository_of(&other.name) == repository;
        if is_tag(name) && names.iter().find(has_tag).is_none() {
            let digests = names.iter().filter(|other| !is_tag(other) && repository_of(&other.name) == repository);
            for digest in digests {
                gone.push(self.untag(image, &digest.name)?);
            }
        }
        let is_nameless = records::names_of(self.t, image.id).map_err(self.broken())?.is_empty();
        if is_nameless && !users.iter().any(|user| user.is_up) {
            gone.extend(self.all(image)?);
        }
        Ok(gone)
    }

    /// Removes an image with all of its names.
    fn image(&self, image: &ImageRow) -> Result<Vec<String>> {
        let users = self.users(image)?;
        if let Some(user) = users.iter().find(|user| user.is_up || !self.force) {
            return Err(self.conflict(user, !user.is_up));
        }
        let names = self.names(image)?;
        let first = names.first().map(|name| repository_of(&name.name));
        let is_shared = names.iter().any(|name| Some(repository_of(&name.name)) != first);
        if is_shared && !self.force {
            let why = "it has names in several repositories; remove those, or force it".to_owned();
            return Err(RuntimeError::Conflict { tried: self.tried.to_owned(), why });
        }
        self.all(image)
    }

    /// Takes all names and the record away.
    fn all(&self, image: &ImageRow) -> Result<Vec<String>> {
        let names = self.names(image)?;
        let mut gone = names.iter().map(|name| self.untag(image, &name.name)).collect::<Result<Vec<_>>>()?;
        let id = image.id.to_string();
        records::remove_image(self.t, image.id)?;
        records::tell(self.t, "delete", &id, &id)?;
        gone.push(format!("deleted {}", &image.id.hex()[..SHORT]));
        Ok(gone)
    }

    fn untag(&self, image: &ImageRow, name: &str) -> Result<String> {
        records::remove_name(self.t, name)?;
        records::tell(self.t, "untag", &image.id.to_string(), name)?;
        Ok(format!("untagged {name}"))
    }

    fn names(&self, image: &ImageRow) -> Result<Vec<NameRow>> {
        records::names_of(self.t, image.id).map_err(self.broken())
    }

    fn users(&self, image: &ImageRow) -> Result<Vec<ContainerRow>> {
        let id = image.id.to_string();
        let mut users = records::containers(self.t).map_err(self.broken())?;
        users.retain(|container| container.image == id);
        Ok(users)
    }

    fn conflict(&self, user: &ContainerRow, can_force: bool) -> RuntimeError {
        let how = if can_force { "stands on it; remove it first, or force it" } else { "runs on it; stop it first" };
        RuntimeError::Conflict { tried: self.tried.to_owned(), why: format!("the container `{}` {how}", user.name) }
    }

    fn broken(&self) -> impl FnOnce(rusqlite::Error) -> RuntimeError {
        RuntimeError::database(self.tried)
    }
}
