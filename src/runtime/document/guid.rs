//! Globally unique identifiers, by which Windows knows networks, endpoints, namespaces and layers. Knows none of them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::model::text::clean;

/// Digits in each part of the written form.
const PARTS: [usize; 5] = [8, 4, 4, 4, 12];

/// An identifier of 128 bits. Written in lower case; read in either, also in braces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(u128);

/// A text is no identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no GUID")]
pub struct BadGuid(String);

impl Guid {
    /// The identifier of a name, the same at all times: what we make is found again without a record of it. Of version
    /// 8 (RFC 9562), which leaves to us how it comes about: here the beginning of a SHA-256.
    pub fn named(kind: &str, name: &str) -> Self {
        use sha2::{Digest, Sha256};
        let hash = Sha256::new().chain_update("longshore/").chain_update(kind).chain_update("/").chain_update(name);
        let beginning = hash.finalize().iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        let (version, variant) = (0xf_u128 << 76, 0b11_u128 << 62);
        Self(beginning & !version & !variant | 8 << 76 | 0b10 << 62)
    }

    /// Of its fields, as the structure `GUID` has them.
    pub const fn of_fields(first: u32, second: u16, third: u16, rest: [u8; 8]) -> Self {
        let upper = (first as u64) << 32 | (second as u64) << 16 | third as u64;
        Self((upper as u128) << 64 | u64::from_be_bytes(rest) as u128)
    }

    /// Its fields, as the structure `GUID` has them.
    pub const fn fields(self) -> (u32, u16, u16, [u8; 8]) {
        ((self.0 >> 96) as u32, (self.0 >> 80) as u16, (self.0 >> 64) as u16, (self.0 as u64).to_be_bytes())
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032x}", self.0);
        let mut rest = digits.as_str();
        for (at, length) in PARTS.into_iter().enumerate() {
            let (part, more) = rest.split_at(length);
            rest = more;
            write!(f, "{}{part}", if at == 0 { "" } else { "-" })?;
        }
        Ok(())
    }
}

impl FromStr for Guid {
    type Err = BadGuid;

    fn from_str(text: &str) -> Result<Self, BadGuid> {
        let bad = || BadGuid(clean(text).into_owned());
        let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let parts: Vec<_> = bare.split('-').collect();
        let is_right = parts.iter().map(|part| part.len()).eq(PARTS);
        let digits = parts.concat();
        if !is_right || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        u128::from_str_radix(&digits, 16).map(Self).map_err(|_| bad())
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_fields_of_the_structure_are_those_of_the_text() {
        let guid = Guid::of_fields(0xbd9c_3ef9, 0xf239, 0x59b5, [0xa2, 0x7e, 0x15, 0xc5, 0x23, 0xb1, 0xd1, 0x49]);
        assert_eq!(guid.to_string(), "bd9c3ef9-f239-59b5-a27e-15c523b1d149");
        assert_eq!("{BD9C3EF9-F239-59B5-A27E-15C523B1D149}".parse(), Ok(guid));
    }

    #[test]
    fn a_name_has_one_identifier_and_it_is_of_version_8() {
        let guid = Guid::named("network", "a");
        assert_eq!(guid, Guid::named("network", "a"));
        assert_ne!(guid, Guid::named("endpoint", "a"));
        let text = guid.to_string();
        assert_eq!(text.as_bytes()[14], b'8');
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{text}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<u128>()) {
            let guid = Guid(number);
            prop_assert_eq!(guid.to_string().parse(), Ok(guid));
            let (first, second, third, rest) = guid.fields();
            prop_assert_eq!(Guid::of_fields(first, second, third, rest), guid);
        }

        #[test]
        fn other_texts_are_refused(text in "[0-9a-g{}-]{0,40}") {
            if let Ok(guid) = text.parse::<Guid>() {
                let shown = guid.to_string();
                prop_assert_eq!(text.trim_matches(['{', '}']), shown.as_str());
            }
        }
    }
}
