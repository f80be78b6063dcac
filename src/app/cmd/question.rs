//! What a wish may cost, and the question that is asked before it is granted.

use super::{Cmd, Prune, Target};
use crate::model::{Bytes, RemoveContainer};

/// What a wish may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It can be undone: no question.
    None,
    /// It interrupts something: a question.
    Interrupts,
    /// Something is lost for good: a question in red.
    Loses,
}

/// A question before a wish is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub title: String,
    /// What will happen, what is lost, what is freed; one line each.
    pub lines: Vec<String>,
    /// The count to type before more than one thing is lost.
    pub typed: Option<usize>,
    /// Whether something is lost.
    pub risk: Risk,
}

/// The question before these wishes, all of one sort; `None` when they can be undone.
pub fn question(wishes: &[Cmd]) -> Option<Question> {
    let risk = wishes.iter().map(Cmd::risk).max()?;
    if risk == Risk::None {
        return None;
    }
    let [one] = wishes else { return Some(many(wishes, risk)) };
    let typed = match one {
        Cmd::Prune(prune) if prune.targets.len() > 1 => Some(prune.targets.len()),
        _ => None,
    };
    Some(Question { title: asked(&one.title()), lines: consequences(one), typed, risk })
}

/// "stop `web`" as a question.
fn asked(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}?", first.to_uppercase(), letters.as_str()))
}

fn many(wishes: &[Cmd], risk: Risk) -> Question {
    let kind = wishes[0].subject().kind;
    let one = wishes[0].title();
    // Of "remove image `x`" the verb is left: the kind comes again with the count.
    let verb = one.split(" `").next().unwrap_or(&one).trim_end_matches(kind.word()).trim_end();
    let title = asked(&format!("{verb} {}", kind.count(wishes.len())));
    let mut lines: Vec<String> = wishes.iter().take(8).map(|w| format!("· {}", w.subject().name)).collect();
    if wishes.len() > 8 {
        lines.push(format!("· and {} more", wishes.len() - 8));
    }
    let up = wishes.iter().filter(|w| w.verb().is_some_and(|(t, _)| t.up)).count();
    if up > 0 && risk == Risk::Loses {
        lines.push(format!("{up} of them {} running now", if up == 1 { "is" } else { "are" }));
    }
    lines.extend(together(wishes));
    Question { title, lines, typed: (risk == Risk::Loses).then_some(wishes.len()), risk }
}

/// What becomes of many at once; amounts are those of all, and only told where all are known.
fn together(wishes: &[Cmd]) -> Option<String> {
    let sum = |of: fn(&Cmd) -> Option<Bytes>| wishes.iter().map(of).sum::<Option<Bytes>>();
    match &wishes[0] {
        Cmd::RemoveImage { .. } => {
            let freed = sum(|cmd| if let Cmd::RemoveImage { frees, .. } = cmd { *frees } else { None });
            let freed = freed.map(|bytes| format!("frees about {bytes}; ")).unwrap_or_default();
            Some(format!("{freed}layers that other images share stay"))
        }
        Cmd::RemoveVolume(..) => {
            let size = sum(|cmd| if let Cmd::RemoveVolume(_, size) = cmd { *size } else { None });
            let size = size.map(|bytes| format!(", {bytes},")).unwrap_or_default();
            Some(format!("the data in them{size} is lost for good"))
        }
        first => consequences(first).pop(),
    }
}

fn consequences(cmd: &Cmd) -> Vec<String> {
    let one = |line: String| vec![line];
    match cmd {
        Cmd::Stop(_, grace) => one(format!("it has {} s to end by itself, then it is killed", grace.as_secs())),
        Cmd::Restart(_, grace) => one(format!("its connections break; it has {} s to end by itself", grace.as_secs())),
        Cmd::Kill(_, signal) => one(format!("{signal} goes to its main process; what it has not saved may be lost")),
        Cmd::Remove(target, how) => remove_lines(target, *how),
        Cmd::RemoveImage { frees, force, .. } => {
            let mut lines = vec![match frees {
                Some(bytes) => format!("frees up to {bytes}; layers that other images share stay"),
                None => "layers that other images share stay".into(),
            }];
            if *force {
                lines.push("by force: also where other tags or stopped containers need it".into());
            }
            lines
        }
        Cmd::RemoveVolume(_, size) => one(match size {
            Some(bytes) => format!("the data in it, {bytes}, is lost for good"),
            None => "the data in it is lost for good".into(),
        }),
        Cmd::RestoreVolume(_, _, size) => {
            let now = size.map(|bytes| format!(", {bytes},")).unwrap_or_default();
            vec![
                format!("what is in it now{now} is lost for good once all of the archive has been read"),
                "where the archive is broken, it stays as it is".into(),
            ]
        }
        Cmd::RemoveNetwork(..) => one("containers can no longer be connected to it".into()),
        Cmd::Disconnect(..) => one("its connections through this network break".into()),
        Cmd::Unpublish(..) => one("connections through this port break".into()),
        Cmd::RemoveRule(..) => one("the rules behind it decide about its packets from then on".into()),
        Cmd::Signal(_, _, signal) => one(format!("{signal} goes to this process alone")),
        Cmd::Prune(prune) => prune_lines(prune),
        _ => Vec::new(),
    }
}

