use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use crate::args::Global;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::replace::create;
use crate::template;
use crate::terminal::{self, Format, Terminal};

/// Begins a migrations folder. What is there stays as it is.
pub(crate) fn run(global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let dir = global.dir()?;
    let mut begun = Begun::default();
    fs::create_dir_all(dir).map_err(|source| Failure::Write { path: dir.to_owned(), source })?;
    begun.file(dir.join("migrations.toml"), &template::text("folder/migrations.toml", &[]))?;
    match first_migration(dir)? {
        Some(path) => begun.kept.push(path),
        None => begun.file(dir.join("V1__schema.surql"), &template::text("folder/V1__schema.surql", &[]))?,
    }
    let (root, relative) = place(dir);
    let folder = [("MIGRATIONS", relative.as_str()), ("VERSION", env!("CARGO_PKG_VERSION"))];
    let script = template::text("build.rs", &folder);
    if is_crate(&root) && !root.join("build.rs").exists() {
        begun.file(root.join("build.rs"), &script)?;
    } else {
        begun.kept.extend(root.join("build.rs").exists().then(|| root.join("build.rs")));
        let is_done = fs::read_to_string(root.join("build.rs")).is_ok_and(|text| text.contains("migrate_build"));
        if !is_done {
            begun.lines.push(("build.rs", script));
        }
    }
    begun.lines.push(("Cargo.toml", template::text("Cargo.toml.lines", &folder)));
    begun.lines.push(("src/main.rs", template::text("main.rs.lines", &folder)));
    begun.tell(terminal)?;
    Ok(Outcome::Done)
}

/// What was done, and what is left to a person.
#[derive(Default)]
struct Begun {
    created: Vec<PathBuf>,
    kept: Vec<PathBuf>,
    /// A file, and the lines that it needs.
    lines: Vec<(&'static str, String)>,
}

impl Begun {
    fn file(&mut self, path: PathBuf, text: &str) -> Result<(), Failure> {
        match create(&path, text) {
            Ok(()) => self.created.push(path),
            Err(Failure::Exists(path)) => self.kept.push(path),
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    fn tell(&self, terminal: Terminal) -> Result<(), Failure> {
        let names = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        if terminal.format == Format::Json {
            let lines: Map<_, _> = self.lines.iter().map(|(file, lines)| ((*file).to_owned(), json!(lines))).collect();
            return terminal::json(&json!({
                "created": names(&self.created),
                "kept": names(&self.kept),
                "lines": lines,
            }));
        }
        for path in names(&self.created) {
            terminal.note(format_args!("created {path}"))?;
        }
        for path in names(&self.kept) {
            terminal.note(format_args!("kept    {path}, which was there"))?;
        }
        for (file, lines) in &self.lines {
            terminal.note(format_args!("\n{file} needs:\n"))?;
            for line in lines.lines() {
                terminal.note(if line.is_empty() { String::new() } else { format!("    {line}") })?;
            }
        }
        Ok(())
    }
}

/// A migration that is there already.
fn first_migration(dir: &Path) -> Result<Option<PathBuf>, Failure> {
    let failure = |source| Failure::Read { path: dir.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failure)? {
        let path = entry.map_err(failure)?.path();
        let is_migration = path.extension().is_some_and(|extension| extension == "surql");
        let is_phased = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"V"));
        found.extend((is_migration || is_phased).then_some(path));
    }
    found.sort();
    Ok(found.into_iter().next())
}

/// Whether a folder is that of a crate, and not of a workspace alone.
fn is_crate(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.parse::<toml::Table>().is_ok_and(|manifest| manifest.contains_key("package"))
}

/// The folder of the crate that a folder is in, and the folder as seen from there.
fn place(dir: &Path) -> (PathBuf, String) {
    let whole = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let root = whole.ancestors().skip(1).find(|ancestor| is_crate(ancestor));
    let here = std::env::current_dir().ok().and_then(|here| fs::canonicalize(here).ok()).unwrap_or_default();
    let relative = |root: &Path| {
        let path = whole.strip_prefix(root).unwrap_or(&whole).to_string_lossy().into_owned();
        if std::path::MAIN_SEPARATOR == '/' { path } else { path.replace('\\', "/") }
    };
    match root {
        // Told as a person would: from where one is.
        Some(root) => (root.strip_prefix(&here).unwrap_or(root).to_owned(), relative(root)),
        None => (PathBuf::new(), dir.to_string_lossy().into_owned()),
    }
}
