use core::{fmt, str::FromStr};

/// A SHA-256 value, written `sha256:<64 lowercase hexadecimal digits>`.
///
/// It stands for the canonical bytes of one migration (its *checksum*) or for a whole history up to one (its *chain*).
/// Which bytes are hashed is written down in `FORMATS.md`. This crate only carries the value; `migrate-build` computes
/// it.
///
/// ```
/// # use migrate_core::Checksum;
/// let checksum = Checksum::from_bytes([0xab; 32]);
/// let text = checksum.to_string();
/// assert!(text.starts_with("sha256:abab"));
/// assert_eq!(text.parse(), Ok(checksum));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum([u8; 32]);

const PREFIX: &str = "sha256:";

impl Checksum {
    /// Wraps the 32 bytes of a SHA-256 value.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not a [`Checksum`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseChecksumError;

impl fmt::Display for ParseChecksumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a checksum is `sha256:` followed by 64 lowercase hexadecimal digits")
    }
}

impl core::error::Error for ParseChecksumError {}

impl FromStr for Checksum {
    type Err = ParseChecksumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(PREFIX).ok_or(ParseChecksumError)?.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return Err(ParseChecksumError);
        }
        // Every start reads two for each row of each ledger, so there is no branch for each digit.
        let mut seen = 0;
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
            seen |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        if seen >= NO_DIGIT {
            return Err(ParseChecksumError);
        }
        Ok(Self(bytes))
    }
}

/// What a byte that is no digit stands for: more than any digit does.
const NO_DIGIT: u8 = 0x10;

/// What each byte stands for as a lowercase hexadecimal digit.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [NO_DIGIT; 256];
    let digits = b"0123456789abcdef";
    let mut value = 0;
    while value < NO_DIGIT {
        nibbles[digits[value as usize] as usize] = value;
        value += 1;
    }
    nibbles
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_read_as_it_is_written() {
        for byte in 0..=u8::MAX {
            let checksum = Checksum::from_bytes([byte; 32]);
            assert_eq!(checksum.to_string().parse(), Ok(checksum));
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        let good = Checksum::from_bytes([0x5f; 32]).to_string();
        assert!(good.parse::<Checksum>().is_ok());
        let bad = [
            good.to_uppercase(),
            good.replace("sha256:", "sha1:"),
            good[7..].to_owned(),
            format!("{good}0"),
            format!("{good}00"),
            good[..70].to_owned(),
            good.replace("5f5f", "5g5f"),
        ];
        for text in bad {
            assert_eq!(text.parse::<Checksum>(), Err(ParseChecksumError), "{text}");
        }
    }
}
