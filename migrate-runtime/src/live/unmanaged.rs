use migrate_core::{Catalog, Migrations, Object, ObjectKind};

/// Which objects of a database are none of the migrations' business: patterns over their names.
///
/// In a pattern `*` stands for any characters and `?` for one. A pattern is held against the name of a table, and then
/// means all that stands on it too, or against the name of any other object of the database. A kind before it, as in
/// `field user.legacy_*` or `function legacy::*`, confines it to objects of that kind, which are named as
/// [`Object`] names them.
///
/// ```
/// # use migrate_runtime::{Object, ObjectKind, Unmanaged};
/// let unmanaged = Unmanaged::matching(["audit_*", "field user.legacy_*"]);
/// assert!(unmanaged.contains(&Object::new(ObjectKind::Table, "audit_2024")));
/// assert!(unmanaged.contains(&Object::on("audit_2024", ObjectKind::Index, "by_day")));
/// assert!(unmanaged.contains(&Object::on("user", ObjectKind::Field, "legacy_id")));
/// assert!(!unmanaged.contains(&Object::new(ObjectKind::Table, "user")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmanaged(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    kind: Option<ObjectKind>,
    glob: Vec<char>,
}

impl Unmanaged {
    /// Everything is managed.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// What matches one of these patterns is not managed.
    pub fn matching(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(patterns.into_iter().map(|pattern| Pattern::new(pattern.as_ref())).collect())
    }

    /// Whether an object is unmanaged.
    pub fn contains(&self, object: &Object) -> bool {
        self.0.iter().any(|pattern| pattern.matches(object))
    }

    /// What modules declare in `migrations.toml`.
    pub(crate) fn declared(modules: &[&'static Migrations]) -> Self {
        Self::matching(modules.iter().flat_map(|module| module.unmanaged()))
    }

    /// What either of the two means is unmanaged.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// These tables, by their exact names, are unmanaged too.
    pub(crate) fn and_tables(mut self, names: &[&str]) -> Self {
        self.0.extend(names.iter().map(|name| Pattern { kind: None, glob: name.chars().collect() }));
        self
    }

    pub(crate) fn leave_out(&self, catalog: Catalog) -> Catalog {
        if self.0.is_empty() {
            return catalog;
        }
        let managed = catalog.iter().filter(|(object, _)| !self.contains(object));
        managed.map(|(object, definition)| (object.clone(), definition.to_owned())).collect()
    }
}

impl Pattern {
    fn new(text: &str) -> Self {
        let of_kind = text.split_once(' ').and_then(|(keyword, glob)| {
            let kind = ObjectKind::ALL.into_iter().find(|kind| kind.keyword() == keyword)?;
            Some((kind, glob))
        });
        let (kind, glob) = of_kind.map_or((None, text), |(kind, glob)| (Some(kind), glob));
        Self { kind, glob: glob.chars().collect() }
    }

    fn matches(&self, object: &Object) -> bool {
        let name = match (self.kind, object.table()) {
            (Some(kind), _) if kind != object.kind() => return false,
            (Some(_), Some(table)) => format!("{table}.{}", object.name()),
            (None, Some(table)) => table.to_owned(),
            (_, None) => object.name().to_owned(),
        };
        is_match(&self.glob, &name.chars().collect::<Vec<_>>())
    }
}

/// In time proportional to both lengths at worst: only the last star is ever gone back to.
fn is_match(glob: &[char], text: &[char]) -> bool {
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(&c) if c == '?' || c == text[seen] => (at, seen) = (at + 1, seen + 1),
            _ => match star {
                Some((before, taken)) => {
                    star = Some((before, taken + 1));
                    (at, seen) = (before + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    glob[at..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        is_match(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn stars_and_question_marks_stand_for_what_they_should() {
        for (pattern, text) in
            [("*", ""), ("a*", "a"), ("a*c", "abcabc"), ("?b*", "ab"), ("**x", "yx"), ("a*b*c", "aXbYbZc")]
        {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", ""), ("a*c", "abcab"), ("?", ""), ("a*b*c", "acb"), ("A", "a")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_kind_confines_a_pattern() {
        let of_functions = Unmanaged::matching(["function *"]);
        assert!(of_functions.contains(&Object::new(ObjectKind::Function, "fn::a")));
        assert!(!of_functions.contains(&Object::new(ObjectKind::Param, "a")));
        assert!(Unmanaged::matching(["odd name"]).contains(&Object::new(ObjectKind::Table, "odd name")));
    }
}
