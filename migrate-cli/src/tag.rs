use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use migrate_build::{Loaded, Revision};
use migrate_core::Version;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::failure::Failure;
use crate::replace::replace;

/// A tag that can be given to a version of this folder.
pub(crate) fn new_tag(revision: &Revision, loaded: &Loaded) -> Result<String, Failure> {
    match revision {
        Revision::Version(version) => {
            Err(Failure::Usage(format!("`{version}` reads like a version: a tag is a name, as `release-{version}`")))
        }
        Revision::Tag(tag) => match loaded.tags.get(tag) {
            Some(version) => Err(Failure::Usage(format!("the tag `{tag}` is V{version}'s already"))),
            None => Ok(tag.clone()),
        },
    }
}

/// Writes a tag into the `migrations.toml` of a folder, and leaves all else in it as it is, comments included.
pub(crate) fn write(folder: &Path, tag: &str, version: Version) -> Result<(), Failure> {
    let path = folder.join("migrations.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(source) => return Err(Failure::Read { path, source }),
    };
    let text = with_tag(&text, tag, version).map_err(|why| Failure::Tag { path: path.clone(), why })?;
    replace(&path, &text)
}

fn with_tag(text: &str, tag: &str, version: Version) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    if !document.contains_key("tags") {
        let mut table = Table::new();
        // Comments at the end of the file belong to what is above them.
        let end = document.trailing().as_str().unwrap_or_default();
        let blank = if text.is_empty() { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{end}{blank}"));
        document.set_trailing("");
        document.insert("tags", Item::Table(table));
    }
    let tags = &mut document["tags"];
    let tags = tags.as_table_like_mut().ok_or("`tags` is no table")?;
    // A database integer holds every version.
    let number = i64::try_from(version.get()).map_err(|error| error.to_string())?;
    tags.insert(tag, value(number));
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_stays_as_it_is() {
        let version = Version::new(3).unwrap();
        assert_eq!(with_tag("", "v1.2", version).unwrap(), "[tags]\n\"v1.2\" = 3\n");
        let text = "# ours\nmodule = \"app\" # yes\n\n[tags] # names\nfirst = 1\n\n[rules]\nM424 = \"allow\"\n";
        let expected = text.replace("first = 1\n", "first = 1\nlaunch = 3\n");
        assert_eq!(with_tag(text, "launch", version).unwrap(), expected);
        assert_eq!(with_tag("tags = { a = 1 }\n", "b", version).unwrap(), "tags = { a = 1 , b = 3 }\n");
        let text = "module = \"app\"\n\n# [rules]\n# M424 = \"error\"\n";
        assert_eq!(with_tag(text, "b", version).unwrap(), format!("{text}\n[tags]\nb = 3\n"));
        assert!(with_tag("tags = 1", "b", version).is_err() && with_tag("[", "b", version).is_err());
    }
}
