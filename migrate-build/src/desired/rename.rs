use std::fmt;
use std::str::FromStr;

use migrate_core::{Object, ObjectKind};

use super::link::{Link, renamed, value};
use crate::analysis::Schema;
use crate::definition::{Definition, Field, Required, TableType};
use crate::surql;

/// That what has a new name is the same as what had the old one, so that its rows or values are taken along.
///
/// ```
/// # use migrate_build::Rename;
/// assert_eq!("user.mail=user.email".parse::<Rename>()?.to_string(), "user.mail=user.email");
/// assert_eq!("user.mail=email".parse::<Rename>()?.to_string(), "user.mail=user.email");
/// assert!("user.mail=post.email".parse::<Rename>().is_err());
/// # Ok::<(), migrate_build::ParseRenameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    pub(super) of: Renamed,
    pub(super) old: String,
    pub(super) new: String,
}

/// What it is that has a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Renamed {
    Table,
    /// A field of this table.
    Field(String),
}

/// Why a text is not a [`Rename`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write `old=new` for a table or `table.old=table.new` for a field of one: plain names, and nothing inside of a field"
)]
#[non_exhaustive]
pub struct ParseRenameError;

impl FromStr for Rename {
    type Err = ParseRenameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !name.is_empty() && name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit())
        };
        let (old, new) = text.split_once('=').ok_or(ParseRenameError)?;
        let (of, old, new) = match (old.split_once('.'), new.split_once('.')) {
            (None, None) => (Renamed::Table, old, new),
            (Some((table, old)), None) => (Renamed::Field(table.to_owned()), old, new),
            (Some((table, old)), Some((same, new))) if table == same => (Renamed::Field(table.to_owned()), old, new),
            _ => return Err(ParseRenameError),
        };
        let is_on_name = !matches!(&of, Renamed::Field(table) if !is_name(table));
        if !is_on_name || !is_name(old) || !is_name(new) || old == new {
            return Err(ParseRenameError);
        }
        Ok(Self { of, old: old.to_owned(), new: new.to_owned() })
    }
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, old, new } = self;
        match of {
            Renamed::Table => write!(f, "{old}={new}"),
            Renamed::Field(table) => write!(f, "{table}.{old}={table}.{new}"),
        }
    }
}

impl Rename {
    pub(super) fn before(&self) -> Object {
        self.object(&self.old)
    }

    pub(super) fn after(&self) -> Object {
        self.object(&self.new)
    }

    fn object(&self, name: &str) -> Object {
        match &self.of {
            Renamed::Table => Object::new(ObjectKind::Table, name.to_owned()),
            Renamed::Field(table) => Object::on(table.clone(), ObjectKind::Field, name.to_owned()),
        }
    }

    /// Whether it speaks of an object: the renamed one, or what stands on or in it.
    pub(super) fn covers(&self, object: &Object) -> bool {
        [self.before(), self.after()].iter().any(|end| match &self.of {
            Renamed::Table => object == end || object.table() == Some(end.name()),
            Renamed::Field(_) => {
                let rest = object.name().strip_prefix(end.name());
                object == end
                    || (object.table() == end.table() && rest.is_some_and(|rest| rest.starts_with(['.', '['])))
            }
        })
    }

    /// Why it cannot be, as a clause that goes on from the rename.
    pub(super) fn obstacle(&self, from: &Schema, to: &Schema, renames: &[Self]) -> Option<String> {
        let (old, new) = (self.before(), self.after());
        let readonly = |schema: &Schema| {
            let field = schema.get(&new).and_then(|entry| entry.definition.shape.field());
            field.is_some_and(|field| field.readonly)
        };
        match () {
            () if from.get(&old).is_none() => Some(format!("there is no {old} before")),
            () if to.get(&old).is_some() => Some(format!("{old} is in the desired schema as well")),
            () if from.get(&new).is_some() => Some(format!("there is a {new} already")),
            () if to.get(&new).is_none() => Some(format!("there is no {new} in the desired schema")),
            () if self.of != Renamed::Table && readonly(to) => {
                Some(format!("{new} is `READONLY`, so that no row can be given a value: write this migration by hand"))
            }
            () => match &self.of {
                Renamed::Table => self.unfit_table(from, to, renames),
                Renamed::Field(_) => self.copy(from, &[]).and_then(|_| unfit(from, &old, to, &new, renames)),
            },
        }
    }

