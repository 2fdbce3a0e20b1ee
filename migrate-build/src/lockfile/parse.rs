use std::ops::Range;

use migrate_core::{Checksum, Version};
use serde::Deserialize;
use toml::Spanned;

use super::{Correction, Entry};
use crate::filename::FileName;
use crate::rules::{m501_malformed_lockfile, m502_lockfile_conflict, m508_locked_chain};
use crate::{Diagnostic, Source, hash};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    migration: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    version: Spanned<i64>,
    file: Spanned<String>,
    checksum: Spanned<String>,
    chain: Spanned<String>,
    #[serde(default)]
    corrected: Vec<CorrectionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectionRow {
    checksum: Spanned<String>,
    reason: String,
}

/// Reads a lockfile and checks that it does not contradict itself.
///
/// # Errors
///
/// The first thing that is wrong with it: what stands below would only repeat it.
pub(crate) fn parse(source: &Source) -> Result<Vec<Entry>, Diagnostic> {
    if let Some(mark) = conflict(source.text()) {
        return Err(m502_lockfile_conflict::diagnostic(source, mark));
    }
    let document: Document =
        toml::from_str(source.text()).map_err(|error| m501_malformed_lockfile::not_understood(source, &error))?;
    let mut entries: Vec<Entry> = Vec::with_capacity(document.migration.len());
    for row in document.migration {
        let row = row.into_inner();
        let entry = entry(source, &row)?;
        let last = entries.last();
        if last.is_some_and(|last| last.version >= entry.version) {
            let reason = format!("V{} does not come after the version before it", entry.version);
            return Err(m501_malformed_lockfile::invalid(source, row.version.span(), &reason));
        }
        let expected = hash::chain(last.map(|last| last.chain), entry.checksum);
        if entry.chain != expected {
            return Err(m508_locked_chain::diagnostic(source, row.chain.span(), entry.version));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(source: &Source, row: &Row) -> Result<Entry, Diagnostic> {
    let invalid = |range, reason: &str| m501_malformed_lockfile::invalid(source, range, reason);
    let version = u64::try_from(*row.version.get_ref()).ok().and_then(Version::new);
    let Some(version) = version else {
        return Err(invalid(row.version.span(), "a version is a positive number"));
    };
    match FileName::parse(row.file.get_ref()) {
        Ok(FileName::Up(slot) | FileName::Phased(slot)) if slot.version == version => {}
        Ok(FileName::Up(_) | FileName::Phased(_)) => {
            return Err(invalid(row.file.span(), "the file is of another version than its entry"));
        }
        _ => return Err(invalid(row.file.span(), "this is not the name of a migration")),
    }
    let checksum = |value: &Spanned<String>| {
        value.get_ref().parse::<Checksum>().map_err(|error| invalid(value.span(), &error.to_string()))
    };
    let (checksum, chain) = (checksum(&row.checksum)?, checksum(&row.chain)?);
    let correction = |row: &CorrectionRow| -> Result<_, Diagnostic> {
        let checksum = row.checksum.get_ref().parse::<Checksum>();
        let checksum = checksum.map_err(|error| invalid(row.checksum.span(), &error.to_string()))?;
        Ok(Correction { checksum, reason: row.reason.clone() })
    };
    let corrected = row.corrected.iter().map(correction).collect::<Result<_, _>>()?;
    Ok(Entry { version, file: row.file.get_ref().clone(), checksum, chain, corrected })
}

/// The first line that git left in the middle of a merge.
fn conflict(text: &str) -> Option<Range<usize>> {
    let marks = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
    let mut start = 0;
    for line in text.split('\n') {
        if marks.iter().any(|mark| line.starts_with(mark)) {
            return Some(start..start + line.len());
        }
        start += line.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::render;
    use super::*;

    fn lockfile(texts: &[&str]) -> Vec<Entry> {
        let mut chain = None;
        let entries = texts.iter().zip(1..).map(|(text, version)| {
            let checksum = hash::checksum(text);
            let link = hash::chain(chain, checksum);
            chain = Some(link);
            let version = Version::new(version).unwrap();
            Entry { version, file: format!("V{version}__x.surql"), checksum, chain: link, corrected: Vec::new() }
        });
        entries.collect()
    }

    fn refused(text: &str) -> (&'static str, u32) {
        let diagnostic = parse(&Source::new("migrations/migrations.lock", text)).unwrap_err();
        (diagnostic.rule().code, diagnostic.position().unwrap().line)
    }

    #[test]
    fn what_was_rendered_reads_back() {
        let mut entries = lockfile(&["a", "b", "c"]);
        let reason = "it said \"\\u\" and é".to_owned();
        let two = [1, 2].map(|byte| Correction { checksum: Checksum::from_bytes([byte; 32]), reason: reason.clone() });
        entries[1].corrected = two.to_vec();
        assert_eq!(parse(&Source::new("f", render(&entries))).unwrap(), entries);
        assert_eq!(parse(&Source::new("f", "# nothing locked yet\n")).unwrap(), []);
    }

    #[test]
    fn each_fault_is_told_with_its_line() {
        let good = render(&lockfile(&["a", "b"]));
        let checksum = hash::checksum("a").to_string();
        assert_eq!(refused(&good.replace("version = 2", "version = 1")), ("M501", 10));
        assert_eq!(refused(&good.replace("version = 1", "version = 0")), ("M501", 3));
        assert_eq!(refused(&good.replace("version = 1", "version = \"1\"")), ("M501", 3));
        assert_eq!(refused(&good.replace("file = \"V1", "file = \"V3")), ("M501", 4));
        assert_eq!(refused(&good.replace("V1__x.surql", "../x")), ("M501", 4));
        assert_eq!(refused(&good.replace(&checksum, "sha256:00")), ("M501", 5));
        assert_eq!(refused(&good.replace("file =", "files =")), ("M501", 4));
        assert_eq!(refused(&format!("{good}[")), ("M501", 13));
        assert_eq!(refused(&good.replace(&checksum, &hash::checksum("b").to_string())), ("M508", 6));
        assert_eq!(
            refused(&good.replace("[[migration]]\nversion = 2", "<<<<<<< HEAD\n[[migration]]\nversion = 2")).0,
            "M502"
        );
    }

    #[test]
    fn an_entry_taken_out_breaks_the_chain() {
        let mut entries = lockfile(&["a", "b", "c"]);
        entries.remove(1);
        assert_eq!(refused(&render(&entries)), ("M508", 12));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\[\\[migration\\]\\]|version = |file = |\"|[\n0-9é<=]){0,20}") {
            _ = parse(&Source::new("f", text));
        }
    }
}
