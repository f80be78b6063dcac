//! Small values as docker's flags spell them: times, limits, devices, pairs. Knows no flag by name.

use std::{collections::BTreeMap, time::Duration};

use crate::model::{Bytes, Device, Ulimit};

/// Why a value was not understood: a sentence with the value in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadValue(pub(crate) String);

pub(crate) type Read<T> = Result<T, BadValue>;

/// "`x` is no time: …"
pub(crate) fn bad<T>(text: &str, what: &str) -> Read<T> {
    Err(BadValue(format!("`{text}` is no {what}")))
}

/// An amount of memory; `-1` is no limit.
pub(crate) fn bytes(text: &str) -> Read<Bytes> {
    if text == "-1" {
        return Ok(Bytes::UNLIMITED);
    }
    Bytes::parse(text).map_or_else(|| bad(text, "amount: write it as 512m or 2g"), Ok)
}

/// A time as Go writes it: `1m30s`, `1.5h`, `200ms`.
pub(crate) fn time(text: &str) -> Read<Duration> {
    let what = "time: write it as 30s or 1m30s";
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "" if number == "0" => 0.0,
            _ => return bad(text, what),
        };
        let Ok(number) = number.parse::<f64>() else { return bad(text, what) };
        seconds += number * scale;
        rest = tail;
    }
    if text.is_empty() { bad(text, what) } else { Duration::try_from_secs_f64(seconds).or_else(|_| bad(text, what)) }
}

/// `name=soft[:hard]`; -1 is no limit.
pub(crate) fn ulimit(text: &str) -> Read<Ulimit> {
    let what = "limit: write it as nofile=1024:2048";
    let Some((name, values)) = text.split_once('=') else { return bad(text, what) };
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    match (soft.parse(), hard.parse()) {
        (Ok(soft), Ok(hard)) if !name.is_empty() => Ok(Ulimit { name: name.to_lowercase(), soft, hard }),
        _ => bad(text, what),
    }
}

/// `host[:container][:rwm]`.
pub(crate) fn device(text: &str) -> Read<Device> {
    let is_access = |word: &str| !word.is_empty() && word.chars().all(|c| "rwm".contains(c));
    let (host, container, access) = match text.split(':').collect::<Vec<_>>()[..] {
        [host] => (host, host, "rwm"),
        [host, access] if is_access(access) => (host, host, access),
        [host, container] => (host, container, "rwm"),
        [host, container, access] if is_access(access) => (host, container, access),
        _ => return bad(text, "device: write it as /dev/x[:/dev/y][:rwm]"),
    };
    Ok(Device { host: host.to_owned(), container: container.to_owned(), access: access.to_owned() })
}

/// `key=value` pairs; a key alone has an empty value.
pub(crate) fn pairs(all: &[String]) -> Read<BTreeMap<String, String>> {
    all.iter()
        .map(|text| match text.split_once('=').unwrap_or((text, "")) {
            ("", _) => bad(text, "pair: it has no name before the ="),
            (key, value) => Ok((key.to_owned(), value.to_owned())),
        })
        .collect()
}

/// Lines of an `--env-file`: no comments, no empty lines, blanks in front do not count.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// Variables with their values; one without takes `outside`'s, and is left out where there is none.
pub(crate) fn environment(all: Vec<String>, outside: impl Fn(&str) -> Option<String>) -> Read<Vec<String>> {
    let mut told = Vec::new();
    for entry in all {
        match entry.split_once('=') {
            Some(("", _)) => return bad(&entry, "variable: it has no name before the ="),
            Some(_) => told.push(entry),
            None => told.extend(outside(&entry).map(|value| format!("{entry}={value}"))),
        }
    }
    Ok(told)
}

/// The fields of a line of CSV (RFC 4180), as `--mount` takes it.
pub(crate) fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let field = fields.last_mut();
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.into_iter().for_each(|field| field.push('"')),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.into_iter().for_each(|field| field.push(c)),
        }
    }
    fields
}

/// Capabilities as docker sends them: in capitals, with their prefix, sorted, each once.
pub(crate) fn capabilities(names: &[String]) -> Vec<String> {
    let whole = |name: &String| match name.trim().to_uppercase() {
        all if all == "ALL" || all.starts_with("CAP_") => all,
        bare => format!("CAP_{bare}"),
    };
    names.iter().map(whole).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_go_writes_them() {
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("1.5h"), Ok(Duration::from_secs(5400)));
        assert_eq!(time("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(time("0"), Ok(Duration::ZERO));
        for wrong in ["", "5", "s", "1x", "-1s", "1..2s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_and_devices_have_short_forms() {
        let limit = |text| ulimit(text).map(|limit| (limit.name, limit.soft, limit.hard));
        assert_eq!(limit("nofile=10"), Ok(("nofile".into(), 10, 10)));
        assert_eq!(limit("CORE=-1:-1"), Ok(("core".into(), -1, -1)));
        assert!(ulimit("nofile").is_err() && ulimit("=3").is_err());
        let parts = |text| device(text).map(|device| [device.host, device.container, device.access]);
        assert_eq!(parts("/dev/a"), Ok(["/dev/a", "/dev/a", "rwm"].map(str::to_owned)));
        assert_eq!(parts("/dev/a:r"), Ok(["/dev/a", "/dev/a", "r"].map(str::to_owned)));
        assert_eq!(parts("/dev/a:/dev/b:rw"), Ok(["/dev/a", "/dev/b", "rw"].map(str::to_owned)));
    }

    #[test]
    fn a_variable_without_a_value_comes_from_outside() {
        let outside = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        let all = ["A=1", "HOME", "NONE"].map(str::to_owned).to_vec();
        assert_eq!(environment(all, outside), Ok(vec!["A=1".into(), "HOME=/root".into()]));
        assert_eq!(lines("# no\n\n  A=1\nB"), ["A=1", "B"]);
    }

    proptest! {
        #[test]
        fn quoted_fields_come_back(all in prop::collection::vec("[a-z,\" =/]{0,8}", 1..5)) {
            let quoted: Vec<_> = all.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            prop_assert_eq!(fields(&quoted.join(",")), all);
        }

        #[test]
        fn anything_is_read_or_refused(text in ".{0,30}") {
            let _ = (time(&text), ulimit(&text), device(&text), fields(&text), bytes(&text));
        }
    }
}
