//! Instructions of a Dockerfile that change what an image says of its containers. Knows no build.
//!
//! Those that `docker commit --change` takes (Dockerfile reference).

use std::time::Duration;

use super::config::{Check, Settings};
use crate::model::text::clean;

/// An instruction that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadChange {
    #[error(
        "`{0}` changes no image: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME and WORKDIR do"
    )]
    Unknown(String),
    #[error("`{0}` wants something after it")]
    Empty(String),
    #[error("`{0}` is no KEY=value")]
    Pair(String),
    #[error("`{0}` is no port: a number up to 65535, perhaps a range, and perhaps /tcp or /udp")]
    Port(String),
    #[error("`{0}` is no JSON list of words")]
    List(String),
    #[error("`{0}` is no health check: options, then CMD and a command, or NONE")]
    Check(String),
}

type Done = Result<(), BadChange>;

/// Follows all of them, one after the other.
pub(super) fn apply_all(settings: &mut Settings, changes: &[String]) -> Done {
    // A new entry point makes the words of the old one's command pointless, unless they are new, too.
    let mut has_command = false;
    for change in changes {
        let change = change.trim();
        let (word, rest) = change.split_once(char::is_whitespace).unwrap_or((change, ""));
        let (word, rest) = (word.to_ascii_uppercase(), rest.trim());
        if rest.is_empty() {
            return Err(BadChange::Empty(clean(&word).into_owned()));
        }
        match word.as_str() {
            "CMD" => {
                settings.cmd = Some(command(settings, rest));
                has_command = true;
            }
            "ENTRYPOINT" => {
                settings.entrypoint = Some(command(settings, rest));
                if !has_command {
                    settings.cmd = None;
                }
            }
            _ => apply(settings, &word, rest)?,
        }
    }
    Ok(())
}

fn apply(settings: &mut Settings, word: &str, rest: &str) -> Done {
    match word {
        "ENV" => pairs(rest)?.into_iter().for_each(|(key, value)| set_env(settings, &key, &value)),
        "LABEL" => settings.labels.extend(pairs(rest)?),
        "EXPOSE" => {
            for port in words(rest) {
                settings.exposed_ports.extend(ports(&port)?);
            }
        }
        "USER" => rest.clone_into(&mut settings.user),
        "VOLUME" => settings.volumes.extend(list(rest).unwrap_or_else(|| words(rest))),
        "WORKDIR" => settings.working_dir = joined(&settings.working_dir, rest),
        "STOPSIGNAL" => settings.stop_signal = Some(rest.to_owned()),
        "ONBUILD" => settings.on_build.push(rest.to_owned()),
        "SHELL" => settings.shell = Some(list(rest).ok_or_else(|| BadChange::List(clean(rest).into_owned()))?),
        "HEALTHCHECK" => settings.healthcheck = Some(check(settings, rest)?),
        other => return Err(BadChange::Unknown(clean(other).into_owned())),
    }
    Ok(())
}

/// The words of a JSON list; `None` where it is none.
fn list(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') { serde_json::from_str(text).ok() } else { None }
}

/// Words in exec form, or a line for the shell.
fn command(settings: &Settings, text: &str) -> Vec<String> {
    list(text).unwrap_or_else(|| {
        let shell = settings.shell.clone().unwrap_or_else(|| ["/bin/sh", "-c"].map(str::to_owned).to_vec());
        shell.into_iter().chain([text.to_owned()]).collect()
    })
}

/// Words between blanks; quotes hold blanks together, and a backslash the character after it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote != Some('\'') => word.get_or_insert_default().extend(chars.next()),
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && quote.is_none() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// `KEY=value` pairs, or the older `KEY value`.
fn pairs(text: &str) -> Result<Vec<(String, String)>, BadChange> {
    let first = text.split_whitespace().next().unwrap_or(text);
    if !first.contains('=') {
        let pair = text.split_once(char::is_whitespace).ok_or_else(|| BadChange::Pair(clean(text).into_owned()))?;
        return Ok(vec![(pair.0.to_owned(), pair.1.trim().to_owned())]);
    }
    let pair = |word: String| match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(BadChange::Pair(clean(&word).into_owned())),
    };
    words(text).into_iter().map(pair).collect()
}

fn set_env(settings: &mut Settings, key: &str, value: &str) {
    let entry = format!("{key}={value}");
    let is_it = |known: &&mut String| known.split_once('=').map_or(known.as_str(), |(known, _)| known) == key;
    match settings.env.iter_mut().find(is_it) {
        Some(known) => *known = entry,
        None => settings.env.push(entry),
    }
}

