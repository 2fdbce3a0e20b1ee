use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// What nobody but the database is shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret itself, for the sign-in.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        let Ok(secret) = "hunter2".parse::<Secret>();
        assert_eq!((format!("{secret:?}").as_str(), secret.reveal()), ("…", "hunter2"));
    }
}
