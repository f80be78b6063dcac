//! Volumes written to tars and made of them again: what is asked for, and why not. Performs nothing.

use std::path::PathBuf;

use crate::{
    app::{cmd::Cmd, desk::Desk, keys::Intent, view::Outcome},
    model::{Bytes, Feature, Refusal, Volume, VolumeKind, VolumeName},
    views::{detail::related, overlay::Prompt},
};

/// Asks for the file that a volume is written to.
pub(super) fn back_up(volume: &Volume, desk: &Desk) -> Outcome {
    if let Some(refusal) = refusal(Intent::BackUp, volume, desk) {
        return refusal.into();
    }
    let title = format!("Back up `{}` to a tar", volume.name.short());
    of_file(title, "a file that is there already is not overwritten", Cmd::BackUpVolume, volume, desk)
}

/// Asks for the file that a volume is made of again.
pub(super) fn restore(volume: &Volume, desk: &Desk) -> Outcome {
    if let Err(refusal) = desk.may_change() {
        return refusal.into();
    }
    if let Some(refusal) = refusal(Intent::Restore, volume, desk) {
        return refusal.into();
    }
    let title = format!("Restore `{}` from a tar", volume.name.short());
    of_file(title, "plain, or packed by gzip or zstd", Cmd::RestoreVolume, volume, desk)
}

/// Asks for a file, for what is to be done with it and a volume of so many bytes.
fn of_file(
    title: String,
    help: &'static str,
    cmd: fn(VolumeName, PathBuf, Option<Bytes>) -> Cmd,
    volume: &Volume,
    desk: &Desk,
) -> Outcome {
    let (name, size, folder) = (volume.name.clone(), volume.size, desk.settings.save_dir.clone());
    let take = move |typed: &str| Ok(Outcome::Do(vec![cmd(name.clone(), path(&folder, typed)?, size)]));
    let prompt = Prompt::new(title, take).with(format!("{}.tar", volume.name.short()));
    Outcome::Open(Box::new(prompt.explained(help)))
}

/// A path as typed, below where things are saved unless it is a whole one.
fn path(folder: &std::path::Path, typed: &str) -> Result<PathBuf, String> {
    match typed.trim() {
        "" => Err("type the name of a file".into()),
        typed => Ok(folder.join(typed)),
    }
}

/// Why that cannot be done with a volume.
pub(super) fn refusal(intent: Intent, volume: &Volume, desk: &Desk) -> Option<Refusal> {
    let (verb, feature) = match intent {
        Intent::Browse => ("look into", Feature::VolumeFiles),
        Intent::BackUp => ("back up", Feature::VolumeArchives),
        Intent::Restore => ("restore", Feature::VolumeArchives),
        _ => return None,
    };
    let name = volume.name.short();
    let refused = |why: String| Some(Refusal::new(format!("cannot {verb} `{name}`: {why}")));
    if volume.kind == VolumeKind::Bind {
        return refused("it is a path of the host, not a volume of the engine".into());
    }
    if let Some(why) = desk.store.caps.refuses(feature) {
        return refused(why.to_string());
    }
    let users = related::containers(&volume.used_by, desk);
    let up: Vec<&str> = users.iter().filter(|user| user.state.is_up()).map(|user| user.name.as_str()).collect();
    if intent == Intent::Restore && !up.is_empty() {
        let (runs, has) = if up.len() == 1 { ("runs", "has") } else { ("run", "have") };
        return refused(format!("{} {runs} and {has} it mounted", related::named(up)));
    }
    None
}
