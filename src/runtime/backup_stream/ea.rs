//! Extended attributes as their stream has them (`FILE_FULL_EA_INFORMATION`), both directions. Knows no file.

use std::io;

use super::{field, too_long};

/// Bytes before the name: the place of the next one, flags, and two lengths.
const HEAD: usize = 8;

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, at most 255 bytes.
    pub name: Vec<u8>,
    /// Its value, at most 65,535 bytes.
    pub value: Vec<u8>,
}

/// Attributes as bytes; nothing for none.
///
/// # Errors
/// When a name or value is longer than the format can hold.
pub fn attributes(all: &[Attribute]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (at, attribute) in all.iter().enumerate() {
        let Attribute { name, value } = attribute;
        let name_length = u8::try_from(name.len()).map_err(|_| too_long("the name of an extended attribute"))?;
        let value_length = u16::try_from(value.len()).map_err(|_| too_long("an extended attribute"))?;
        let length = (HEAD + name.len() + 1 + value.len()).next_multiple_of(4);
        let next = if at + 1 == all.len() { 0 } else { length as u32 };
        let end = bytes.len() + length;
        bytes.extend(next.to_le_bytes());
        bytes.extend([0, name_length]);
        bytes.extend(value_length.to_le_bytes());
        bytes.extend(name);
        bytes.push(0);
        bytes.extend(value);
        bytes.resize(end, 0);
    }
    Ok(bytes)
}

/// Attributes out of bytes; `None` where they are malformed.
pub fn attributes_of(mut bytes: &[u8]) -> Option<Vec<Attribute>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let next = u32::from_le_bytes(field(bytes, 0)?) as usize;
        let name_length = usize::from(*bytes.get(5)?);
        let value_length = usize::from(u16::from_le_bytes(field(bytes, 6)?));
        let name = bytes.get(HEAD..HEAD + name_length)?.to_vec();
        // A NUL stands between the two.
        let value_at = HEAD + name_length + 1;
        let value = bytes.get(value_at..value_at + value_length)?.to_vec();
        all.push(Attribute { name, value });
        bytes = match next {
            0 => &[],
            // What overlaps the present one would let a few bytes tell of thousands.
            next if next < value_at + value_length => return None,
            next => bytes.get(next..)?,
        };
    }
    Some(all)
}
