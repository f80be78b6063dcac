use proptest::prelude::*;

use super::{TarError, number, pax};

proptest! {
    #[test]
    fn a_time_is_read_as_it_was_written(seconds in -1_000_000_000_000_i64..1_000_000_000_000, nanos in 0..1_000_000_000_u32) {
        prop_assert_eq!(pax::time(pax::time_text((seconds, nanos)).as_bytes()), Some((seconds, nanos)));
    }

    #[test]
    fn records_are_read_as_they_were_written(
        records in proptest::collection::vec(("[a-zA-Z.]{1,30}", proptest::collection::vec(any::<u8>(), 0..200)), 0..10),
    ) {
        let records: Vec<_> = records.into_iter().map(|(key, value)| (key.into_bytes(), value)).collect();
        let mut body = Vec::new();
        for (key, value) in &records {
            pax::write(&mut body, key, value);
        }
        prop_assert_eq!(pax::read(&body).unwrap(), records);
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = (pax::read(&bytes).is_ok(), pax::time(&bytes), number(&bytes, "x").is_ok());
    }
}

#[test]
fn numbers_are_octal_or_of_base_256() {
    let read = |field: &[u8]| number(field, "x").ok();
    assert_eq!(read(b"0000755\0"), Some(0o755));
    assert_eq!(read(b"   755 \0"), Some(0o755));
    assert_eq!(read(b"\0\0\0\0"), Some(0));
    assert_eq!(read(b"77777777777"), Some(0o77_777_777_777));
    assert_eq!(read(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]), Some(65_536));
    assert_eq!(read(&[0xff; 12]), Some(-1));
    assert_eq!(read(&[0xbf; 12]), None, "beyond 64 bits");
    assert_eq!(read(b"-7"), None);
    assert_eq!(read(b"8"), None);
    assert!(matches!(number(b"x", "size"), Err(TarError::Number("size"))));
}
