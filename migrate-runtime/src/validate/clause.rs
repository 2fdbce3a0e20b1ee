/// What a statement about an object says of the case that the object is there already, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// Nothing: the statement fails then.
    Bare,
    /// `OVERWRITE`
    Overwrite,
    /// `IF NOT EXISTS`, `IF EXISTS`
    Conditional,
}

impl Clause {
    /// That of a statement that begins with a verb and the kind of the object.
    pub(super) fn of(statement: &str) -> Self {
        let third = statement.split_whitespace().nth(2).unwrap_or_default();
        if third.eq_ignore_ascii_case("overwrite") {
            Self::Overwrite
        } else if third.eq_ignore_ascii_case("if") {
            Self::Conditional
        } else {
            Self::Bare
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_behind_the_kind_says_it() {
        assert_eq!(Clause::of("DEFINE INDEX i ON t FIELDS if"), Clause::Bare);
        assert_eq!(Clause::of("define\n index overwrite i ON t"), Clause::Overwrite);
        assert_eq!(Clause::of("REMOVE FIELD IF EXISTS f ON t"), Clause::Conditional);
        assert_eq!(Clause::of("REMOVE"), Clause::Bare);
    }
}
