//! Turns the text of the settings into values, and each mistake into a remark with its place.
//! Must not know where the text came from, beyond its name.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::near::nearest;
use super::{Config, Gravity, Remark};
use crate::model::endpoint::{Address, AddressError, Endpoint, Source, TlsFiles};

/// The keys of the file.
const KEYS: [&str; 10] = [
    "theme",
    "keys",
    "ascii",
    "mouse",
    "read_only",
    "default_endpoint",
    "endpoint",
    "stop_grace",
    "log_lines",
    "refresh",
];

/// The keys of an `[[endpoint]]`.
const ENDPOINT_KEYS: [&str; 7] = ["name", "address", "tls_ca", "tls_cert", "tls_key", "tls_verify", "read_only"];

type Value<'i> = Spanned<DeValue<'i>>;

pub(super) fn settings(text: &str, file: &Path) -> (Config, Vec<Remark>) {
    let mut reader = Reader { text, file, remarks: Vec::new() };
    // What can still be understood after a mistake of spelling is understood.
    let (table, mistakes) = DeTable::parse_recoverable(text);
    for mistake in mistakes {
        reader.error(mistake.span(), mistake.message().to_owned());
    }
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        reader.setting(&mut config, key.get_ref(), key.span(), value);
    }
    reader.remarks.sort_by_key(|remark| remark.position);
    (config, reader.remarks)
}

struct Reader<'t> {
    text: &'t str,
    file: &'t Path,
    remarks: Vec<Remark>,
}

impl Reader<'_> {
    fn setting(&mut self, config: &mut Config, key: &str, place: Range<usize>, value: &Value<'_>) {
        match key {
            "theme" => config.theme = self.string(key, value),
            "keys" => config.keys = self.string(key, value),
            "ascii" => config.ascii = self.boolean(key, value),
            "mouse" => config.mouse = self.boolean(key, value).unwrap_or(config.mouse),
            "read_only" => config.read_only = self.guard(key, value),
            "default_endpoint" => config.default_endpoint = self.string(key, value),
            "endpoint" => config.endpoints = self.endpoints(value),
            "stop_grace" => config.stop_grace = self.seconds(key, value, 0..=3600).unwrap_or(config.stop_grace),
            "refresh" => config.refresh = self.seconds(key, value, 1..=3600).unwrap_or(config.refresh),
            "log_lines" => {
                let lines = self.number(key, value, 100..=1_000_000);
                config.log_lines = lines.and_then(|lines| lines.try_into().ok()).unwrap_or(config.log_lines);
            }
            _ => self.unknown(key, place, &KEYS),
        }
    }

    fn endpoints(&mut self, value: &Value<'_>) -> Vec<Endpoint> {
        let Some(tables) = value.get_ref().as_array() else {
            return self.wrong("endpoint", "an array of tables, each under [[endpoint]]", value).unwrap_or_default();
        };
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for value in tables.iter() {
            let Some(endpoint) = self.endpoint(value) else { continue };
            if endpoints.iter().any(|known| known.name == endpoint.name) {
                let message = format!("there are two endpoints named `{}`; the first counts", endpoint.name);
                self.error(Some(value.span()), message);
            } else {
                endpoints.push(endpoint);
            }
        }
        endpoints
    }

    /// An endpoint, unless it lacks what is needed to reach it in the way that was wanted.
    fn endpoint(&mut self, value: &Value<'_>) -> Option<Endpoint> {
        let Some(table) = value.get_ref().as_table() else { return self.wrong("endpoint", "a table", value) };
        let before = self.errors();
        let (mut name, mut address, mut tls, mut read_only) = (None, None, TlsFiles::default(), false);
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => name = self.string("name", value),
                "address" => address = self.address(value),
                "tls_ca" => tls.ca = self.path("tls_ca", value),
                "tls_cert" => tls.cert = self.path("tls_cert", value),
                "tls_key" => tls.key = self.path("tls_key", value),
                "tls_verify" => tls.verify = self.boolean("tls_verify", value).unwrap_or(true),
                "read_only" => read_only = self.guard("read_only", value),
                key_name => self.unknown(key_name, key.span(), &ENDPOINT_KEYS),
            }
        }
        for key in ["name", "address"] {
            if !table.keys().any(|known| known.get_ref() == key) {
                self.error(Some(value.span()), format!("this endpoint has no `{key}`"));
            }
        }
        if self.errors() > before {
            return None;
        }
        let mut endpoint = Endpoint::new(name?, address?, Source::Config);
        let asked_for_tls = table.keys().any(|key| key.get_ref().starts_with("tls_"));
        endpoint.tls = asked_for_tls.then_some(tls);
        endpoint.read_only = read_only;
        Some(endpoint)
    }

    fn address(&mut self, value: &Value<'_>) -> Option<Address> {
        let text = self.string("address", value)?;
        let parsed = text.parse();
        parsed.map_err(|error: AddressError| self.error(Some(value.span()), format!("`address`: {error}"))).ok()
    }

    /// A path; a relative one starts at the file's directory.
    fn path(&mut self, key: &str, value: &Value<'_>) -> Option<PathBuf> {
        let text = self.string(key, value)?;
        Some(self.file.parent().unwrap_or(Path::new("")).join(text))
    }

    fn string(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref().as_str() {
            Some(text) if !text.is_empty() => Some(text.to_owned()),
            _ => self.wrong(key, "a text that is not empty", value),
        }
    }

    fn boolean(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        value.get_ref().as_bool().or_else(|| self.wrong(key, "true or false", value))
    }

    /// A switch that protects: whoever wrote it wanted protection, so a mistake in it protects.
    fn guard(&mut self, key: &str, value: &Value<'_>) -> bool {
        self.boolean(key, value).unwrap_or(true)
    }

    fn seconds(&mut self, key: &str, value: &Value<'_>, range: RangeInclusive<u64>) -> Option<Duration> {
        self.number(key, value, range).map(Duration::from_secs)
    }

    fn number(&mut self, key: &str, value: &Value<'_>, range: RangeInclusive<u64>) -> Option<u64> {
        let integer = value.get_ref().as_integer();
        let number = integer.and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok());
        number
            .filter(|number| range.contains(number))
            .or_else(|| self.wrong(key, &format!("a whole number from {} to {}", range.start(), range.end()), value))
    }

    fn wrong<T>(&mut self, key: &str, allowed: &str, value: &Value<'_>) -> Option<T> {
        let written = self.text.get(value.span()).unwrap_or_default();
        // A long value would hide what matters.
        let short = written.len() <= 40 && !written.contains('\n');
        let found = if short { format!("not {written}") } else { format!("not {}", value.get_ref().type_str()) };
        self.error(Some(value.span()), format!("`{key}` must be {allowed}, {found}"));
        None
    }

    fn unknown(&mut self, key: &str, place: Range<usize>, known: &[&str]) {
        let meant = nearest(key, known).map(|meant| format!("; is `{meant}` meant?")).unwrap_or_default();
        self.remark(Some(place), Gravity::Warning, format!("there is no setting `{key}`{meant}"));
    }

    fn error(&mut self, place: Option<Range<usize>>, message: String) {
        self.remark(place, Gravity::Error, message);
    }

    fn errors(&self) -> usize {
        self.remarks.iter().filter(|remark| remark.gravity == Gravity::Error).count()
    }

    fn remark(&mut self, place: Option<Range<usize>>, gravity: Gravity, message: String) {
        let position = place.map(|place| position(self.text, place.start));
        let message = crate::model::text::cleaned(message);
        self.remarks.push(Remark { file: self.file.into(), position, gravity, message });
    }
}

/// Line and column of a byte, from 1.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
