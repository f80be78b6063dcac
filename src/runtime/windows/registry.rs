//! Texts of a key of this Windows' registry. Knows no key.

use std::{io, ptr};

use windows_sys::Win32::{
    Foundation::{ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS},
    System::Registry::{HKEY, HKEY_LOCAL_MACHINE, KEY_READ, REG_SZ, RegCloseKey, RegEnumValueW, RegOpenKeyExW},
};

use super::wide::Wide;

/// Units of a value's name, with its zero, at most (Microsoft, "Registry element size limits").
const NAME: usize = 16_384;
/// Bytes of a value that is read at most: rules are far shorter.
const MOST: usize = 1 << 20;

/// All values of a key of the machine that are texts, by name; none where there is no such key.
///
/// # Errors
/// What the system says.
pub(super) fn texts(path: &str) -> io::Result<Vec<(String, String)>> {
    let Some(key) = Key::open(path)? else { return Ok(Vec::new()) };
    let (mut found, mut at) = (Vec::new(), 0);
    let mut data = vec![0_u16; 2048];
    loop {
        match key.value(at, &mut data) {
            (ERROR_SUCCESS, value) => {
                found.extend(value);
                at += 1;
            }
            (ERROR_MORE_DATA, _) if data.len() * 2 < MOST => data.resize(data.len() * 2, 0),
            (ERROR_MORE_DATA, _) => at += 1,
            (ERROR_NO_MORE_ITEMS, _) => return Ok(found),
            (number, _) => return Err(io::Error::from_raw_os_error(number.cast_signed())),
        }
    }
}

/// An open key, closed when it is dropped.
struct Key(HKEY);

impl Key {
    #[allow(unsafe_code, reason = "the registry has a C interface only")]
    fn open(path: &str) -> io::Result<Option<Self>> {
        let (path, mut key) = (Wide::new(path), ptr::null_mut());
        // SAFETY: the path ends with a zero; it and the place for the key live over the call.
        match unsafe { RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.as_ptr(), 0, KEY_READ, &raw mut key) } {
            ERROR_SUCCESS => Ok(Some(Self(key))),
            ERROR_FILE_NOT_FOUND => Ok(None),
            number => Err(io::Error::from_raw_os_error(number.cast_signed())),
        }
    }

    /// What the system says of the value at this place, and the value if it is a text.
    #[allow(unsafe_code, reason = "the registry has a C interface only")]
    fn value(&self, at: u32, data: &mut [u16]) -> (u32, Option<(String, String)>) {
        let mut name = vec![0_u16; NAME];
        let (mut units, mut bytes, mut kind) = (NAME as u32, u32::try_from(data.len() * 2).unwrap_or(u32::MAX), 0);
        // SAFETY: the key is open; both places are as large as is said, and all of them live over the call.
        let number = unsafe {
            RegEnumValueW(
                self.0,
                at,
                name.as_mut_ptr(),
                &raw mut units,
                ptr::null(),
                &raw mut kind,
                data.as_mut_ptr().cast(),
                &raw mut bytes,
            )
        };
        if number != ERROR_SUCCESS || kind != REG_SZ {
            return (number, None);
        }
        let text = data.get(..bytes as usize / 2).unwrap_or_default();
        let text = text.split(|unit| *unit == 0).next().unwrap_or_default();
        let name = name.get(..units as usize).unwrap_or_default();
        (number, Some((String::from_utf16_lossy(name), String::from_utf16_lossy(text))))
    }
}

impl Drop for Key {
    #[allow(unsafe_code, reason = "the registry has a C interface only")]
    fn drop(&mut self) {
        // SAFETY: it was opened, and is closed here only.
        unsafe { RegCloseKey(self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_key_are_read_and_a_key_that_is_not_there_has_none() {
        let all = texts(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion").unwrap();
        let product = all.iter().find(|(name, _)| name == "ProductName");
        assert!(product.is_some_and(|(_, text)| text.contains("Windows")), "{all:?}");
        assert_eq!(texts(r"SOFTWARE\longshore has no such key").unwrap(), []);
    }
}