fn remove_lines(target: &Target, how: RemoveContainer) -> Vec<String> {
    let mut lines = Vec::new();
    if target.up {
        lines.push("it runs: it is killed first".to_owned());
    }
    lines.push(if how.volumes {
        "its writable layer and its anonymous volumes are lost for good".into()
    } else {
        "its writable layer is lost for good; volumes stay".into()
    });
    lines
}

fn prune_lines(prune: &Prune) -> Vec<String> {
    let mut lines: Vec<String> = prune.targets.iter().take(8).map(|name| format!("· {name}")).collect();
    if prune.targets.len() > 8 {
        lines.push(format!("· and {} more", prune.targets.len() - 8));
    }
    lines.push(match prune.frees {
        Some(bytes) => format!("frees about {bytes}; what is removed is lost for good"),
        None => "what is removed is lost for good".into(),
    });
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{app::cmd::PruneKind, model::ContainerId};

    fn target(name: &str) -> Target {
        Target { id: ContainerId::new(name), name: name.into(), up: true }
    }

    #[test]
    fn what_can_be_undone_is_not_asked() {
        assert_eq!(question(&[Cmd::Start(target("web"))]), None);
        assert_eq!(question(&[Cmd::Pause(target("web"))]), None);
        assert_eq!(question(&[]), None);
    }

    #[test]
    fn stopping_asks_and_says_the_grace() {
        let asked = question(&[Cmd::Stop(target("web"), Duration::from_secs(10))]).unwrap();
        assert_eq!(asked.title, "Stop `web`?");
        assert_eq!(asked.lines, ["it has 10 s to end by itself, then it is killed"]);
        assert_eq!(asked.typed, None);
    }

    #[test]
    fn removing_many_wants_the_count_and_says_how_many_run() {
        let how = RemoveContainer { volumes: false, force: true };
        let asked = question(&[Cmd::Remove(target("a"), how), Cmd::Remove(target("b"), how)]).unwrap();
        assert_eq!(asked.typed, Some(2));
        assert_eq!(asked.title, "Remove 2 containers?");
        assert!(asked.lines.contains(&"2 of them are running now".to_owned()), "{:?}", asked.lines);
    }

    #[test]
    fn many_are_weighed_together() {
        let volume = |name: &str, mib| Cmd::RemoveVolume(name.into(), Some(Bytes::mib(mib)));
        let asked = question(&[volume("a", 2), volume("b", 3)]).unwrap();
        assert_eq!(asked.title, "Remove 2 volumes?");
        assert_eq!(asked.lines.last().unwrap(), "the data in them, 5.0 MiB, is lost for good");
        let image = |mib: Option<u64>| {
            let frees = mib.map(Bytes::mib);
            Cmd::RemoveImage { reference: "x".into(), frees, force: false }
        };
        let asked = question(&[image(Some(2)), image(None)]).unwrap();
        assert_eq!(asked.title, "Remove 2 images?");
        assert_eq!(asked.lines.last().unwrap(), "layers that other images share stay");
    }

    #[test]
    fn a_prune_shows_what_goes_before() {
        let targets = (0..10).map(|n| format!("job-{n}")).collect();
        let prune = Prune { what: PruneKind::Containers, targets, frees: Some(Bytes::mib(12)) };
        let asked = question(&[Cmd::Prune(prune)]).unwrap();
        assert_eq!(asked.typed, Some(10));
        assert_eq!(asked.lines.last().unwrap(), "frees about 12 MiB; what is removed is lost for good");
        assert_eq!(asked.lines[8], "· and 2 more");
    }
}
