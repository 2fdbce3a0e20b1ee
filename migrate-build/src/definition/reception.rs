use self::Reception::{Converted, Kept, Refused, Worn};
use super::ValueType;
use super::value_type::fits;

/// What becomes of the values of one type where another one is asked for.
///
/// The database does not touch rows when a type changes: it happens to each of them when it is next written, by whomever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reception {
    /// They stay as they are.
    Kept,
    /// They become values of another type that say the same.
    Converted,
    /// They become values of another type, and digits or duplicates are lost without a word.
    Worn,
    /// Some of them are refused.
    Refused,
}

impl ValueType {
    /// What becomes of the values of `other` in a place of this type.
    pub(crate) fn receives(&self, other: &Self) -> Reception {
        match (self, other) {
            (Self::Any, _) => Kept,
            (_, Self::Union(parts)) => worst(parts.iter().map(|part| self.receives(part))),
            (Self::Union(kinds), _) => first(kinds, other),
            (Self::Plain(wide), Self::Plain(narrow)) => number(wide, narrow).unwrap_or_else(|| self.keeps(other)),
            (Self::Plain(wide), Self::Literal(narrow, _)) => number(wide, narrow).unwrap_or_else(|| self.keeps(other)),
            (Self::Array(inner, limit), Self::Array(part, narrower))
            | (Self::Set(inner, limit), Self::Set(part, narrower))
                if fits(*narrower, *limit) =>
            {
                inner.receives(part)
            }
            (Self::Array(inner, limit), Self::Tuple(parts)) if fits(u64::try_from(parts.len()).ok(), *limit) => {
                worst(parts.iter().map(|part| inner.receives(part)))
            }
            // Of what an array holds twice, a set keeps one.
            (Self::Set(inner, None), Self::Array(part, _)) => inner.receives(part).max(Worn),
            _ => self.keeps(other),
        }
    }

    fn keeps(&self, other: &Self) -> Reception {
        if self.accepts(other) { Kept } else { Refused }
    }
}

fn worst(receptions: impl Iterator<Item = Reception>) -> Reception {
    receptions.max().unwrap_or(Kept)
}

/// A value becomes what the first part of a union makes of it that takes it.
fn first(kinds: &[ValueType], other: &ValueType) -> Reception {
    // A number is whichever of them it is.
    if *other == ValueType::plain("number") && !kinds.iter().any(|kind| kind.accepts(other)) {
        let each = ["int", "float", "decimal"].map(ValueType::plain);
        return worst(each.iter().map(|number| first(kinds, number)));
    }
    let mut worst = Kept;
    for kind in kinds {
        match kind.receives(other) {
            // An integer takes the others when they are whole.
            Refused if *kind == ValueType::plain("int") && is_fraction(other) => worst = Converted,
            Refused => {}
            reception => return worst.max(reception),
        }
    }
    Refused
}

fn is_fraction(value_type: &ValueType) -> bool {
    let is = |name: &str| matches!(name, "float" | "decimal");
    match value_type {
        ValueType::Plain(name) => is(name),
        ValueType::Literal(name, _) => is(name),
        _ => false,
    }
}

/// What one kind of number makes of another; `None` where they are not both numbers.
fn number(wide: &str, narrow: &str) -> Option<Reception> {
    Some(match (wide, narrow) {
        ("int" | "float" | "decimal", "number") | ("int", "float" | "decimal") => Refused,
        ("decimal", "int") => Converted,
        // Beyond 2^53 an integer loses its last digits, and a fraction those that do not fit.
        ("float", "int" | "decimal") | ("decimal", "float") => Worn,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> ValueType {
        ValueType::plain(name)
    }

    fn union(names: &[&str]) -> ValueType {
        ValueType::Union(names.iter().map(|name| plain(name)).collect())
    }

    fn array(inner: ValueType, limit: Option<u64>) -> ValueType {
        ValueType::Array(Box::new(inner), limit)
    }

    #[test]
    fn numbers_become_one_another_or_are_refused() {
        for (wide, narrow, expected) in [
            ("int", "int", Kept),
            ("number", "int", Kept),
            ("decimal", "int", Converted),
            ("float", "int", Worn),
            ("float", "decimal", Worn),
            ("decimal", "float", Worn),
            ("int", "float", Refused),
            ("float", "number", Refused),
            ("float", "string", Refused),
            ("string", "int", Refused),
        ] {
            assert_eq!(plain(wide).receives(&plain(narrow)), expected, "{narrow} as {wide}");
        }
        assert_eq!(plain("float").receives(&ValueType::Literal("int", "1".into())), Worn);
    }

    #[test]
    fn in_a_union_the_first_that_takes_a_value_has_it() {
        assert_eq!(union(&["int", "float"]).receives(&plain("int")), Kept);
        assert_eq!(union(&["float", "int"]).receives(&plain("int")), Worn);
        assert_eq!(union(&["int", "float"]).receives(&plain("float")), Converted);
        assert_eq!(union(&["float", "int"]).receives(&plain("float")), Kept);
        assert_eq!(union(&["string", "int"]).receives(&union(&["int", "string"])), Kept);
        assert_eq!(union(&["none", "decimal"]).receives(&union(&["none", "int"])), Converted);
        assert_eq!(union(&["none", "int"]).receives(&plain("string")), Refused);
        assert_eq!(union(&["int", "float"]).receives(&plain("number")), Worn);
        assert_eq!(union(&["string", "number"]).receives(&plain("number")), Kept);
    }

    #[test]
    fn collections_do_with_their_parts_as_the_types_of_these_say() {
        assert_eq!(array(plain("decimal"), None).receives(&array(plain("int"), Some(3))), Converted);
        assert_eq!(array(plain("int"), Some(5)).receives(&array(plain("int"), Some(3))), Refused);
        let set = ValueType::Set(Box::new(plain("int")), None);
        assert_eq!(set.receives(&array(plain("int"), None)), Worn);
        assert_eq!(array(plain("int"), None).receives(&set), Refused);
        assert_eq!(set.receives(&array(plain("string"), None)), Refused);
        assert_eq!(array(plain("float"), None).receives(&ValueType::Tuple(vec![plain("float")])), Kept);
    }
}
