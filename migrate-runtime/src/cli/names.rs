//! What is written in one word on a command line.

use migrate_core::Version;

use crate::context::Context;

/// `NAMESPACE/DATABASE`, up to the first slash and behind it.
pub(super) fn context(text: &str) -> Result<Context, String> {
    let (namespace, database) =
        text.split_once('/').ok_or_else(|| "it is written NAMESPACE/DATABASE, such as acme/eu-7".to_owned())?;
    Context::new(namespace, database).map_err(|error| error.to_string())
}

/// `MODULE=VERSION`, or only `VERSION` where the binary has one module.
pub(super) fn module_version(text: &str) -> Result<(Option<String>, Version), String> {
    let (module, version) = match text.rsplit_once('=') {
        Some((module, version)) => (Some(module.to_owned()), version),
        None => (None, text),
    };
    Ok((module, version.parse().map_err(|error| format!("{error}"))?))
}

/// `ENTRY=VERSION`.
pub(super) fn entry_version(text: &str) -> Result<(String, Version), String> {
    match module_version(text)? {
        (Some(entry), version) => Ok((entry, version)),
        (None, _) => Err("it is written ENTRY=VERSION, such as 20240101_120000_AddUser=3".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_split_at_its_first_slash() {
        assert_eq!(context("acme/eu/7").unwrap(), Context::new("acme", "eu/7").unwrap());
        for text in ["acme", "/eu", "acme/"] {
            assert!(context(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_may_name_its_module() {
        let version = Version::new(7).unwrap();
        assert_eq!(module_version("7"), Ok((None, version)));
        assert_eq!(module_version("app=7"), Ok((Some("app".to_owned()), version)));
        assert!(module_version("app=0").is_err() && entry_version("7").is_err());
    }
}
