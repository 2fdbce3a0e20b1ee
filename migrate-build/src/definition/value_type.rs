use std::collections::{BTreeMap, BTreeSet};

/// The type of a value, so far as it takes to say whether one type accepts all that another does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Any,
    /// A type without parameters, by its name.
    Plain(String),
    /// A type over a set of names, the empty set standing for all: `record<a | b>`, `geometry<point>`.
    Over(&'static str, BTreeSet<String>),
    Array(Box<ValueType>, Option<u64>),
    Set(Box<ValueType>, Option<u64>),
    /// A single value, as text, with the plain type it belongs to.
    Literal(&'static str, String),
    Tuple(Vec<ValueType>),
    Object(BTreeMap<String, ValueType>),
    Union(Vec<ValueType>),
}

impl ValueType {
    pub(crate) fn plain(name: &str) -> Self {
        Self::Plain(name.to_owned())
    }

    /// Whether every value of `other` is a value of this type.
    pub(crate) fn accepts(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (_, Self::Union(parts)) => parts.iter().all(|part| self.accepts(part)),
            (Self::Union(parts), _) => parts.iter().any(|part| part.accepts(other)),
            (_, Self::Any) => false,
            (Self::Plain(wide), Self::Plain(narrow)) => is_within(narrow, wide),
            (Self::Plain(wide), Self::Literal(narrow, _)) => is_within(narrow, wide),
            (Self::Plain(wide), Self::Object(_)) => wide == "object",
            (Self::Over(wide, names), Self::Over(narrow, others)) => {
                wide == narrow && (names.is_empty() || (!others.is_empty() && others.is_subset(names)))
            }
            (Self::Array(inner, limit), Self::Array(other, narrower))
            | (Self::Set(inner, limit), Self::Set(other, narrower)) => inner.accepts(other) && fits(*narrower, *limit),
            (Self::Array(inner, limit), Self::Tuple(parts)) => {
                parts.iter().all(|part| inner.accepts(part)) && fits(u64::try_from(parts.len()).ok(), *limit)
            }
            (Self::Tuple(wide), Self::Tuple(narrow)) => {
                wide.len() == narrow.len() && wide.iter().zip(narrow).all(|(wide, narrow)| wide.accepts(narrow))
            }
            (Self::Object(wide), Self::Object(narrow)) => {
                let known = narrow.keys().all(|key| wide.contains_key(key));
                let missing = Self::plain("none");
                known && wide.iter().all(|(key, part)| part.accepts(narrow.get(key).unwrap_or(&missing)))
            }
            _ => self == other,
        }
    }

    /// Whether the value may be left out.
    pub(crate) fn accepts_none(&self) -> bool {
        self.accepts(&Self::plain("none"))
    }

    /// The type of what an array or set of this type holds: what `name.*` is implied to be.
    pub(crate) fn inner(&self) -> Option<Self> {
        match self {
            Self::Array(inner, _) | Self::Set(inner, _) => Some((**inner).clone()),
            Self::Union(parts) => {
                let inner: Vec<Self> = parts.iter().filter_map(Self::inner).collect();
                (!inner.is_empty()).then_some(Self::Union(inner))
            }
            _ => None,
        }
    }

    /// Whether the database takes a field of type `part` at `path` inside a field of this type. It asks for the same
    /// type, not for a narrower one.
    pub(crate) fn admits(&self, path: &[String], part: &Self) -> bool {
        let none = Self::plain("none");
        let Some((first, rest)) = path.split_first() else {
            return match self {
                _ if self == part || *self == Self::Any || *part == Self::Any => true,
                Self::Union(kinds) => kinds.iter().all(|kind| *kind == none || kind.admits(path, part)),
                Self::Literal(name, _) => *part == Self::plain(name),
                Self::Object(_) => *part == Self::plain("object"),
                Self::Tuple(_) => *part == Self::Array(Box::new(Self::Any), None),
                _ => false,
            };
        };
        let index = first.strip_prefix('[').and_then(|index| index.strip_suffix(']')).map(str::parse::<u64>);
        match self {
            Self::Any => true,
            _ if *part == Self::Any => true,
            Self::Plain(name) => name == "object" && index.is_none(),
            Self::Union(kinds) => kinds.iter().all(|kind| *kind == none || kind.admits(path, part)),
            Self::Array(inner, limit) | Self::Set(inner, limit) => match index {
                Some(Ok(index)) => limit.is_none_or(|limit| index < limit) && inner.admits(rest, part),
                Some(Err(_)) => false,
                None => first == "*" && inner.admits(rest, part),
            },
            Self::Tuple(kinds) => match index {
                Some(index) => {
                    let at = index.ok().and_then(|index| usize::try_from(index).ok());
                    at.and_then(|at| kinds.get(at)).is_some_and(|kind| kind.admits(rest, part))
                }
                None => first == "*" && kinds.iter().all(|kind| kind.admits(rest, part)),
            },
            Self::Object(kinds) if first == "*" => kinds.values().all(|kind| kind.admits(rest, part)),
            Self::Object(kinds) => kinds.get(first).is_some_and(|kind| kind.admits(rest, part)),
            Self::Over(..) | Self::Literal(..) => false,
        }
    }

    /// Whether a path may go on behind a value of this type.
    pub(crate) fn has_parts(&self) -> bool {
        match self {
            Self::Any | Self::Array(..) | Self::Set(..) | Self::Object(_) | Self::Tuple(_) => true,
            Self::Plain(name) => name == "object",
            Self::Union(parts) => {
                let absent = |part: &Self| matches!(part, Self::Plain(name) if name == "none" || name == "null");
                parts.iter().any(Self::has_parts) && parts.iter().all(|part| absent(part) || part.has_parts())
            }
            _ => false,
        }
    }
}

