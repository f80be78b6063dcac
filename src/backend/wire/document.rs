//! An engine's whole document about a thing, made harmless. Knows no noun.

use serde_json::{Map, Value};

use crate::model::text::cleaned;

/// Reads any JSON and makes every text in it harmless, keys too.
///
/// # Errors
/// When it is no JSON.
pub(crate) fn document(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body).map(harmless)
}

fn harmless(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cleaned(text)),
        Value::Array(all) => Value::Array(all.into_iter().map(harmless).collect()),
        Value::Object(all) => {
            Value::Object(all.into_iter().map(|(k, v)| (cleaned(k), harmless(v))).collect::<Map<_, _>>())
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_harmless_and_keep_their_order() {
        let read = document(b"{\"z\\u001b\":[\"\\u0007\"],\"a\":1}").unwrap();
        assert_eq!(read.to_string(), "{\"z␛\":[\"␇\"],\"a\":1}");
    }
}
