use core::{fmt, num::NonZeroU64, str::FromStr};

/// The position of a migration in its module's chain: a positive decimal without leading zeros.
///
/// Versions of one module are contiguous from 1 unless the module says `versions = "timestamp"`. Two modules' versions
/// have nothing to do with each other.
///
/// ```
/// # use migrate_core::Version;
/// let version: Version = "12".parse()?;
/// assert_eq!(version.get(), 12);
/// assert_eq!(version.to_string(), "12");
/// assert!("012".parse::<Version>().is_err());
/// # Ok::<(), migrate_core::ParseVersionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(NonZeroU64);

impl Version {
    /// The first version of a contiguous chain.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The largest version: what a database integer can hold.
    pub const MAX: Self = match Self::new(i64::MAX as u64) {
        Some(max) => max,
        None => Self::FIRST,
    };

    /// The version of this number, or `None` for zero and for what a database integer cannot hold (above 2⁶³ − 1).
    pub const fn new(number: u64) -> Option<Self> {
        if number > i64::MAX as u64 {
            return None;
        }
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The version after this one, or `None` after [`Version::MAX`].
    pub const fn next(self) -> Option<Self> {
        Self::new(self.get() + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}

/// Why a text is not a [`Version`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseVersionError {
    /// It is empty or holds something else than the digits 0 to 9.
    NotDecimal,
    /// It begins with a zero: `V01` and `V1` would be two names of one version.
    LeadingZero,
    /// It is larger than [`Version::MAX`].
    TooLarge,
}

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDecimal => "a version is a positive decimal number",
            Self::LeadingZero => "a version has no leading zeros and starts at 1",
            Self::TooLarge => "a version is at most 9223372036854775807",
        })
    }
}

impl core::error::Error for ParseVersionError {}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseVersionError::NotDecimal);
        }
        if text.starts_with('0') {
            return Err(ParseVersionError::LeadingZero);
        }
        text.parse().ok().and_then(Self::new).ok_or(ParseVersionError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_a_database_integer_can_hold_and_nothing_more() {
        assert_eq!("9223372036854775807".parse(), Ok(Version::MAX));
        assert_eq!("9223372036854775808".parse::<Version>(), Err(ParseVersionError::TooLarge));
        assert_eq!("99999999999999999999999".parse::<Version>(), Err(ParseVersionError::TooLarge));
        assert_eq!(Version::MAX.next(), None);
    }

    #[test]
    fn refuses_signs_spaces_and_zeros() {
        for text in ["", "+1", "-1", " 1", "1 ", "1_0", "٣"] {
            assert_eq!(text.parse::<Version>(), Err(ParseVersionError::NotDecimal), "{text:?}");
        }
        for text in ["0", "00", "01"] {
            assert_eq!(text.parse::<Version>(), Err(ParseVersionError::LeadingZero), "{text:?}");
        }
    }
}
