//! PAX records, `LENGTH KEY=VALUE\n`, where the value may be any bytes. Knows not what they say.

use super::TarError;

/// Records in their order.
pub(super) type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// Reads the body of an extended header.
pub(super) fn read(mut body: &[u8]) -> Result<Records, TarError> {
    let mut records = Vec::new();
    // Some writers pad with NULs inside of the size they tell.
    while let Some(first) = body.first()
        && *first != 0
    {
        let space = body.iter().take(21).position(|byte| *byte == b' ').ok_or(TarError::Pax)?;
        let length = decimal(&body[..space]).and_then(|length| usize::try_from(length).ok()).ok_or(TarError::Pax)?;
        let record = body.get(space + 1..length).ok_or(TarError::Pax)?;
        let record = record.strip_suffix(b"\n").ok_or(TarError::Pax)?;
        let equals = record.iter().position(|byte| *byte == b'=').filter(|at| *at > 0).ok_or(TarError::Pax)?;
        records.push((record[..equals].to_vec(), record[equals + 1..].to_vec()));
        body = &body[length..];
    }
    Ok(records)
}

/// Adds a record to the body of an extended header.
pub(super) fn write(body: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    // The length counts its own digits.
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    body.extend_from_slice(format!("{length} ").as_bytes());
    body.extend_from_slice(key);
    body.push(b'=');
    body.extend_from_slice(value);
    body.push(b'\n');
}

/// A number in plain digits.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A time: `SECONDS[.FRACTION]`, before 1970 with a `-`.
pub(crate) fn time(value: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (negative, digits) = whole.strip_prefix('-').map_or((false, whole), |rest| (true, rest));
    let seconds = i64::try_from(decimal(digits.as_bytes())?).ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9.9}").parse().ok()?;
    Some(match (negative, nanos) {
        (false, nanos) => (seconds, nanos),
        (true, 0) => (-seconds, 0),
        // The fraction counts forward, also before 1970.
        (true, nanos) => (-seconds - 1, 1_000_000_000 - nanos),
    })
}

/// The inverse of [`time`].
pub(crate) fn time_text((seconds, nanos): (i64, u32)) -> String {
    let text = match (seconds < 0, nanos) {
        (_, 0) => return seconds.to_string(),
        (false, nanos) => format!("{seconds}.{nanos:09}"),
        (true, nanos) => format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - nanos),
    };
    text.trim_end_matches('0').to_owned()
}
