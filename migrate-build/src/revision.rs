use std::fmt;
use std::str::FromStr;

use migrate_core::{ParseVersionError, Version};

use crate::Loaded;
use crate::suggest::closest;

/// A version as a person names it: by its number (`3`, `V3`), or by a tag of `migrations.toml`.
///
/// ```
/// # use migrate_build::Revision;
/// # use migrate_core::Version;
/// assert_eq!("V1".parse(), Ok(Revision::Version(Version::FIRST)));
/// assert_eq!("release-1.2".parse(), Ok(Revision::Tag("release-1.2".to_owned())));
/// assert!("V01".parse::<Revision>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Revision {
    /// By its number.
    Version(Version),
    /// By its tag.
    Tag(String),
}

/// Why a text is not a [`Revision`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRevisionError {
    /// It reads like a version and is none.
    #[error("{0}")]
    Version(ParseVersionError),
    /// It can be neither a version nor a tag.
    #[error("neither a version nor a tag: a tag is made of letters, digits, `.`, `_` and `-`")]
    Tag,
}

/// A revision that a folder does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownRevision {
    /// What was asked for.
    pub revision: Revision,
    /// The folder's last version, unless it is empty.
    pub last: Option<Version>,
    /// The tag that was most likely meant.
    pub nearest: Option<String>,
}

impl FromStr for Revision {
    type Err = ParseRevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match number(text) {
            Some(number) => number.parse().map(Self::Version).map_err(ParseRevisionError::Version),
            None if is_tag(text) => Ok(Self::Tag(text.to_owned())),
            None => Err(ParseRevisionError::Tag),
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "V{version}"),
            Self::Tag(tag) => f.write_str(tag),
        }
    }
}

impl fmt::Display for UnknownRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revision {
            Revision::Version(version) => write!(f, "there is no V{version} in the folder, which ")?,
            Revision::Tag(tag) => write!(f, "there is no tag `{tag}` in the migrations.toml of the folder, which ")?,
        }
        match self.last {
            Some(last) => write!(f, "ends at V{last}")?,
            None => f.write_str("is empty")?,
        }
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownRevision {}

impl Loaded {
    /// The version that a revision names.
    ///
    /// # Errors
    ///
    /// The folder has no such version or tag.
    pub fn version_of(&self, revision: &Revision) -> Result<Version, UnknownRevision> {
        let found = match revision {
            Revision::Version(version) => self.migrations.iter().map(|one| one.version).find(|one| one == version),
            Revision::Tag(tag) => self.tags.get(tag).copied(),
        };
        found.ok_or_else(|| {
            let tags: Vec<&str> = self.tags.keys().map(String::as_str).collect();
            let nearest = match revision {
                Revision::Version(_) => None,
                Revision::Tag(tag) => closest(tag, &tags).map(str::to_owned),
            };
            let last = self.migrations.last().map(|migration| migration.version);
            UnknownRevision { revision: revision.clone(), last, nearest }
        })
    }
}

/// Whether a name can be that of a version: one that nobody takes for a number.
pub(crate) fn is_tag(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins_well && name.len() <= 100 && name.chars().all(is_plain) && number(name).is_none()
}

/// The digits of what reads like a version.
fn number(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['V', 'v']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_like_a_version_is_never_a_tag() {
        for text in ["0", "V0", "v01", "99999999999999999999"] {
            assert!(matches!(text.parse::<Revision>(), Err(ParseRevisionError::Version(_))), "{text}");
        }
        for text in ["", "-x", "a b", "a/b", "größe", ".x"] {
            assert_eq!(text.parse::<Revision>(), Err(ParseRevisionError::Tag), "{text}");
        }
        for text in ["v1.2", "V", "2026-spring", "release_1"] {
            assert_eq!(text.parse(), Ok(Revision::Tag(text.to_owned())));
        }
        assert_eq!("v7".parse::<Revision>().unwrap().to_string(), "V7");
    }
}