    /// Why the rows of a table would not all fit the new one.
    fn unfit_table(&self, from: &Schema, to: &Schema, renames: &[Self]) -> Option<String> {
        let (old, new) = (&self.old, &self.new);
        let table = |schema: &Schema, object: &Object| {
            schema.get(object).and_then(|entry| entry.definition.shape.table()).cloned()
        };
        let (before, after) = (table(from, &self.before())?, table(to, &self.after())?);
        self.copy(from, &[])?;
        if matches!(before.kind, TableType::Relation(_)) != matches!(after.kind, TableType::Relation(_)) {
            return Some(format!("one of {old} and {new} is a relation and the other is none"));
        }
        if after.view.is_some() || after.drops {
            return Some(format!("{new} keeps no rows"));
        }
        if after.schemafull && !before.schemafull {
            return Some(format!(
                "{old} is `SCHEMALESS` and {new} is `SCHEMAFULL`, which takes no row with a field that it does not define: \
                 rename the table first, and change it in a migration of its own"
            ));
        }
        let on = |table: &str, field: &str| Object::on(table.to_owned(), ObjectKind::Field, field.to_owned());
        let is_part = |field: &Field| field.path.iter().any(|part| part == "*" || part.starts_with('['));
        for (object, field) in from.fields(old).filter(|(_, field)| field.computed.is_none() && !is_part(field)) {
            let there = on(new, object.name());
            if to.get(&there).is_some() {
                if let Some(why) = unfit(from, object, to, &there, renames) {
                    return Some(why);
                }
            } else if after.schemafull && !is_open_around(to, new, field) {
                return Some(format!(
                    "{object} has no place in {new}, which is `SCHEMAFULL`: define {there}, or remove the field in a \
                     migration of its own first"
                ));
            }
        }
        let lacks = |(there, field): &(&Object, &Field)| {
            !is_part(field) && field.required() == Required::OfAllRows && from.get(&on(old, there.name())).is_none()
        };
        let (there, _) = to.fields(new).find(lacks)?;
        Some(format!("{there} is required, and no row of {old} has it: make it optional, or give it a `DEFAULT`"))
    }

    /// The statement that takes the values or rows along, with what they link to under its new name; none where nothing is
    /// stored.
    pub(super) fn copy(&self, from: &Schema, links: &[Link<'_>]) -> Option<String> {
        let definition = &from.get(&self.before())?.definition;
        let (old, new) = (surql::quoted(&self.old), surql::quoted(&self.new));
        match &self.of {
            Renamed::Field(table) => {
                let is_stored = definition.shape.field().is_some_and(|field| field.computed.is_none());
                let table = surql::quoted(table);
                is_stored.then(|| format!("UPDATE {table} SET {new} = {old} WHERE {old} != NONE"))
            }
            Renamed::Table => {
                let table = definition.shape.table()?;
                let into =
                    if matches!(table.kind, TableType::Relation(_)) { "INSERT RELATION INTO" } else { "INSERT INTO" };
                let name = &self.new;
                let key = format!("type::record('{name}', record::id(id)) AS id");
                let linked = linked(links, &self.old).map(|(path, value)| format!("{value} AS {path}"));
                let columns: Vec<_> = std::iter::once(key).chain(linked).collect();
                let rows = format!("SELECT *, {} FROM {old}", columns.join(", "));
                (table.view.is_none() && !table.drops).then(|| format!("{into} {new} ({rows}) RETURN NONE"))
            }
        }
    }

    /// The same for a field's values, as a step that does it in batches; none where that cannot be said.
    pub(super) fn backfill(&self) -> Option<String> {
        let Renamed::Field(table) = &self.of else { return None };
        let (old, new) = (surql::quoted(&self.old), surql::quoted(&self.new));
        let condition = format!("{new} IS NONE AND {old} IS NOT NONE");
        Some(format!("backfill = {{ table = \"{table}\", where = '{condition}', set = '{new} = {old}' }}"))
    }

    /// The statement that clears what stays in the rows when a field is removed.
    pub(super) fn clear(&self, from: &Schema) -> Option<String> {
        let Renamed::Field(table) = &self.of else { return None };
        let (table, old) = (surql::quoted(table), surql::quoted(&self.old));
        self.copy(from, &[]).map(|_| format!("UPDATE {table} UNSET {old} WHERE {old} != NONE"))
    }
}

/// The link fields of one table, each by its path with its new value.
fn linked<'a>(links: &'a [Link<'_>], table: &'a str) -> impl Iterator<Item = (&'a str, String)> {
    let of_table = move || links.iter().filter(move |link| link.field.table() == Some(table));
    let is_first = move |link: &&Link<'_>| {
        of_table().find(|one| one.field == link.field).is_some_and(|one| std::ptr::eq(one, *link))
    };
    of_table().filter(is_first).map(move |link| {
        let all: Vec<_> = of_table().filter(|one| one.field == link.field).collect();
        (link.path(), value(&all))
    })
}

