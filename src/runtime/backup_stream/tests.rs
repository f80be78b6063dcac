use proptest::prelude::*;

use super::*;

/// Bytes as people write them in a table: hexadecimal, with blanks and lines.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn a_file_is_the_bytes_that_backup_write_takes() {
    let mut writer = StreamWriter::new(Vec::new());
    writer.small(StreamKind::Security, &[0xaa, 0xbb, 0xcc]).unwrap();
    writer.begin(&StreamHeader::new(StreamKind::Data, 2)).unwrap();
    writer.data(b"h").unwrap();
    writer.data(b"i").unwrap();
    writer.begin(&StreamHeader::alternate("z", 1)).unwrap();
    writer.data(b"!").unwrap();
    writer.begin(&StreamHeader::sparse_block(0x1_0000, 1)).unwrap();
    writer.data(b"?").unwrap();
    let expected = hex("03000000 00000000 0300000000000000 00000000  aabbcc
         01000000 00000000 0200000000000000 00000000  6869
         04000000 00000000 0100000000000000 10000000  3a00 7a00 3a00 2400 4400 4100 5400 4100  21
         09000000 08000000 0900000000000000 00000000  0000010000000000  3f");
    assert_eq!(writer.finish().unwrap(), expected);
}

#[test]
fn a_stream_holds_no_more_and_no_less_than_its_header_tells() {
    let mut writer = StreamWriter::new(Vec::new());
    writer.begin(&StreamHeader::new(StreamKind::Data, 2)).unwrap();
    assert!(writer.data(b"abc").is_err());
    writer.data(b"a").unwrap();
    assert!(writer.begin(&StreamHeader::new(StreamKind::Ea, 0)).is_err());
    assert!(writer.finish().is_err());
}

#[test]
fn a_junction_and_a_relative_symlink_are_these_bytes() {
    let junction = Link { kind: LinkKind::MountPoint, target: r"C:\a".into() };
    let expected = hex("030000a0 2400 0000  0000 1000 1200 0800
         5c00 3f00 3f00 5c00 4300 3a00 5c00 6100 0000
         4300 3a00 5c00 6100 0000");
    assert_eq!(junction.encode().unwrap(), expected);
    let symlink = Link { kind: LinkKind::Symlink, target: r"..\b".into() };
    let expected = hex("0c0000a0 2000 0000  0000 0800 0a00 0800  01000000
         2e00 2e00 5c00 6200 0000
         2e00 2e00 5c00 6200 0000");
    assert_eq!(symlink.encode().unwrap(), expected);
    assert_eq!(Link::decode(&expected), Some(symlink));
}

#[test]
fn extended_attributes_are_these_bytes() {
    let one = |name: &[u8], value: &[u8]| Attribute { name: name.to_vec(), value: value.to_vec() };
    let bytes = attributes(&[one(b"A", b"xyz"), one(b"BC", b"")]).unwrap();
    let expected = hex("10000000 00 01 0300  41 00 78797a 000000
         00000000 00 02 0000  4243 00 00");
    assert_eq!(bytes, expected);
    assert!(attributes(&[one(&[b'a'; 256], b"")]).is_err());
    assert!(attributes(&[one(b"a", &[0; 65_536])]).is_err());
}

#[test]
fn attributes_that_overlap_are_refused() {
    assert_eq!(attributes_of(&hex("04000000 00 01 0000 41 00 0000")), None);
    assert_eq!(attributes_of(&hex("00000000 00 05 0000 41 00")), None);
}

#[test]
fn times_count_from_1601_in_tenths_of_microseconds() {
    assert_eq!(FileTime::of((0, 0)), FileTime(116_444_736_000_000_000));
    assert_eq!(FileTime::of((1, 123_456_789)), FileTime(116_444_736_011_234_567));
    assert_eq!(FileTime::of((-20_000_000_000, 0)), FileTime(1));
    assert_eq!(FileTime::of((i64::MAX, 0)).parts().0, i64::MAX / 10_000_000 - EPOCH);
}

#[test]
fn a_row_of_streams_that_lies_is_refused() {
    let refused = |text: &str| {
        let bytes = hex(text);
        let mut reader = StreamReader::new(&bytes[..]);
        loop {
            match reader.next_stream() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{text} was taken"),
                Err(error) => return error.to_string(),
            }
        }
    };
    assert!(refused("0b000000 00000000 0000000000000000 00000000").contains("kind 11"));
    assert!(refused("01000000 00000000 0500000000000000 00000000 61").contains("breaks off"));
    assert!(refused("01000000 000000").contains("breaks off"));
    assert!(refused("04000000 00000000 0000000000000000 ffffffff").contains("name"));
    assert!(refused("01000000 00000000 0000000000000000 02000000 6100").contains("name"));
    assert!(refused("09000000 08000000 0700000000000000 00000000 00000000000000").contains("header"));
    let huge = hex("03000000 00000000 ffffffffffffff7f 00000000");
    let mut reader = StreamReader::new(&huge[..]);
    reader.next_stream().unwrap();
    assert!(matches!(reader.small(1 << 20), Err(StreamTrouble::Large(_))));
}

fn streams() -> impl Strategy<Value = Vec<(StreamHeader, Vec<u8>)>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..50);
    let plain = (prop::sample::select(vec![StreamKind::Data, StreamKind::Ea, StreamKind::Txfs]), bytes())
        .prop_map(|(kind, bytes)| (StreamHeader::new(kind, bytes.len() as u64), bytes));
    let named =
        ("[a-zà-ÿ]{1,9}", bytes()).prop_map(|(n, bytes)| (StreamHeader::alternate(&n, bytes.len() as u64), bytes));
    let sparse =
        (any::<u64>(), bytes()).prop_map(|(at, bytes)| (StreamHeader::sparse_block(at, bytes.len() as u64), bytes));
    proptest::collection::vec(prop_oneof![plain, named, sparse], 0..6)
}

