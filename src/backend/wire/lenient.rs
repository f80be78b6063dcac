//! Values as engines really send them: null for empty, words for numbers, years that are no dates.
//! Knows no noun. What cannot be understood becomes the empty value, so that one odd field never hides a row.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::model::text::clean;

/// A text, made harmless while it is read; empty for null and for anything that is no text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text(pub(crate) String);

impl Text {
    /// The text, if there is one.
    pub(crate) fn some(self) -> Option<String> {
        (!self.0.is_empty()).then_some(self.0)
    }

    /// The text to look at.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A whole number; `None` for null and for anything that is no number. Too large ones stop at the largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) Option<i64>);

impl Number {
    /// The number, or 0.
    pub(crate) fn or_zero(self) -> i64 {
        self.0.unwrap_or(0)
    }

    /// The number as an amount: negative ones, by which engines mean "not known" or "no limit", are none.
    pub(crate) fn amount(self) -> Option<u64> {
        self.0.and_then(|n| u64::try_from(n).ok())
    }

    /// An amount that is not 0, by which engines mean "no limit" too.
    pub(crate) fn limit(self) -> Option<u64> {
        self.amount().filter(|n| *n > 0)
    }
}

/// A yes or no; no for anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) Option<bool>);

impl Flag {
    /// Whether it was a yes.
    pub(crate) fn is_set(self) -> bool {
        self.0.unwrap_or(false)
    }
}

/// A moment: RFC 3339 or seconds of Unix time; `None` for Go's zero time and for anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Option<DateTime<Utc>>);

/// Reads a moment from RFC 3339; Go's zero time (year 1) and everything before 1970 is none.
pub(crate) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (at.timestamp() > 0).then_some(at)
}

/// A map whose order and emptiness do not matter; null is the empty map.
pub(crate) type Map<T> = Option<BTreeMap<String, T>>;

/// Labels and options as they are kept: keys and values harmless, sorted by key; null is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(pub(crate) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Labels;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or null")
            }
            fn visit_unit<E: Error>(self) -> Result<Labels, E> {
                Ok(Labels::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Labels, A::Error> {
                // Straight into the map that is kept: thousands of containers have some labels each.
                let mut labels = BTreeMap::new();
                while let Some((key, value)) = all.next_entry::<Text, Text>()? {
                    labels.insert(key.0, value.0);
                }
                Ok(Labels(labels))
            }
        }
        from.deserialize_any(Reader)
    }
}

/// Defines one lenient reader: which visits give a value; lists and maps are skipped and give the default.
macro_rules! lenient {
    ($name:ident, $($visit:ident($arg:ident: $type:ty) => $value:expr;)*) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Reader;
                impl<'de> Visitor<'de> for Reader {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("any value")
                    }
                    $(fn $visit<E: Error>(self, $arg: $type) -> Result<$name, E> { Ok($value) })*
                    fn visit_unit<E: Error>(self) -> Result<$name, E> {
                        Ok($name::default())
                    }
                    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<$name, A::Error> {
                        while all.next_element::<IgnoredAny>()?.is_some() {}
                        Ok($name::default())
                    }
                    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<$name, A::Error> {
                        while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        Ok($name::default())
                    }
                }
                from.deserialize_any(Reader)
            }
        }
    };
}

lenient! { Text,
    visit_str(text: &str) => Text(clean(text).into_owned());
    visit_bool(flag: bool) => Text(flag.to_string());
    visit_i64(number: i64) => Text(number.to_string());
    visit_u64(number: u64) => Text(number.to_string());
    visit_f64(number: f64) => Text(number.to_string());
}

lenient! { Number,
    visit_str(text: &str) => Number(text.trim().parse().ok());
    visit_bool(_flag: bool) => Number(None);
    visit_i64(number: i64) => Number(Some(number));
    visit_u64(number: u64) => Number(Some(i64::try_from(number).unwrap_or(i64::MAX)));
    visit_f64(number: f64) => Number(number.is_finite().then_some(number as i64));
}

lenient! { Flag,
    visit_str(text: &str) => Flag(text.parse().ok());
    visit_bool(flag: bool) => Flag(Some(flag));
    visit_i64(number: i64) => Flag(Some(number != 0));
    visit_u64(number: u64) => Flag(Some(number != 0));
    visit_f64(_number: f64) => Flag(None);
}

lenient! { Moment,
    visit_str(text: &str) => Moment(moment(text));
    visit_bool(_flag: bool) => Moment(None);
    visit_i64(seconds: i64) => Moment(DateTime::from_timestamp(seconds, 0).filter(|at| at.timestamp() > 0));
    visit_u64(seconds: u64) => Moment(i64::try_from(seconds).ok().and_then(|s| DateTime::from_timestamp(s, 0)));
    visit_f64(seconds: f64) => Moment(DateTime::from_timestamp(seconds as i64, 0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Row {
        text: Text,
        number: Number,
        flag: Flag,
        at: Moment,
    }

    fn row(json: &str) -> Row {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn odd_values_become_empty_ones() {
        for odd in ["null", "[1,{}]", "{\"a\":[]}"] {
            let row = row(&format!("{{\"text\":{odd},\"number\":{odd},\"flag\":{odd},\"at\":{odd}}}"));
            assert_eq!((row.text.as_str(), row.number.0, row.flag.0, row.at.0), ("", None, None, None), "{odd}");
        }
    }

    #[test]
    fn numbers_may_be_words_and_texts_may_be_numbers() {
        let row = row(r#"{"text":7,"number":"42","flag":"true","at":1700000000}"#);
        assert_eq!((row.text.as_str(), row.number.0, row.flag.0), ("7", Some(42), Some(true)));
        assert_eq!(row.at.0.map(|at| at.timestamp()), Some(1_700_000_000));
    }

    #[test]
    fn texts_are_harmless_once_read() {
        assert_eq!(row("{\"text\":\"a\\u001b[2J\"}").text.as_str(), "a␛[2J");
    }

    #[test]
    fn the_zero_time_is_no_moment() {
        assert_eq!(moment("0001-01-01T00:00:00Z"), None);
        assert!(moment("2024-05-01T10:00:00.123456789+02:00").is_some());
    }
}
