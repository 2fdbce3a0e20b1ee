use std::convert::Infallible;
use std::str::FromStr;

use migrate_core::{ParseVersionError, Version};

use super::error::CommandError;
use super::session::Session;

/// A version as it is named on a command line: `MODULE=VERSION`, or only `VERSION` where the binary has one module. The version is a
/// number, or that behind a `V`, or a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionName {
    module: Option<String>,
    version: String,
}

impl FromStr for VersionName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (module, version) = match text.rsplit_once('=') {
            Some((module, version)) => (Some(module.to_owned()), version),
            None => (None, text),
        };
        Ok(Self { module, version: version.to_owned() })
    }
}

impl VersionName {
    /// The module and the version that are meant. Whether there is such a migration is another question.
    pub(super) fn resolve<D>(&self, session: &Session<'_, D>) -> Result<(String, Version), CommandError> {
        let module = match &self.module {
            Some(module) => module.clone(),
            None => session.only_module()?,
        };
        let version = session.version(&module, &self.version)?;
        Ok((module, version))
    }
}

/// A version that is named by its number, or by that behind a `V`.
pub(super) fn number(named: &str) -> Result<Version, ParseVersionError> {
    named.strip_prefix('V').unwrap_or(named).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_stand_behind_a_v() {
        assert_eq!((number("7"), number("V7")), (Ok(Version::new(7).unwrap()), Ok(Version::new(7).unwrap())));
        assert!(number("launch").is_err() && number("V0").is_err());
    }

    #[test]
    fn the_module_may_be_left_out() {
        let name = |module: Option<&str>, version: &str| VersionName {
            module: module.map(str::to_owned),
            version: version.to_owned(),
        };
        assert_eq!("7".parse(), Ok(name(None, "7")));
        assert_eq!("app=launch".parse(), Ok(name(Some("app"), "launch")));
    }
}
