//! What is written in one word on a command line.

use crate::context::Context;

/// `NAMESPACE/DATABASE`, up to the first slash and behind it.
pub(super) fn context(text: &str) -> Result<Context, String> {
    let (namespace, database) =
        text.split_once('/').ok_or_else(|| "it is written NAMESPACE/DATABASE, such as acme/eu-7".to_owned())?;
    Context::new(namespace, database).map_err(|error| error.to_string())
}

/// `ENTRY=VERSION`.
pub(super) fn entry_version(text: &str) -> Result<(String, String), String> {
    let (entry, version) = text
        .rsplit_once('=')
        .ok_or_else(|| "it is written ENTRY=VERSION, such as 20240101_120000_AddUser=3".to_owned())?;
    Ok((entry.to_owned(), version.to_owned()))
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
    fn an_entry_may_have_every_name_that_a_file_has() {
        assert_eq!(entry_version("a=b.surql=7"), Ok(("a=b.surql".to_owned(), "7".to_owned())));
        assert!(entry_version("7").is_err());
    }
}
