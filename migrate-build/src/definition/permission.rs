use std::cmp::Ordering;

/// Who may do one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    None,
    /// Whoever satisfies this condition.
    Where(String),
    Full,
}

/// Who may do what with a table's records or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Permissions {
    pub(crate) select: Permission,
    pub(crate) create: Permission,
    pub(crate) update: Permission,
    pub(crate) delete: Permission,
}

/// One of the four clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    Select,
    Create,
    Update,
    Delete,
}

impl Permission {
    /// Whether it may refuse what `before` allowed. A condition that changed may: conditions are not compared.
    pub(crate) fn is_tighter_than(&self, before: &Self) -> bool {
        self != before && self.partial_cmp(before) != Some(Ordering::Greater)
    }
}

impl PartialOrd for Permission {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let rank = |permission: &Self| match permission {
            Self::None => 0,
            Self::Where(_) => 1,
            Self::Full => 2,
        };
        match rank(self).cmp(&rank(other)) {
            Ordering::Equal if self != other => None,
            ordering => Some(ordering),
        }
    }
}

impl Permissions {
    const fn get(&self, clause: Clause) -> &Permission {
        match clause {
            Clause::Select => &self.select,
            Clause::Create => &self.create,
            Clause::Update => &self.update,
            Clause::Delete => &self.delete,
        }
    }

    /// Whether some clause may refuse what it allowed before.
    pub(crate) fn are_tighter_than(&self, before: &Self) -> bool {
        let clauses = [Clause::Select, Clause::Create, Clause::Update, Clause::Delete];
        clauses.into_iter().any(|clause| self.get(clause).is_tighter_than(before.get(clause)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Permission {
        Permission::Where(text.into())
    }

    #[test]
    fn none_is_tighter_than_a_condition_and_a_condition_than_full() {
        assert!(Permission::None.is_tighter_than(&condition("a")));
        assert!(condition("a").is_tighter_than(&Permission::Full));
        assert!(!Permission::Full.is_tighter_than(&condition("a")));
        assert!(!condition("a").is_tighter_than(&Permission::None));
    }

    #[test]
    fn another_condition_counts_as_tighter_and_the_same_does_not() {
        assert!(condition("a").is_tighter_than(&condition("b")));
        assert!(!condition("a").is_tighter_than(&condition("a")));
        assert!(!Permission::None.is_tighter_than(&Permission::None));
    }
}
