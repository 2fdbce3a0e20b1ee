//! What the unit tests of phased migrations share.

use std::fs;

use crate::{Folder, Loaded, Options, load};

/// A phased migration in which nothing is wrong, behind a table `a` with a field `c`.
pub(crate) const GOOD: &str = "[[step]]
id = \"widen\"
phase = \"start\"
sql = '''DEFINE FIELD b ON a TYPE option<int>'''
[[step]]
id = \"narrow\"
phase = \"complete\"
sql = '''DEFINE FIELD OVERWRITE b ON a TYPE int'''
";

/// What is said of a phased migration, but that it is not locked: each as `code line:column message`.
pub(crate) fn said(toml: &str) -> Vec<String> {
    let loaded = loaded(toml);
    let diagnostics = match &loaded {
        Ok(loaded) => &loaded.warnings,
        Err(error) => error.diagnostics(),
    };
    let said = diagnostics.iter().filter(|one| one.rule().code != "M509").map(|one| {
        let place = one.position().map(|position| format!("{}:{} ", position.line, position.column));
        format!("{} {}{}", one.rule().code, place.unwrap_or_default(), one.message())
    });
    said.collect()
}

/// A folder whose second migration is a phased one.
pub(crate) fn loaded(toml: &str) -> Result<Loaded, crate::LoadError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("V1__a.surql"), "DEFINE TABLE a; DEFINE FIELD c ON a TYPE option<int>;").unwrap();
    fs::write(dir.path().join("V2__b.toml"), toml).unwrap();
    load(&Folder::new(dir.path()), &Options::new("app"))
}
