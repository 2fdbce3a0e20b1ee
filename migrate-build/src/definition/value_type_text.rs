use std::fmt::{self, Display, Formatter};

use super::ValueType;

/// As a person would write it.
impl Display for ValueType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Plain(name) => f.write_str(name),
            Self::Literal(_, text) => f.write_str(text),
            Self::Over(name, names) if names.is_empty() => f.write_str(name),
            Self::Over(name, names) => {
                write!(f, "{name}<")?;
                separated(f, names, " | ")?;
                f.write_str(">")
            }
            Self::Array(inner, length) => collection(f, "array", inner, *length),
            Self::Set(inner, length) => collection(f, "set", inner, *length),
            Self::Tuple(parts) => {
                f.write_str("[")?;
                separated(f, parts, ", ")?;
                f.write_str("]")
            }
            Self::Object(parts) => {
                f.write_str("{ ")?;
                separated(f, parts.iter().map(|(key, part)| format!("{key}: {part}")), ", ")?;
                f.write_str(" }")
            }
            Self::Union(parts) => separated(f, parts, " | "),
        }
    }
}

fn collection(f: &mut Formatter<'_>, name: &str, inner: &ValueType, length: Option<u64>) -> fmt::Result {
    match length {
        Some(length) => write!(f, "{name}<{inner}, {length}>"),
        None if *inner == ValueType::Any => f.write_str(name),
        None => write!(f, "{name}<{inner}>"),
    }
}

fn separated<T: Display>(f: &mut Formatter<'_>, parts: impl IntoIterator<Item = T>, separator: &str) -> fmt::Result {
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        part.fmt(f)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_reads_as_it_is_written() {
        let record = ValueType::Over("record", ["a".to_owned(), "b".to_owned()].into());
        let union = ValueType::Union(vec![ValueType::plain("none"), ValueType::Array(Box::new(record), None)]);
        assert_eq!(union.to_string(), "none | array<record<a | b>>");
        let object = ValueType::Object([("n".to_owned(), ValueType::Set(Box::new(ValueType::Any), Some(2)))].into());
        assert_eq!(ValueType::Tuple(vec![object]).to_string(), "[{ n: set<any, 2> }]");
    }
}
