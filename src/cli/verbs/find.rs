//! From what a person types to the id an engine takes: whole ids, names, the begin of an id. Changes nothing.

use crate::{
    backend::{Engine, EngineError, Result},
    model::{Container, ContainerId, Image, ImageId, NetworkId, SHORT, text::clean, whole_reference},
};

fn nothing<T>(what: &str, name: &str) -> Result<T> {
    let name = clean(name);
    Err(EngineError::NotFound { tried: format!("find `{name}`"), why: format!("No such {what}: {name}") })
}

/// The one thing that `name` means: by its whole id, then by its name, then by the begin of its id.
fn pick<'a, T>(
    what: &str,
    name: &str,
    all: &'a [T],
    id: impl Fn(&T) -> &str,
    is_called: impl Fn(&T) -> bool,
) -> Result<&'a T> {
    let whole = all.iter().find(|one| id(one) == name).or_else(|| all.iter().find(|one| is_called(one)));
    if let Some(found) = whole {
        return Ok(found);
    }
    let mut begun = all.iter().filter(|one| !name.is_empty() && id(one).starts_with(name));
    match (begun.next(), begun.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => {
            let (tried, name) = (format!("find `{}`", clean(name)), clean(name));
            Err(EngineError::Conflict { tried, why: format!("more than one {what} has an id that begins with {name}") })
        }
        _ => nothing(what, name),
    }
}

/// The container that is meant.
pub(crate) async fn container(engine: &dyn Engine, name: &str) -> Result<Container> {
    let bare = name.trim_start_matches('/');
    // Most engines take a name themselves, and then one answer does.
    match engine.container(&ContainerId::new(bare)).await {
        Err(EngineError::NotFound { .. }) => {}
        told => return told,
    }
    let all = engine.containers().await?;
    pick("container", bare, &all, |one| one.id.as_str(), |one| one.name == bare).cloned()
}

/// The image that is meant.
pub(crate) async fn image(engine: &dyn Engine, name: &str) -> Result<Image> {
    let all = engine.images().await?;
    let whole = whole_reference(name).unwrap_or_default();
    let called = |one: &Image| one.tags.contains(&whole) || one.digests.iter().any(|digest| digest == name);
    let hex = |one: &Image| one.id.as_str().strip_prefix("sha256:").is_some_and(|hex| hex == name);
    let bare = if name.starts_with("sha256:") { name.to_owned() } else { format!("sha256:{name}") };
    if let Some(found) = all.iter().find(|one| called(one) || hex(one)) {
        return Ok(found.clone());
    }
    match pick("image", &bare, &all, |one| one.id.as_str(), |_| false) {
        Err(EngineError::NotFound { .. }) => nothing("image", name),
        told => told.cloned(),
    }
}

/// Whether an image of this name is there.
pub(crate) async fn has_image(engine: &dyn Engine, name: &str) -> Result<bool> {
    match image(engine, name).await {
        Ok(_) => Ok(true),
        Err(EngineError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The network that is meant.
pub(crate) async fn network(engine: &dyn Engine, name: &str) -> Result<NetworkId> {
    let all = engine.networks().await?;
    pick("network", name, &all, |one| one.id.as_str(), |one| one.name == name).map(|one| one.id.clone())
}

/// As `docker images` prints it: twelve digits.
pub(crate) fn short(id: &ImageId) -> String {
    id.as_str().trim_start_matches("sha256:").chars().take(SHORT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 3] = [("abc1", "web"), ("abd2", "db"), ("web3", "abc")];

    fn of(name: &str) -> Result<&'static str> {
        pick("container", name, &ALL, |one| one.0, |one| one.1 == name).map(|one| one.0)
    }

    #[test]
    fn a_name_goes_before_the_begin_of_an_id() {
        assert_eq!(of("web"), Ok("abc1"));
        assert_eq!(of("abc"), Ok("web3"));
        assert_eq!(of("abd"), Ok("abd2"));
        assert_eq!(of("abc1"), Ok("abc1"));
        assert!(matches!(of("ab"), Err(EngineError::Conflict { .. })));
        assert!(matches!(of(""), Err(EngineError::NotFound { .. })));
        assert!(of("x").unwrap_err().to_string().ends_with("No such container: x"));
    }
}