proptest! {
    #[test]
    fn what_was_written_is_read(streams in streams()) {
        let mut writer = StreamWriter::new(Vec::new());
        for (header, bytes) in &streams {
            writer.begin(header).unwrap();
            writer.data(bytes).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let mut reader = StreamReader::new(&bytes[..]);
        for (header, bytes) in &streams {
            prop_assert_eq!(reader.next_stream().unwrap(), Some(header.clone()));
            prop_assert_eq!(&reader.small(1 << 10).unwrap(), bytes);
        }
        prop_assert_eq!(reader.next_stream().unwrap(), None);
    }

    #[test]
    fn links_and_attributes_are_read_as_they_were_written(
        target in r"(C:\\|\\\\s\\|\\\\\?\\Volume\{1\}\\|)[a-zß. \\]{0,40}",
        is_mount in any::<bool>(),
        pairs in proptest::collection::vec(
            (proptest::collection::vec(1..=255_u8, 1..20), proptest::collection::vec(any::<u8>(), 0..30)), 0..5),
    ) {
        // What is no path of the kernel cannot come back as one.
        prop_assume!(!target.starts_with(r"\\UNC\") && !target.starts_with(r"\\?\C:"));
        let kind = if is_mount { LinkKind::MountPoint } else { LinkKind::Symlink };
        let link = Link { kind, target };
        prop_assert_eq!(Link::decode(&link.encode().unwrap()), Some(link));
        let all: Vec<_> = pairs.into_iter().map(|(name, value)| Attribute { name, value }).collect();
        prop_assert_eq!(attributes_of(&attributes(&all).unwrap()), Some(all));
    }

    #[test]
    fn a_time_of_windows_comes_back(ticks in 1..i64::MAX as u64) {
        prop_assert_eq!(FileTime::of(FileTime(ticks).parts()), FileTime(ticks));
    }

    #[test]
    fn no_bytes_make_the_decoders_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = (Link::decode(&bytes), attributes_of(&bytes));
        let mut reader = StreamReader::new(&bytes[..]);
        while let Ok(Some(_)) = reader.next_stream() {}
    }
}
