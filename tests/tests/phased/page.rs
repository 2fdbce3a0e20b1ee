//! The patterns as `docs/phased.md` shows them.

use std::fs;
use std::path::Path;

use migrate_build::{Folder, Options, load};
use migrate_runtime::Migrations;
use migrate_tests::module;

/// One section of the page: the migration of before, and the phased one.
#[derive(Clone, Debug)]
pub(super) struct Section {
    before: String,
    manifest: String,
}

impl Section {
    /// Reads the section with this heading. Its backfills have batches of four rows, so that a few rows are several batches.
    pub(super) fn read(heading: &str) -> Self {
        let page = page();
        let start = format!("\n### {heading}\n");
        let (_, section) = page.split_once(&start).unwrap_or_else(|| panic!("docs/phased.md has no `{heading}`"));
        let section = section.split("\n### ").next().unwrap_or_default();
        let block = |language: &str| {
            let (_, block) = section.split_once(&format!("```{language}\n")).expect("a block of it");
            block.split_once("```").expect("its end").0.to_owned()
        };
        Self { before: block("sql"), manifest: block("toml").replace("batch = 1000", "batch = 4") }
    }

    /// What the binary of before carries.
    pub(super) fn without_pattern(&self) -> &'static Migrations {
        module("app", &[("V1__before.surql", &self.before)])
    }

    /// What the new binary carries.
    pub(super) fn with_pattern(&self) -> &'static Migrations {
        module("app", &[("V1__before.surql", &self.before), ("V2__pattern.toml", &self.manifest)])
    }

    /// What a build says of it, but that it is not locked.
    pub(super) fn warnings(&self) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("V1__before.surql"), &self.before).unwrap();
        fs::write(folder.path().join("V2__pattern.toml"), &self.manifest).unwrap();
        let loaded = load(&Folder::new(folder.path()), &Options::new("app")).unwrap_or_else(|error| panic!("{error}"));
        let warnings = loaded.warnings.iter().filter(|one| one.rule().code != "M509");
        warnings.map(|one| format!("{} {}", one.rule().code, one.message())).collect()
    }
}

/// The headings of all patterns.
pub(super) fn headings() -> Vec<String> {
    let page = page();
    let (_, patterns) = page.split_once("\n## Patterns\n").expect("the patterns");
    patterns.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect()
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/phased.md");
    fs::read_to_string(path).expect("docs/phased.md")
}
