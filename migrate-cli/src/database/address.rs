use std::fmt;
use std::path::Path;

use super::error::Error;

/// Where a database is. It is shown without what may be secret in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    url: &'a str,
    scheme: &'a str,
    rest: &'a str,
}

const REMOTE: [&str; 4] = ["ws", "wss", "http", "https"];
const EMBEDDED: [&str; 2] = ["mem", "surrealkv"];

impl<'a> Address<'a> {
    pub(crate) fn parse(url: &'a str) -> Result<Self, Error> {
        let (scheme, rest) = url.split_once("://").ok_or(Error::NoScheme)?;
        if !REMOTE.contains(&scheme) && !EMBEDDED.contains(&scheme) {
            return Err(Error::Scheme { known: [&REMOTE[..], &EMBEDDED[..]].concat().join(", ") });
        }
        let address = Self { url, scheme, rest };
        if address.is_remote() && address.authority().contains('@') {
            return Err(Error::CredentialsInUrl);
        }
        if address.is_remote() && address.authority().is_empty() {
            return Err(Error::NoScheme);
        }
        Ok(address)
    }

    /// As the SDK takes it.
    pub(crate) const fn url(&self) -> &'a str {
        self.url
    }

    pub(crate) fn is_remote(&self) -> bool {
        REMOTE.contains(&self.scheme)
    }

    pub(crate) fn is_http(&self) -> bool {
        self.scheme.starts_with("http")
    }

    /// The same place by a WebSocket over TLS, of an address that is reached by HTTP over TLS.
    pub(crate) fn as_websocket(&self) -> Option<String> {
        (self.scheme == "https").then(|| format!("wss://{}", self.authority()))
    }

    /// The folder of an embedded database on disk.
    pub(crate) fn folder(&self) -> Option<&'a Path> {
        let path = self.rest.split('?').next().unwrap_or_default();
        (self.scheme == "surrealkv").then(|| Path::new(path))
    }

    fn authority(&self) -> &'a str {
        self.rest.split(['/', '?', '#']).next().unwrap_or_default()
    }
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_remote() { self.authority() } else { self.rest.split('?').next().unwrap_or_default() };
        write!(f, "{}://{place}", self.scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_without_what_may_be_secret() {
        let shown = |url| Address::parse(url).map(|address| address.to_string());
        assert_eq!(shown("wss://db.example:8000/rpc?token=t").unwrap(), "wss://db.example:8000");
        assert_eq!(shown("surrealkv:///var/db?key=t").unwrap(), "surrealkv:///var/db");
        let error = shown("ws://root:hunter2@db:8000").unwrap_err().to_string();
        assert!(!error.contains("hunter2") && error.contains("SURREAL_PASS"), "{error}");
    }

    #[test]
    fn what_is_no_address_of_a_database_is_refused_without_being_shown() {
        for url in ["localhost:8000", "ftp://hunter2", "ws://", "hunter2"] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_a_database_on_disk_has_a_folder() {
        assert_eq!(Address::parse("surrealkv://a/b?x").unwrap().folder(), Some(Path::new("a/b")));
        assert_eq!(Address::parse("mem://").unwrap().folder(), None);
    }
}
