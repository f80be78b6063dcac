//! Netlink attributes, written. Knows no message.

/// `NLA_F_NESTED` (linux/netlink.h).
const NESTED: u16 = 0x8000;

/// Attributes in the making, one behind the other.
#[derive(Clone, Debug, Default)]
pub(in crate::runtime::linux) struct Attrs(Vec<u8>);

impl Attrs {
    /// No attributes yet.
    pub(in crate::runtime::linux) fn new() -> Self {
        Self::default()
    }

    /// One of raw bytes.
    pub(in crate::runtime::linux) fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        self.push(kind, value);
        self
    }

    /// A text, ended by a zero as nf_tables wants it.
    pub(super) fn text(self, kind: u16, value: &str) -> Self {
        let mut text = value.as_bytes().to_vec();
        text.push(0);
        self.bytes(kind, &text)
    }

    /// A number in the order of bytes that nf_tables has everywhere.
    pub(super) fn number(self, kind: u16, value: u32) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// Others, inside of one.
    pub(in crate::runtime::linux) fn nest(self, kind: u16, inner: Self) -> Self {
        self.bytes(kind | NESTED, &inner.0)
    }

    /// The same of what is written already.
    pub(in crate::runtime::linux) fn nested(self, kind: u16, inner: &[u8]) -> Self {
        self.bytes(kind | NESTED, inner)
    }

    /// The same for one more of a list.
    pub(super) fn push_nested(&mut self, kind: u16, inner: Self) {
        self.push(kind | NESTED, &inner.0);
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(in crate::runtime::linux) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn push(&mut self, kind: u16, value: &[u8]) {
        // Longer values than a length can say are never made here: lists are cut before.
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}
