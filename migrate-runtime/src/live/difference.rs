use std::fmt;

use migrate_core::{Catalog, Difference, DifferenceClass, Object};
use serde::{Serialize, Serializer};

/// How one object of a database differs from what is expected there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields named for what they are")]
pub enum SchemaDifference {
    /// The database has it, and nothing is expected there.
    Added {
        #[serde(serialize_with = "text")]
        object: Object,
        live: String,
    },
    /// It is expected, and the database does not have it.
    Removed {
        #[serde(serialize_with = "text")]
        object: Object,
        expected: String,
    },
    /// The database has it with another definition.
    Changed {
        #[serde(serialize_with = "text")]
        object: Object,
        expected: String,
        live: String,
    },
}

impl SchemaDifference {
    /// The object that differs.
    pub const fn object(&self) -> &Object {
        match self {
            Self::Added { object, .. } | Self::Removed { object, .. } | Self::Changed { object, .. } => object,
        }
    }

    /// How much it means.
    pub fn class(&self) -> DifferenceClass {
        match self {
            Self::Added { .. } | Self::Removed { .. } => DifferenceClass::Real,
            Self::Changed { expected, live, .. } => DifferenceClass::of(expected, live),
        }
    }
}

impl fmt::Display for SchemaDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { object, live } => write!(f, "{object} is there and should not be: {live}"),
            Self::Removed { object, expected } => write!(f, "{object} is missing: {expected}"),
            Self::Changed { object, expected, live } => {
                write!(f, "{object} is\n    {live}\n  and should be\n    {expected}")
            }
        }
    }
}

/// How a live schema differs from an expected one, in the order of objects. Secrets are `[REDACTED]` in both, and so are
/// not compared.
pub(crate) fn differences(expected: &Catalog, live: &Catalog) -> Vec<SchemaDifference> {
    let difference = |difference| match difference {
        Difference::Added { object, definition } => SchemaDifference::Added { object, live: definition },
        Difference::Removed { object, definition } => SchemaDifference::Removed { object, expected: definition },
        Difference::Modified { object, before, after } => {
            SchemaDifference::Changed { object, expected: before, live: after }
        }
    };
    expected.diff(live).into_iter().map(difference).collect()
}

fn text<S: Serializer>(object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_core::ObjectKind;
    use serde_json::json;

    #[test]
    fn a_difference_holds_both_definitions() {
        let table = |name: &'static str| Object::new(ObjectKind::Table, name);
        let catalog = |texts: &[(&'static str, &str)]| -> Catalog {
            texts.iter().map(|(name, text)| (table(name), (*text).to_owned())).collect()
        };
        let found = differences(&catalog(&[("a", "1"), ("b", "2")]), &catalog(&[("b", "3"), ("c", "4")]));
        let json = json!([
            { "difference": "removed", "object": "table a", "expected": "1" },
            { "difference": "changed", "object": "table b", "expected": "2", "live": "3" },
            { "difference": "added", "object": "table c", "live": "4" },
        ]);
        assert_eq!(serde_json::to_value(&found).unwrap(), json);
        assert!(found.iter().all(|one| one.to_string().contains(&one.object().to_string())));
    }
}