/// `80`, `80/udp`, `8000-8010`: each with its protocol.
fn ports(text: &str) -> Result<Vec<String>, BadChange> {
    let bad = || BadChange::Port(clean(text).into_owned());
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last): (u16, u16) = (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
    if !["tcp", "udp", "sctp"].contains(&protocol) || first == 0 || last < first {
        return Err(bad());
    }
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

fn joined(folder: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", folder.trim_end_matches('/')) }
}

/// `[--interval=30s …] CMD command`, or `NONE`.
fn check(settings: &Settings, text: &str) -> Result<Check, BadChange> {
    let bad = || BadChange::Check(clean(text).into_owned());
    let mut check = Check::default();
    let mut rest = text;
    while let Some(option) = rest.strip_prefix("--") {
        let (option, after) = option.split_once(char::is_whitespace).ok_or_else(bad)?;
        let (key, value) = option.split_once('=').ok_or_else(bad)?;
        let time = || time(value).ok_or_else(bad);
        match key {
            "interval" => check.interval = time()?,
            "timeout" => check.timeout = time()?,
            "start-period" => check.start_period = time()?,
            "retries" => check.retries = value.parse().map_err(|_| bad())?,
            _ => return Err(bad()),
        }
        rest = after.trim_start();
    }
    check.test = match rest.split_once(char::is_whitespace) {
        None if rest.eq_ignore_ascii_case("NONE") => vec!["NONE".to_owned()],
        Some((word, line)) if word.eq_ignore_ascii_case("CMD") => match list(line.trim()) {
            Some(words) => ["CMD".to_owned()].into_iter().chain(words).collect(),
            None if settings.shell.is_some() => {
                ["CMD".to_owned()].into_iter().chain(command(settings, line.trim())).collect()
            }
            None => vec!["CMD-SHELL".to_owned(), line.trim().to_owned()],
        },
        _ => return Err(bad()),
    };
    Ok(check)
}

/// Go's way to write a time, such as `1m30s`, in nanoseconds.
fn time(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let seconds = match &rest[digits..unit_end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        sum = sum.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[unit_end..];
    }
    u64::try_from(sum.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn changed(from: Settings, changes: &[&str]) -> Result<Settings, BadChange> {
        let mut settings = from;
        let changes: Vec<_> = changes.iter().map(|change| (*change).to_owned()).collect();
        apply_all(&mut settings, &changes).map(|()| settings)
    }

    #[test]
    fn instructions_change_what_they_name() {
        let before =
            Settings { env: vec!["A=1".into(), "B=2".into()], working_dir: "/srv".into(), ..Settings::default() };
        let after = changed(
            before,
            &[
                r#"ENV A="x y" C=3"#,
                "EXPOSE 80 53/udp 8000-8001",
                "LABEL a.b='c d'",
                "workdir app",
                r#"VOLUME ["/data", "/log"]"#,
                "USER 1000:1000",
            ],
        )
        .unwrap();
        assert_eq!(after.env, ["A=x y", "B=2", "C=3"]);
        assert_eq!(Vec::from_iter(&after.exposed_ports), ["53/udp", "80/tcp", "8000/tcp", "8001/tcp"]);
        assert_eq!(after.labels["a.b"], "c d");
        assert_eq!((after.working_dir.as_str(), after.volumes.len()), ("/srv/app", 2));
    }

    #[test]
    fn a_new_entry_point_ends_an_old_command_but_not_a_new_one() {
        let before = Settings { cmd: Some(vec!["old".into()]), ..Settings::default() };
        let after = changed(before.clone(), &[r#"ENTRYPOINT ["/run"]"#]).unwrap();
        assert_eq!((after.entrypoint.unwrap(), after.cmd), (vec!["/run".to_owned()], None));
        let after = changed(before, &["CMD echo hi", r#"ENTRYPOINT ["/run"]"#]).unwrap();
        assert_eq!(after.cmd.unwrap(), ["/bin/sh", "-c", "echo hi"]);
    }

    #[test]
    fn a_health_check_is_read_with_its_times() {
        let after = changed(Settings::default(), &["HEALTHCHECK --interval=1m30s --retries=2 CMD curl -f /"]).unwrap();
        let check = after.healthcheck.unwrap();
        assert_eq!((check.interval, check.retries), (90_000_000_000, 2));
        assert_eq!(check.test, ["CMD-SHELL", "curl -f /"]);
    }

    proptest! {
        #[test]
        fn what_is_followed_twice_is_followed_once(rest in "\\PC{0,40}") {
            for word in ["ENV", "LABEL", "EXPOSE", "HEALTHCHECK --interval=1", "HEALTHCHECK CMD", "VOLUME", "CMD"] {
                let line = format!("{word} {rest}");
                if let Ok(once) = changed(Settings::default(), &[&line]) {
                    prop_assert_eq!(changed(once.clone(), &[&line]), Ok(once));
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            "RUN x",
            "CMD",
            "EXPOSE 0",
            "EXPOSE 9-1",
            "ENV A",
            "HEALTHCHECK sometimes",
            "SHELL sh",
            "ENV =x",
            "HEALTHCHECK --timeout=5000000000000000h5000000000000000h CMD x",
        ] {
            assert!(changed(Settings::default(), &[bad]).is_err(), "{bad}");
        }
    }
}
