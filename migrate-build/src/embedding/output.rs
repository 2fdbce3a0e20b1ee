use migrate_core::__embedded::Coded;

/// Bytes that are written one behind the other, as `migrate-core` reads them.
#[derive(Debug, Default)]
pub(super) struct Output(Vec<u8>);

impl Output {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// In groups of seven bits, the lowest first, of which all but the last have the highest bit set.
    pub(super) fn number(&mut self, number: impl Number) {
        let mut rest = number.wide();
        while rest >= 0x80 {
            self.0.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.0.push(rest.to_le_bytes()[0]);
    }

    /// With the sign as the lowest bit.
    pub(super) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63).cast_unsigned());
    }

    /// How far a place lies behind another one.
    pub(super) fn step(&mut self, from: usize, to: usize) {
        // No text is that long.
        self.signed(i64::try_from(to).unwrap_or(i64::MAX) - i64::try_from(from).unwrap_or(i64::MAX));
    }

    /// A text behind its length.
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }

    pub(super) fn code(&mut self, value: impl Coded) {
        self.number(value.code());
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What no platform has more than 64 bits of.
pub(super) trait Number {
    fn wide(self) -> u64;
}

impl Number for u64 {
    fn wide(self) -> u64 {
        self
    }
}

impl Number for u32 {
    fn wide(self) -> u64 {
        self.into()
    }
}

impl Number for usize {
    fn wide(self) -> u64 {
        self as u64
    }
}
