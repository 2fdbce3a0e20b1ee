use core::{fmt, str::FromStr};
use std::borrow::Cow;

/// Anything that a `DEFINE` names: its kind, the table it stands on if any, and its name.
///
/// Names are bare, without the backticks that a statement may need around them. The text form, which is also the key
/// of a catalog in JSON, is `kind name` or `kind table.name`, with names quoted in backticks where they hold anything
/// else than letters, digits and underscores. The name of a field is its path as the database prints it (`tags.*`,
/// `address.city`), which is never quoted again.
///
/// ```
/// # use migrate_core::{Object, ObjectKind};
/// let field = Object::on("user", ObjectKind::Field, "tags.*");
/// assert_eq!(field.to_string(), "field user.tags.*");
/// assert_eq!("field user.tags.*".parse(), Ok(field));
/// assert_eq!(Object::new(ObjectKind::Table, "odd name").to_string(), "table `odd name`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    kind: ObjectKind,
    table: Option<Cow<'static, str>>,
    name: Cow<'static, str>,
}

/// The kind of an [`Object`], in the order in which definitions are created so that each finds what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the keyword of its DEFINE statement")]
pub enum ObjectKind {
    Config,
    Param,
    Module,
    Function,
    Analyzer,
    Sequence,
    Bucket,
    Model,
    Table,
    Field,
    Index,
    Event,
    Api,
    Access,
    User,
}

impl ObjectKind {
    /// Every kind, in order.
    pub const ALL: [Self; 15] = [
        Self::Config,
        Self::Param,
        Self::Module,
        Self::Function,
        Self::Analyzer,
        Self::Sequence,
        Self::Bucket,
        Self::Model,
        Self::Table,
        Self::Field,
        Self::Index,
        Self::Event,
        Self::Api,
        Self::Access,
        Self::User,
    ];

    /// The lowercase word for it, as in `DEFINE <keyword>`.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Param => "param",
            Self::Module => "module",
            Self::Function => "function",
            Self::Analyzer => "analyzer",
            Self::Sequence => "sequence",
            Self::Bucket => "bucket",
            Self::Model => "model",
            Self::Table => "table",
            Self::Field => "field",
            Self::Index => "index",
            Self::Event => "event",
            Self::Api => "api",
            Self::Access => "access",
            Self::User => "user",
        }
    }

    /// Whether objects of this kind stand on a table.
    pub const fn is_on_table(self) -> bool {
        matches!(self, Self::Field | Self::Index | Self::Event)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

impl Object {
    /// An object of the database itself.
    pub fn new(kind: ObjectKind, name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, table: None, name: name.into() }
    }

    /// An object that stands on a table.
    pub fn on(table: impl Into<Cow<'static, str>>, kind: ObjectKind, name: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, table: Some(table.into()), name: name.into() }
    }

    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(kind: ObjectKind, table: Option<&'static str>, name: &'static str) -> Self {
        let table = match table {
            Some(table) => Some(Cow::Borrowed(table)),
            None => None,
        };
        Self { kind, table, name: Cow::Borrowed(name) }
    }

    /// Its kind.
    pub const fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// The table it stands on, if any.
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// Its name, without quotes.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(table) = &self.table {
            write!(f, "{}.", Quoted(table))?;
        }
        match self.kind {
            // The database's own text of a path or a route: quoting it again would hide its structure.
            ObjectKind::Field | ObjectKind::Api | ObjectKind::Module => f.write_str(&self.name),
            _ => Quoted(&self.name).fmt(f),
        }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        write!(f, "`{}`", self.0.replace('\\', "\\\\").replace('`', "\\`"))
    }
}

/// Why a text is not an [`Object`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseObjectError;

impl fmt::Display for ParseObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object is written `kind name`, or `kind table.name` for a field, index or event")
    }
}

impl core::error::Error for ParseObjectError {}

impl FromStr for Object {
    type Err = ParseObjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (keyword, rest) = text.split_once(' ').ok_or(ParseObjectError)?;
        let kind = ObjectKind::ALL.into_iter().find(|kind| kind.keyword() == keyword);
        let kind = kind.ok_or(ParseObjectError)?;
        if !kind.is_on_table() {
            let verbatim = matches!(kind, ObjectKind::Api | ObjectKind::Module);
            let name = if verbatim { rest.to_owned() } else { unquote_all(rest)? };
            return Ok(Self::new(kind, name));
        }
        let (table, rest) = unquote(rest)?;
        let rest = rest.strip_prefix('.').ok_or(ParseObjectError)?;
        let name = if kind == ObjectKind::Field { rest.to_owned() } else { unquote_all(rest)? };
        Ok(Self::on(table, kind, name))
    }
}

fn unquote_all(text: &str) -> Result<String, ParseObjectError> {
    match unquote(text)? {
        (name, "") => Ok(name),
        _ => Err(ParseObjectError),
    }
}

/// Reads one name, quoted or plain, and returns what follows it.
fn unquote(text: &str) -> Result<(String, &str), ParseObjectError> {
    let Some(quoted) = text.strip_prefix('`') else {
        let end = text.find(['.', ' ']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return if name.is_empty() { Err(ParseObjectError) } else { Ok((name.to_owned(), rest)) };
    };
    let mut name = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '`' => return Ok((name, &quoted[at + 1..])),
            '\\' => name.push(chars.next().ok_or(ParseObjectError)?.1),
            c => name.push(c),
        }
    }
    Err(ParseObjectError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_reads_back_from_its_text() {
        let names = ["user", "odd name", "a.b", "back`tick", "back\\slash", "ünï", "123"];
        for kind in ObjectKind::ALL {
            for name in names {
                let object = if kind.is_on_table() { Object::on("t`.x", kind, name) } else { Object::new(kind, name) };
                assert_eq!(object.to_string().parse(), Ok(object.clone()), "{object}");
            }
        }
    }

    #[test]
    fn refuses_a_text_that_names_no_object() {
        for text in ["", "table", "table ", "tabel user", "field name", "table `user", "table a b"] {
            assert_eq!(text.parse::<Object>(), Err(ParseObjectError), "{text:?}");
        }
    }
}
