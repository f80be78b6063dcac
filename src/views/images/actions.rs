//! What can be done with images: pull, tag, remove, prune, and the way to their containers. Draws nothing.

use std::collections::{BTreeSet, HashSet};

use super::made_from;
use crate::{
    app::{
        cmd::{Cmd, Prune, PruneKind},
        desk::Desk,
        keys::Intent,
        view::Outcome,
    },
    model::{Bytes, DEFAULT_TAG, Feature, Image, ImageId, LayerKind, Refusal, whole_reference},
    views::{
        board::Picked,
        containers::create_form,
        detail::related,
        overlay::{Choice, Picker, Prompt},
        prune,
    },
};

/// Why an action cannot be done with this image.
pub(super) fn refusal(intent: Intent, row: Option<&Image>, desk: &Desk) -> Option<Refusal> {
    match (intent, row) {
        (Intent::New, _) => may_pull(desk).err(),
        (Intent::Prune, _) => None,
        (_, None) => Some(Refusal::new("nothing is selected")),
        (Intent::Remove, Some(image)) if image.tags.len() < 2 => removal(image, desk).err(),
        (Intent::Jump, Some(image)) if made_from(image.id.as_str(), desk).is_empty() => Some(unused(image)),
        _ => None,
    }
}

fn may_pull(desk: &Desk) -> Result<(), Refusal> {
    desk.may_change()?;
    desk.store.caps.refuses(Feature::Pull).map_or(Ok(()), |refusal| Err(refusal.clone()))
}

/// Asks what to pull; the selected image is pulled again unless something else is typed.
pub(super) fn pull(selected: Option<&Image>, desk: &Desk) -> Outcome {
    if let Err(refusal) = may_pull(desk) {
        return refusal.into();
    }
    let prompt = Prompt::new("Pull an image", |typed| {
        let reference = whole_reference(typed).map_err(|error| error.to_string())?;
        Ok(Outcome::Do(vec![Cmd::Pull(reference)]))
    });
    let tag = selected.and_then(|image| image.tags.first()).cloned().unwrap_or_default();
    let told = format!("[registry/]repository[:tag]; without a tag, `{DEFAULT_TAG}` is pulled");
    Outcome::Open(Box::new(prompt.with(tag).explained(told)))
}

/// Opens the form for a container of this image.
pub(super) fn run(image: &Image, desk: &Desk) -> Outcome {
    match desk.may_change() {
        Ok(()) => Outcome::Open(Box::new(create_form(image.name(), desk))),
        Err(refusal) => refusal.into(),
    }
}

/// Asks for one more name.
pub(super) fn tag(image: &Image, desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return refusal.into();
    }
    let taken: Vec<(String, ImageId)> = desk.store.images.values().flat_map(names).collect();
    let (id, name) = (image.id.clone(), image.name().to_owned());
    let prompt = Prompt::new(format!("Tag {name}"), move |typed| {
        let wanted = whole_reference(typed).map_err(|error| error.to_string())?;
        if wanted.contains('@') {
            return Err("a digest cannot be given: it is what the content says".into());
        }
        match taken.iter().find(|(taken, _)| *taken == wanted) {
            Some((_, owner)) if *owner == id => Err(format!("it is `{wanted}` already")),
            // The engine would take the name away from it without a word.
            Some((_, owner)) => Err(format!("`{wanted}` is another image, {}: remove that name first", owner.short())),
            None => Ok(Outcome::Do(vec![Cmd::Tag(id.clone(), name.clone(), wanted)])),
        }
    });
    let told = format!("the new name; without a tag, it gets `{DEFAULT_TAG}`");
    Outcome::Open(Box::new(prompt.explained(told)))
}

fn names(image: &Image) -> impl Iterator<Item = (String, ImageId)> {
    image.tags.iter().map(|tag| (tag.clone(), image.id.clone()))
}

/// Removes the marked ones whole; of one with several names, asks which name or all.
pub(super) fn remove(picked: &Picked<'_, Image>, desk: &Desk) -> Outcome {
    match picked.rows.as_slice() {
        [image] if image.tags.len() > 1 => remove_names(image, desk),
        _ => picked.each("remove", |image| removal(image, desk)),
    }
}

