//! Checks of typed values that more than one form needs. They know no form.

use std::collections::BTreeMap;

/// Checks a name that an engine takes for volumes and networks: letters, digits, `_`, `.` and `-`, beginning with a
/// letter or digit (Docker's pattern of restricted names).
///
/// # Errors
/// What is wrong with it.
pub(crate) fn name(text: &str) -> Result<(), String> {
    let text = text.trim();
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins {
        return Err("a name begins with a letter or a digit".into());
    }
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !"_.-".contains(*c)) {
        Some(c) => Err(format!("`{c}` cannot be in a name: letters, digits, _ . - can")),
        None => Ok(()),
    }
}

/// Checks words of `key=value`.
///
/// # Errors
/// Which word is none.
pub(crate) fn pairs(text: &str) -> Result<(), String> {
    map(text).map(drop)
}

/// Reads words of `key=value`; a value may itself hold `=`.
///
/// # Errors
/// Which word is none.
pub(crate) fn map(text: &str) -> Result<BTreeMap<String, String>, String> {
    let pair = |word: &str| match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("`{word}` is not of the form key=value")),
    };
    text.split_whitespace().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_an_engine_takes() {
        for good in ["a", "shop-data_1.x", "7up"] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        assert!(name("-a").is_err() && name("").is_err());
        assert_eq!(name("a b").unwrap_err(), "` ` cannot be in a name: letters, digits, _ . - can");
    }

    #[test]
    fn pairs_keep_what_stands_behind_the_first_sign() {
        let read = map("type=nfs  o=addr=10.0.0.1,rw").unwrap();
        assert_eq!(read["o"], "addr=10.0.0.1,rw");
        assert_eq!(map("type").unwrap_err(), "`type` is not of the form key=value");
        assert!(map("=x").is_err());
    }
}
