//! Names of things, each kind a type of its own, so that they cannot be confused. Knows no engine's spelling.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Hex digits of an id that are shown; as `docker ps` has it.
pub const SHORT: usize = 12;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name as the engine spells it; control characters are made visible.
            pub fn new(name: impl AsRef<str>) -> Self {
                Self(super::text::clean(name.as_ref()).as_ref().into())
            }

            /// The whole name.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name without a digest's algorithm, cut to [`SHORT`] characters when it is hexadecimal.
            pub fn short(&self) -> &str {
                short(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), &self.0)
            }
        }
    )*};
}

names! {
    /// A container's id: 64 hex digits with Docker.
    ContainerId;
    /// An image's id: `sha256:` and the digest of its config.
    ImageId;
    /// A layer's chain id: `sha256:` and the digest over it and all layers below (OCI image-spec, "Layer ChainID").
    LayerId;
    /// A volume's name, which is its id.
    VolumeName;
    /// A network's id.
    NetworkId;
    /// An exec's id as the engine gives it, or the container's id for its main session.
    SessionId;
    /// A NAT mapping: protocol, host address and port, container.
    MappingId;
    /// A firewall rule: table, chain and handle, or where it was derived from.
    RuleId;
}

/// A digest or id without its algorithm, cut to [`SHORT`] characters; other names as they are.
pub(super) fn short(name: &str) -> &str {
    let bare = name.split_once(':').map_or(name, |(_, digest)| digest);
    let hex = bare.len() > SHORT && bare.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { &bare[..SHORT] } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_cut_and_names_are_not() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        assert_eq!(ImageId::new(&digest).short(), "abababababab");
        assert_eq!(VolumeName::new("postgres-data-of-the-shop").short(), "postgres-data-of-the-shop");
        assert_eq!(ContainerId::new("c0ffee").short(), "c0ffee");
    }

    #[test]
    fn a_name_cannot_carry_an_escape() {
        assert_eq!(VolumeName::new("a\u{1b}[2J").as_str(), "a␛[2J");
    }
}
