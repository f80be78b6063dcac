//! Digests of content, and the chain ids that are made of them. Knows no files.

use std::{fmt, io, str::FromStr};

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The only algorithm that registries and engines use.
const ALGORITHM: &str = "sha256:";

/// The SHA-256 of some content, written `sha256:HEX` (OCI image-spec, "Digests").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// What was read is no digest of an algorithm that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no digest: sha256: and 64 small hex digits")]
pub struct BadDigest(String);

impl Digest {
    /// The digest of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// Its 64 hex digits, which are a safe name of a file.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The chain ids of layers with these diff ids, the lowest first in both (OCI image-spec, "Layer ChainID").
    pub fn chain(diffs: &[Self]) -> Vec<Self> {
        let mut below: Option<Self> = None;
        let chain = diffs.iter().map(|diff| {
            let id = below.map_or(*diff, |below| Self::of(format!("{below} {diff}").as_bytes()));
            below = Some(id);
            id
        });
        chain.collect()
    }
}

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let digits = text.strip_prefix(ALGORITHM).filter(|digits| digits.len() == 64).map(str::as_bytes);
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let bytes = digits.and_then(|digits| {
            let pairs = digits.chunks(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?));
            <[u8; 32]>::try_from(pairs.collect::<Option<Vec<u8>>>()?).ok()
        });
        bytes.map(Self).ok_or_else(|| BadDigest(crate::model::text::clean(text).into_owned()))
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;

    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ToSql for Digest {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Digest {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// Counts and digests what is written to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digester {
    state: Sha256,
    size: u64,
}

impl Digester {
    pub(crate) fn update(&mut self, some: &[u8]) {
        self.state.update(some);
        self.size += some.len() as u64;
    }

    /// The digest of all that was written, and how much it was.
    pub(crate) fn finish(self) -> (Digest, u64) {
        (Digest(self.state.finalize().into()), self.size)
    }
}

impl io::Write for Digester {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        self.update(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_what_it_writes() {
        // FIPS 180-2, appendix B.1.
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), text);
        assert_eq!(text.parse(), Ok(Digest::of(b"abc")));
        for bad in ["", "sha256:", &text[7..], &text.to_uppercase(), "sha512:ab", &text.replace('b', "é")] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_chain_id_of_the_base_is_its_diff_id_and_each_other_stands_on_the_one_below() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let upper = Digest::of(format!("{one} {two}").as_bytes());
        let third = Digest::of(format!("{upper} {one}").as_bytes());
        assert_eq!(Digest::chain(&[one, two, one]), [one, upper, third]);
        assert!(Digest::chain(&[]).is_empty());
    }
}