fn is_within(narrow: &str, wide: &str) -> bool {
    narrow == wide || (wide == "number" && matches!(narrow, "int" | "float" | "decimal"))
}

/// Whether a length lets through all that another one does. It is the only length that is taken, not the greatest.
pub(super) fn fits(other: Option<u64>, length: Option<u64>) -> bool {
    length.is_none() || other == length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn union(names: &[&str]) -> ValueType {
        ValueType::Union(names.iter().map(|name| ValueType::plain(name)).collect())
    }

    fn record(tables: &[&str]) -> ValueType {
        ValueType::Over("record", tables.iter().map(|&table| table.to_owned()).collect())
    }

    #[test]
    fn a_union_accepts_its_parts_and_not_the_other_way_round() {
        assert!(union(&["int", "string"]).accepts(&ValueType::plain("int")));
        assert!(!ValueType::plain("int").accepts(&union(&["int", "string"])));
        assert!(union(&["string", "int"]).accepts(&union(&["int", "string"])));
    }

    #[test]
    fn a_number_is_any_of_its_kinds_and_a_literal_is_of_its_type() {
        assert!(ValueType::plain("number").accepts(&ValueType::plain("decimal")));
        assert!(!ValueType::plain("int").accepts(&ValueType::plain("number")));
        assert!(ValueType::plain("string").accepts(&ValueType::Literal("string", "'a'".into())));
        assert!(ValueType::plain("number").accepts(&ValueType::Literal("int", "1".into())));
    }

    #[test]
    fn a_link_to_more_tables_is_wider_and_a_bare_link_is_widest() {
        assert!(record(&["a", "b"]).accepts(&record(&["a"])));
        assert!(record(&[]).accepts(&record(&["a"])));
        assert!(!record(&["a"]).accepts(&record(&[])));
    }

    #[test]
    fn an_array_is_wider_with_a_wider_part_or_without_a_length() {
        let array = |length| ValueType::Array(Box::new(ValueType::plain("int")), length);
        assert!(array(None).accepts(&array(Some(3))));
        assert!(array(Some(3)).accepts(&array(Some(3))));
        assert!(!array(Some(4)).accepts(&array(Some(3))), "three are not four");
        assert!(!array(Some(3)).accepts(&array(None)));
        assert!(ValueType::Array(Box::new(ValueType::Any), None).accepts(&array(None)));
    }

    #[test]
    fn a_part_is_admitted_where_the_whole_says_the_same() {
        let path = |parts: &[&str]| parts.iter().map(|&part| part.to_owned()).collect::<Vec<_>>();
        let int = ValueType::plain("int");
        let array = ValueType::Array(Box::new(int.clone()), Some(2));
        assert!(array.admits(&path(&["*"]), &int));
        assert!(array.admits(&path(&["[1]"]), &int));
        assert!(!array.admits(&path(&["[2]"]), &int));
        assert!(!array.admits(&path(&["*"]), &ValueType::plain("string")));
        assert!(!array.admits(&path(&["name"]), &int));
        assert!(ValueType::Union(vec![ValueType::plain("none"), array]).admits(&path(&["*"]), &int));
        assert!(ValueType::plain("object").admits(&path(&["a", "b"]), &int));
        assert!(!int.admits(&path(&["a"]), &int));
        assert!(ValueType::Object([("a".into(), int.clone())].into()).admits(&path(&["a"]), &int));
    }

    #[test]
    fn none_is_accepted_by_an_option_and_by_any_but_not_by_a_plain_type() {
        assert!(union(&["none", "string"]).accepts_none());
        assert!(ValueType::Any.accepts_none());
        assert!(!ValueType::plain("string").accepts_none());
    }
}
