use std::collections::BTreeMap;

use super::ValueType;

/// A value, as far as the text of a statement tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    /// Only its run can tell.
    Unknown,
    None,
    /// A value of a type without parts, as text.
    Plain(&'static str, String),
    /// A link to a record of this table.
    Link(String),
    Array(Vec<Constant>),
    Object(BTreeMap<String, Constant>),
}

impl ValueType {
    /// Whether the database is certain to refuse a value in a place of this type.
    pub(crate) fn refuses(&self, value: &Constant) -> bool {
        match (self, value) {
            (Self::Any, _) | (_, Constant::Unknown) => false,
            (Self::Union(kinds), _) => kinds.iter().all(|kind| kind.refuses(value)),
            (Self::Plain(name), Constant::None) => name != "none",
            (Self::Plain(name), Constant::Plain(of, text)) => !takes(name, of, text),
            (Self::Plain(name), Constant::Link(_) | Constant::Array(_)) => is_simple(name) || name == "object",
            (Self::Plain(name), Constant::Object(_)) => is_simple(name),
            (Self::Over("record", tables), Constant::Link(table)) => !tables.is_empty() && !tables.contains(table),
            // A table may be given as a string, and a geometry as an object.
            (Self::Over(name, _), _) => *name == "record" || matches!(value, Constant::None),
            (Self::Array(inner, length), Constant::Array(values)) => {
                let is_other = length.is_some_and(|length| u64::try_from(values.len()) != Ok(length));
                is_other || values.iter().any(|value| inner.refuses(value))
            }
            // A set may lose some of what it is given, so that its length is not known.
            (Self::Set(inner, _), Constant::Array(values)) => values.iter().any(|value| inner.refuses(value)),
            (Self::Literal(name, literal), Constant::Plain(of, text)) => match *name {
                "string" | "bool" => of != name || text != literal,
                // Numbers that are equal are taken for each other, and durations may be written in several ways.
                "duration" => of != name,
                _ => !is_number(of),
            },
            (Self::Tuple(kinds), Constant::Array(values)) => {
                kinds.len() != values.len() || kinds.iter().zip(values).any(|(kind, value)| kind.refuses(value))
            }
            (Self::Object(kinds), Constant::Object(values)) => {
                let is_extra = values.keys().any(|key| !kinds.contains_key(key));
                let lacking = Constant::None;
                is_extra || kinds.iter().any(|(key, kind)| kind.refuses(values.get(key).unwrap_or(&lacking)))
            }
            (Self::Array(..) | Self::Set(..) | Self::Literal(..) | Self::Tuple(_) | Self::Object(_), _) => true,
        }
    }
}

fn is_number(name: &str) -> bool {
    matches!(name, "int" | "float" | "decimal")
}

/// Whether a plain type takes no value but those of its own name, and numbers among themselves.
fn is_simple(name: &str) -> bool {
    is_number(name)
        || matches!(name, "number" | "string" | "bool" | "datetime" | "duration" | "uuid" | "bytes" | "null" | "none")
}

/// Whether a plain type may take a value of another one.
fn takes(name: &str, of: &str, text: &str) -> bool {
    match name {
        "int" if is_number(of) => text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0),
        "float" | "decimal" | "number" => is_number(of),
        "object" => false,
        _ if is_simple(name) => name == of,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Constant {
        Constant::Plain("string", format!("'{text}'"))
    }

    fn int(text: &str) -> Constant {
        Constant::Plain("int", text.to_owned())
    }

    fn float(text: &str) -> Constant {
        Constant::Plain("float", text.to_owned())
    }

    #[test]
    fn a_plain_type_takes_its_own_values_and_numbers_each_other() {
        let int_type = ValueType::plain("int");
        assert!(int_type.refuses(&text("1")) && int_type.refuses(&float("1.5")) && int_type.refuses(&Constant::None));
        assert!(!int_type.refuses(&int("1")) && !int_type.refuses(&float("2.0")));
        assert!(!ValueType::plain("decimal").refuses(&float("1.5")));
        assert!(ValueType::plain("datetime").refuses(&text("2024-01-01")));
        assert!(ValueType::plain("string").refuses(&Constant::Link("a".into())));
        assert!(ValueType::plain("object").refuses(&Constant::Array(Vec::new())));
        assert!(!ValueType::plain("object").refuses(&Constant::Object(BTreeMap::new())));
    }

    #[test]
    fn what_only_the_run_can_tell_is_refused_by_nothing() {
        let array = ValueType::Array(Box::new(ValueType::plain("int")), None);
        assert!(!array.refuses(&Constant::Unknown));
        assert!(!array.refuses(&Constant::Array(vec![int("1"), Constant::Unknown])));
        assert!(array.refuses(&Constant::Array(vec![Constant::Unknown, text("a")])));
        assert!(!ValueType::plain("range").refuses(&text("a")), "of a rare type nothing is said");
    }

    #[test]
    fn a_link_leads_to_one_of_the_tables() {
        let record =
            |tables: &[&str]| ValueType::Over("record", tables.iter().map(|&table| table.to_owned()).collect());
        let link = Constant::Link("a".into());
        assert!(!record(&[]).refuses(&link) && !record(&["a", "b"]).refuses(&link) && record(&["b"]).refuses(&link));
        assert!(record(&[]).refuses(&text("a:1")), "a string is no link");
        assert!(!ValueType::Over("geometry", [].into()).refuses(&Constant::Object(BTreeMap::new())));
    }

    #[test]
    fn literal_types_take_what_they_say() {
        let one = ValueType::Literal("int", "1".into());
        assert!(!one.refuses(&float("1.0")) && one.refuses(&text("1")));
        let kind = ValueType::Union(vec![ValueType::Literal("string", "'a'".into()), ValueType::plain("none")]);
        assert!(!kind.refuses(&text("a")) && !kind.refuses(&Constant::None) && kind.refuses(&text("b")));
        let tuple = ValueType::Tuple(vec![ValueType::plain("int"), ValueType::plain("int")]);
        assert!(tuple.refuses(&Constant::Array(vec![int("1")])));
        let object = ValueType::Object([("a".to_owned(), ValueType::plain("int"))].into());
        assert!(object.refuses(&Constant::Object(BTreeMap::new())));
        assert!(!object.refuses(&Constant::Object([("a".to_owned(), Constant::Unknown)].into())));
        assert!(object.refuses(&Constant::Object([("a".to_owned(), int("1")), ("b".to_owned(), int("1"))].into())));
    }
}