/// Why the values of one field would not all be values of the other.
fn unfit(from: &Schema, old: &Object, to: &Schema, new: &Object, renames: &[Rename]) -> Option<String> {
    let before = from.get(old)?.definition.shape.field()?;
    let after = to.get(new)?.definition.shape.field()?;
    let (was, is) = (&before.value_type, &after.value_type);
    let fits = after.computed.is_some() || is.accepts(&renamed(was, renames));
    (!fits).then(|| {
        format!(
            "{old} is `{was}`, which does not fit `{is}`, the type of {new}: change the type in a migration of its own"
        )
    })
}

/// Whether what lies around a field takes any key.
fn is_open_around(schema: &Schema, table: &str, field: &Field) -> bool {
    let around = schema.fields(table).map(|(_, field)| field);
    let around = around.filter(|one| one.path.len() < field.path.len() && field.path.starts_with(&one.path));
    around
        .max_by_key(|one| one.path.len())
        .is_some_and(|one| one.flexible || one.value_type == crate::definition::ValueType::Any)
}

/// What looks like a rename between two schemas, and was not said to be one.
pub(super) fn likely(from: &Schema, to: &Schema, known: &[Rename]) -> Vec<Rename> {
    let is_known = |object: &Object| known.iter().any(|rename| rename.before() == *object || rename.after() == *object);
    let only = |one: &Schema, other: &Schema| -> Vec<Definition> {
        let kinds = [ObjectKind::Table, ObjectKind::Field].into_iter();
        let objects = kinds.flat_map(|kind| one.of_kind(kind));
        let gone = objects.filter(|(object, _)| other.get(object).is_none() && !is_known(object));
        gone.map(|(_, entry)| (*entry.definition).clone()).collect()
    };
    let (removed, mut added) = (only(from, to), only(to, from));
    let mut renames = Vec::new();
    for old in removed {
        let alike = added.iter().position(|new| is_alike((&old, from), (new, to)));
        let Some(new) = alike.map(|at| added.remove(at)) else { continue };
        let of = match old.object.table() {
            Some(table) => Renamed::Field(table.to_owned()),
            None => Renamed::Table,
        };
        let name = |definition: &Definition| definition.object.name().to_owned();
        renames.push(Rename { of, old: name(&old), new: name(&new) });
    }
    renames
}

/// Whether the one could be the other under a new name: a field of the same table and type, or a table of the same fields.
fn is_alike((old, from): (&Definition, &Schema), (new, to): (&Definition, &Schema)) -> bool {
    match (old.shape.field(), new.shape.field()) {
        (Some(one), Some(other)) => {
            // What is inside of a field comes and goes with it.
            let is_whole = |field: &Field| field.path.len() == 1;
            old.object.table() == new.object.table()
                && (is_whole(one) && is_whole(other))
                && one.value_type == other.value_type
        }
        (None, None) => {
            let kind = |definition: &Definition| {
                definition.shape.table().map(|table| (table.kind.clone(), table.view.clone()))
            };
            fields(from, old.object.name()) == fields(to, new.object.name()) && kind(old) == kind(new)
        }
        _ => false,
    }
}

fn fields(schema: &Schema, table: &str) -> Vec<(String, String)> {
    let field = |(object, field): (&Object, &Field)| (object.name().to_owned(), field.value_type.to_string());
    schema.fields(table).map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rename_is_refused() {
        for text in
            ["", "a", "a=", "=a", "a=a", "a.b=c.d", "a=b.c", "a.b=a.b", "a.b.c=a.b.d", "a b=c", "1a=b", "a.b=a.é"]
        {
            assert_eq!(text.parse::<Rename>(), Err(ParseRenameError), "{text}");
        }
    }

    #[test]
    fn it_speaks_of_what_is_inside_as_well() {
        let rename: Rename = "user.mail=email".parse().unwrap();
        let field = |name: &'static str| Object::on("user", ObjectKind::Field, name);
        assert!(
            rename.covers(&field("mail")) && rename.covers(&field("email.host")) && rename.covers(&field("mail[0]"))
        );
        assert!(!rename.covers(&field("mailbox")) && !rename.covers(&Object::on("post", ObjectKind::Field, "mail")));
        let rename: Rename = "user=person".parse().unwrap();
        assert!(rename.covers(&field("name")) && rename.covers(&Object::new(ObjectKind::Table, "person")));
    }
}