fn remove_names(image: &Image, desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return refusal.into();
    }
    let whole = removal(image, desk);
    let freed = freed(&[image], desk).map(|bytes| format!(", frees {bytes}")).unwrap_or_default();
    let remark = match &whole {
        Ok(_) => format!("the image goes{freed}"),
        Err(refusal) => refusal.0.clone(),
    };
    let mut choices: Vec<Choice> =
        image.tags.iter().map(|tag| Choice::new(tag, "only this name; the image stays")).collect();
    choices.push(Choice::new("all names", remark));
    let tags = image.tags.clone();
    let take = move |at: usize| match (tags.get(at), &whole) {
        (Some(tag), _) => {
            Outcome::Do(vec![Cmd::RemoveImage { reference: tag.clone(), frees: Some(Bytes(0)), force: false }])
        }
        (None, Ok(wish)) => Outcome::Do(vec![wish.clone()]),
        (None, Err(refusal)) => refusal.clone().into(),
    };
    Outcome::Open(Box::new(Picker::new(format!("Remove {}", image.name()), choices, take)))
}

/// The wish to remove an image with all its names. By id, an engine wants force where the names are of several
/// repositories; but force would also take the ground from stopped containers.
fn removal(image: &Image, desk: &Desk) -> Result<Cmd, Refusal> {
    let name = image.name();
    let users = made_from(image.id.as_str(), desk);
    let running: Vec<&str> = users.iter().filter(|c| c.state.is_up()).map(|c| c.name.as_str()).collect();
    if !running.is_empty() {
        return Err(Refusal::new(format!("cannot remove `{name}`: it is what {} runs", related::named(running))));
    }
    let repositories: BTreeSet<&str> = image.tags.iter().map(|tag| repository(tag)).collect();
    let force = repositories.len() > 1;
    if force && !users.is_empty() {
        let users = related::named(users.iter().map(|container| container.name.as_str()));
        return Err(Refusal::new(format!("cannot remove `{name}`: it is what {users} was made from")));
    }
    let reference = match image.tags.as_slice() {
        [only] => only.clone(),
        _ => image.id.to_string(),
    };
    Ok(Cmd::RemoveImage { reference, frees: freed(&[image], desk), force })
}

/// A tag without what is behind the last colon.
fn repository(tag: &str) -> &str {
    tag.rsplit_once(':').map_or(tag, |(repository, _)| repository)
}

/// Bytes that go when these images do: those of the layers that no other image has.
fn freed(images: &[&Image], desk: &Desk) -> Option<Bytes> {
    if let [image] = images
        && image.unique.is_some()
    {
        return image.unique;
    }
    let going: HashSet<&ImageId> = images.iter().map(|image| &image.id).collect();
    let of_images = desk.store.layers.iter().filter(|layer| layer.kind != LayerKind::Writable);
    prune::sum(of_images.filter(|layer| layer.images.iter().all(|id| going.contains(id))).map(|layer| layer.size))
}

/// What prunes would take.
pub(crate) fn prunes(desk: &Desk) -> Vec<Prune> {
    let used: HashSet<&ImageId> = desk.store.containers.values().map(|container| &container.image_id).collect();
    let prune = |what, lets: fn(&Image) -> bool| {
        let all = desk.store.images.values();
        let images: Vec<&Image> = all.filter(|image| !used.contains(&image.id) && lets(image)).collect();
        let targets = images.iter().map(|image| image.name().to_owned()).collect();
        Prune { what, targets, frees: freed(&images, desk) }
    };
    vec![prune(PruneKind::DanglingImages, Image::is_dangling), prune(PruneKind::AllImages, |_| true)]
}

/// Jumps to a container that is made from it.
pub(super) fn jump(image: &Image, desk: &Desk) -> Outcome {
    let users = made_from(image.id.as_str(), desk);
    let users = users.into_iter().map(|container| related::container_subject(container, desk)).collect();
    related::jump("Jump to a container", users, unused(image).0)
}

fn unused(image: &Image) -> Refusal {
    Refusal::new(format!("no container is made from `{}`", image.name()))
}
