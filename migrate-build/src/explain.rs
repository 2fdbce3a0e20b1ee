use std::fmt;

use crate::suggest::closest;
use crate::{RULES, Rule};

/// A word that names no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownRule {
    /// What was asked for.
    pub word: String,
    /// The code of the rule that was most likely meant.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no rule `{}`", self.word)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownRule {}

/// Finds a rule by its code or its name.
///
/// # Errors
///
/// There is no such rule.
///
/// # Examples
///
/// ```
/// # use migrate_build::explain;
/// assert_eq!(explain("M302")?.name, explain("data-loss")?.name);
/// assert_eq!(explain("M320").unwrap_err().to_string(), "there is no rule `M320`; did you mean `M302`?");
/// # Ok::<(), migrate_build::UnknownRule>(())
/// ```
pub fn explain(word: &str) -> Result<&'static Rule, UnknownRule> {
    let is_it = |rule: &&&Rule| rule.code.eq_ignore_ascii_case(word) || rule.name.eq_ignore_ascii_case(word);
    match RULES.iter().find(is_it) {
        Some(rule) => Ok(rule),
        None => Err(UnknownRule { word: word.to_owned(), nearest: nearest(word) }),
    }
}

fn nearest(word: &str) -> Option<&'static str> {
    let of_digits = |rule: &&&Rule| {
        let mut digits: Vec<char> = rule.code.chars().collect();
        let mut others: Vec<char> = word.to_ascii_uppercase().chars().collect();
        digits.sort_unstable();
        others.sort_unstable();
        digits == others
    };
    // Codes are so near to each other that only digits in another order point to one of them.
    let codes: Vec<&Rule> = RULES.iter().filter(of_digits).copied().collect();
    if let Some(rule) = codes.iter().min_by_key(|rule| !word.get(..2).is_some_and(|head| rule.code.starts_with(head))) {
        return Some(rule.code);
    }
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let name = closest(word, &names)?;
    RULES.iter().find(|rule| rule.name == name).map(|rule| rule.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_code_and_name() {
        for rule in RULES {
            assert_eq!(explain(&rule.code.to_lowercase()).unwrap().code, rule.code);
            assert_eq!(explain(rule.name).unwrap().code, rule.code);
        }
    }

    #[test]
    fn a_word_that_is_nearly_one_leads_there() {
        for (word, meant) in
            [("M320", Some("M302")), ("data-los", Some("M302")), ("M999", None), ("é", None), ("", None)]
        {
            assert_eq!(explain(word).unwrap_err().nearest, meant, "{word}");
        }
    }
}
