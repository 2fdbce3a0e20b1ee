use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs};

use migrate_build::{Embedding, Folder, Options, load};
use tempfile::TempDir;

/// A crate with nothing but a folder of migrations, and a program that embeds it.
pub(crate) struct Project {
    root: TempDir,
    target: PathBuf,
}

/// What building it cost.
pub(crate) struct Built {
    /// Bytes of migration text.
    pub(crate) text: u64,
    /// Bytes of migration text, canonical definitions and undo texts.
    pub(crate) embedded: u64,
    /// Of loading the folder and putting together what is embedded, as the build script does.
    pub(crate) analysis: Duration,
    /// Of finding that what was prepared is still of the folder's bytes, as the macro does.
    pub(crate) check: Duration,
    pub(crate) build_script: Duration,
    pub(crate) compilation: Duration,
    /// How often the build script ran in a build before which nothing was changed.
    pub(crate) unchanged_runs: usize,
    /// Bytes of the stripped program.
    pub(crate) program: u64,
}

const MAIN: &str = "\
static SCHEMA: migrate_runtime::Migrations = migrate_runtime::embed_migrations!();

fn main() {
    // Everything that is embedded is looked at, so that nothing of it is left out of the program.
    println!(\"{SCHEMA:?}\");
}
";

impl Project {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let root = tempfile::tempdir()?;
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let manifest = format!(
            "[package]\nname = \"embedding\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\nmigrate-runtime = {{ path = \"{}\", default-features = false, features = [\"macros\"] }}\n\n\
             [build-dependencies]\nmigrate-build = {{ path = \"{}\" }}\n\n\
             # As one would to see what is embedded rather than what helps debugging.\n\
             [profile.release]\nstrip = true\n",
            repository.join("migrate-runtime").display(),
            repository.join("migrate-build").display(),
        );
        fs::create_dir_all(root.path().join("src"))?;
        fs::write(root.path().join("Cargo.toml"), manifest)?;
        fs::copy(repository.join("Cargo.lock"), root.path().join("Cargo.lock"))?;
        fs::write(root.path().join("src/main.rs"), MAIN)?;
        let script = "fn main() {\n    migrate_build::Builder::new(\"migrations\").locked(migrate_build::Locked::Warn).run();\n}\n";
        fs::write(root.path().join("build.rs"), script)?;
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), PathBuf::from);
        Ok(Self { root, target: target.join("embedding-cost") })
    }

    /// Builds the program with this many migrations.
    pub(crate) fn build(&self, migrations: u32) -> Result<Built, Box<dyn Error>> {
        let folder = self.root.path().join("migrations");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for version in 1..=migrations {
            fs::write(folder.join(format!("V{version}__step.surql")), migration(version))?;
        }
        let loaded = load(&Folder::new(&folder), &Options::new("embedding"))?;
        let text: usize = loaded.migrations.iter().map(|migration| migration.source.text().len()).sum();
        let definitions: usize = loaded
            .migrations
            .iter()
            .flat_map(|migration| &migration.changes)
            .filter_map(|change| change.definition())
            .map(str::len)
            .sum();
        let undo: usize = loaded.migrations.iter().filter_map(|migration| migration.undo.text()).map(str::len).sum();

        let (of, options) = (Folder::new(&folder), Options::new("embedding"));
        let prepared = tempfile::tempdir()?;
        Embedding::of(&loaded)?.prepare(&of, &options, prepared.path())?;
        let analysis = median(|| Ok(Embedding::of(&load(&of, &options)?)?))?;
        let check = median(|| Ok(Embedding::find(&of, &options, Some(prepared.path()))?))?;
        let start = Instant::now();
        self.cargo()?;
        let whole = start.elapsed();
        let before = self.script_ran()?;
        self.cargo()?;
        let unchanged_runs = usize::from(self.script_ran()? != before);
        // Built again with nothing but the program's own source touched, the build script does not run.
        fs::write(self.root.path().join("src/main.rs"), format!("{MAIN}// {migrations}\n"))?;
        let start = Instant::now();
        self.cargo()?;
        let compilation = start.elapsed();
        let program = fs::metadata(self.target.join("release/embedding"))?.len();
        Ok(Built {
            text: text as u64,
            embedded: (text + definitions + undo) as u64,
            analysis,
            check,
            build_script: whole.saturating_sub(compilation),
            compilation,
            unchanged_runs,
            program,
        })
    }

    /// When the build script ran last: Cargo keeps what it printed.
    fn script_ran(&self) -> Result<SystemTime, Box<dyn Error>> {
        let mut last = SystemTime::UNIX_EPOCH;
        for entry in fs::read_dir(self.target.join("release/build"))? {
            let entry = entry?;
            let output = entry.path().join("output");
            if entry.file_name().to_string_lossy().starts_with("embedding-") && output.exists() {
                last = last.max(fs::metadata(output)?.modified()?);
            }
        }
        if last == SystemTime::UNIX_EPOCH { Err("the build script has left no output".into()) } else { Ok(last) }
    }

    fn cargo(&self) -> Result<(), Box<dyn Error>> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--quiet"]).current_dir(self.root.path());
        command.env("CARGO_TARGET_DIR", &self.target).env("MIGRATE_LOCKED", "0");
        let output = command.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(())
    }
}

/// The median of several times.
fn median<T>(mut run: impl FnMut() -> Result<T, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        std::hint::black_box(run()?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// A table with what tables have: a migration of everyday size.
fn migration(version: u32) -> String {
    let mut text = format!("DEFINE TABLE t{version} SCHEMAFULL;\n");
    for field in 1..=4 {
        // Writing into a string cannot fail.
        _ = writeln!(text, "DEFINE FIELD f{field} ON t{version} TYPE option<string>;");
    }
    _ = writeln!(text, "DEFINE INDEX by_f1 ON t{version} FIELDS f1;");
    text
}
