//! Where a value stands in a document, as `jq` writes it. Knows no document in particular.

use serde_json::Value;

/// The path of the node at a JSON pointer (RFC 6901), to be given to `jq`: `.State.Health`, `.Mounts[0]["a-b"]`.
pub(super) fn jq(document: &Value, pointer: &str) -> String {
    let mut path = String::from(".");
    let mut here = Some(document);
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        if let Some(Value::Array(_)) = here {
            path.push_str(&format!("[{name}]"));
        } else if is_plain(&name) {
            if path != "." {
                path.push('.');
            }
            path.push_str(&name);
        } else {
            path.push_str(&format!("[{}]", Value::String(name.clone())));
        }
        here = here.and_then(|value| match value {
            Value::Object(map) => map.get(&name),
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            _ => None,
        });
    }
    path
}

/// Whether `jq` takes a key behind a dot as it is.
fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_as_jq_takes_them() {
        let document = json!({
            "State": { "Pid": 1 },
            "Args": [{ "a-b": 1 }],
            "NetworkSettings": { "Ports": { "80/tcp": [{ "HostPort": "80" }] } },
            "0": 1,
        });
        let path = |pointer: &str| jq(&document, pointer);
        assert_eq!(path(""), ".");
        assert_eq!(path("/State/Pid"), ".State.Pid");
        assert_eq!(path("/Args/0/a-b"), ".Args[0][\"a-b\"]");
        assert_eq!(path("/NetworkSettings/Ports/80~1tcp/0/HostPort"), ".NetworkSettings.Ports[\"80/tcp\"][0].HostPort");
        assert_eq!(path("/0"), ".[\"0\"]");
    }
}
