use std::fmt;
use std::str::FromStr;

use crate::filename::{check_name, suggest_name};

/// The name part of a migration's file name: `add_bio` of `V3__add_bio.surql`.
///
/// ```
/// # use migrate_build::MigrationName;
/// assert!("add_bio".parse::<MigrationName>().is_ok());
/// let error = "addBio".parse::<MigrationName>().unwrap_err();
/// assert_eq!(error.to_string(), "it has `B` in its name: only `a`-`z`, `0`-`9` and `_` may be; did you mean `add_bio`?");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MigrationName(String);

/// Why a text is no [`MigrationName`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidName {
    /// What is wrong, as a clause that goes on from the file.
    pub reason: String,
    /// The name that was most likely meant.
    pub suggestion: Option<String>,
}

impl MigrationName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MigrationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MigrationName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match check_name(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(reason) => Err(InvalidName { reason, suggestion: suggest_name(text) }),
        }
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it {}", self.reason)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InvalidName {}
