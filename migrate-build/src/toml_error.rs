//! The words of a TOML error.

use crate::suggest;

/// What went wrong as one clause: the first letter in lower case, without line breaks or a full stop.
pub(crate) fn sentence(error: &toml::de::Error) -> String {
    if let Some((unknown, _)) = unknown_key(error) {
        return format!("there is no key `{unknown}`");
    }
    let message = error.message().trim().trim_end_matches('.').replace('\n', ", ");
    let mut letters = message.chars();
    // Only a word in plain prose: `TOML` and what is quoted stay as they are.
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_lowercase(), message.get(1..).unwrap_or_default())
        }
        _ => message,
    }
}

/// What a key that does not exist was most likely meant to be.
pub(crate) fn meant(error: &toml::de::Error) -> Option<&str> {
    let (unknown, known) = unknown_key(error)?;
    suggest::closest(unknown, &known)
}

/// Serde tells of an unknown key only in words: first the key, then all that exist, each in backticks.
fn unknown_key(error: &toml::de::Error) -> Option<(&str, Vec<&str>)> {
    let mut quoted = error.message().strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Known {
        #[serde(rename = "module")]
        _module: Option<String>,
        #[serde(rename = "versions")]
        _versions: Option<String>,
    }

    fn error(text: &str) -> toml::de::Error {
        toml::from_str::<Known>(text).unwrap_err()
    }

    #[test]
    fn an_unknown_key_is_told_with_the_one_that_was_meant() {
        assert_eq!(sentence(&error("modul = 1")), "there is no key `modul`");
        assert_eq!(meant(&error("modul = 1")), Some("module"));
        assert_eq!(meant(&error("colour = 1")), None);
    }

    #[test]
    fn other_errors_go_on_in_lower_case() {
        assert_eq!(sentence(&error("module = 1")), "invalid type: integer `1`, expected a string");
        assert_eq!(sentence(&error("module = x")), "string values must be quoted, expected literal string");
        assert_eq!(meant(&error("module = 1")), None);
    }
}
