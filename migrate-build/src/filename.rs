use migrate_core::{ParseVersionError, Version};

/// What the name of a file in the folder says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileName {
    /// `V3__add_bio.surql`
    Up(Slot),
    /// `V3__add_bio.down.surql`
    Down(Slot),
    /// `V3__rename_email.toml`: a phased migration.
    Phased(Slot),
    /// `migrations.toml`
    Manifest,
    /// `migrations.lock`
    Lockfile,
}

/// The version and the name that a migration's files share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) version: Version,
    pub(crate) name: String,
}

/// Why a file does not belong in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misnamed {
    /// A clause that goes on from the name.
    pub(crate) reason: String,
    /// What it was most likely meant to be called.
    pub(crate) suggestion: Option<String>,
}

pub(crate) const MANIFEST: &str = "migrations.toml";
pub(crate) const LOCKFILE: &str = "migrations.lock";
pub(crate) const README: &str = "README.md";

impl Slot {
    /// The name of the migration's file.
    pub(crate) fn up(&self) -> String {
        format!("V{}__{}.surql", self.version, self.name)
    }
}

impl FileName {
    /// Reads a file name.
    pub(crate) fn parse(file: &str) -> Result<Self, Misnamed> {
        let parsed = match file {
            MANIFEST => return Ok(Self::Manifest),
            LOCKFILE => return Ok(Self::Lockfile),
            _ => Self::parse_migration(file),
        };
        parsed.map_err(|reason| Misnamed { reason, suggestion: suggestion(file) })
    }

    fn parse_migration(file: &str) -> Result<Self, String> {
        let (stem, kind): (_, fn(Slot) -> Self) = if let Some(stem) = file.strip_suffix(".down.surql") {
            (stem, Self::Down)
        } else if let Some(stem) = file.strip_suffix(".surql") {
            (stem, Self::Up)
        } else if let Some(stem) = file.strip_suffix(".toml") {
            (stem, Self::Phased)
        } else if guess(file).is_some() {
            return Err("does not end in `.surql`".to_owned());
        } else {
            return Err("does not belong in a migrations folder".to_owned());
        };
        slot(stem).map(kind)
    }
}

fn slot(stem: &str) -> Result<Slot, String> {
    let Some(rest) = stem.strip_prefix('V') else {
        return Err("does not begin with a capital `V` and a version".to_owned());
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (version, rest) = rest.split_at(digits);
    let version = version.parse().map_err(|error: ParseVersionError| format!("is not possible: {error}"))?;
    let Some(name) = rest.strip_prefix("__") else {
        return Err("lacks the two underscores between the version and the name".to_owned());
    };
    check_name(name)?;
    Ok(Slot { version, name: name.to_owned() })
}

/// Says what is wrong with the name part of a file name, as a clause that goes on from the file.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("has no name behind its version".to_owned());
    }
    match name.chars().find(|&c| !is_plain(c)) {
        Some(c) => Err(format!("has `{}` in its name: only `a`-`z`, `0`-`9` and `_` may be", c.escape_debug())),
        None => Ok(()),
    }
}

/// The name that was most likely meant.
pub(crate) fn suggest_name(name: &str) -> Option<String> {
    let separators = ['_', '-', ' ', '.'];
    let name = snake_case(name.trim_matches(separators)).replace(separators, "_");
    check_name(&name).is_ok().then_some(name)
}

const fn is_plain(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '_')
}

fn suggestion(file: &str) -> Option<String> {
    let lower = file.to_ascii_lowercase();
    match lower.as_str() {
        "readme.md" | "readme" | "readme.txt" => Some(README.to_owned()),
        MANIFEST | "migration.toml" | "migrate.toml" => Some(MANIFEST.to_owned()),
        LOCKFILE | "migration.lock" | "migrate.lock" => Some(LOCKFILE.to_owned()),
        _ => guess(file).map(|(slot, suffix)| format!("V{}__{}{suffix}", slot.version, slot.name)),
    }
}

/// Lower case, with an underscore where a capital letter begins a word.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    let mut is_inside_word = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && is_inside_word {
            snake.push('_');
        }
        is_inside_word = c.is_ascii_lowercase();
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Reads a name as leniently as a person would.
pub(crate) fn guess(file: &str) -> Option<(Slot, &'static str)> {
    let (stem, extension) = file.split_once('.').unwrap_or((file, "surql"));
    let stem = snake_case(stem);
    let suffix = match extension.to_ascii_lowercase().as_str() {
        "surql" | "sql" | "surrealql" | "surreal" | "up.surql" | "up.sql" => ".surql",
        "down.surql" | "down.sql" | "surql.down" => ".down.surql",
        _ => return None,
    };
    let rest = stem.strip_prefix('v').unwrap_or(&stem);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (version, rest) = rest.split_at(digits);
    let version = version.trim_start_matches('0').parse().ok()?;
    let separators = ['_', '-', ' '];
    let name = rest.trim_matches(separators).replace(separators, "_");
    let is_name = !name.is_empty() && name.chars().all(is_plain);
    is_name.then_some((Slot { version, name }, suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot_of(version: u64, name: &str) -> Slot {
        Slot { version: Version::new(version).unwrap(), name: name.to_owned() }
    }

    #[test]
    fn reads_every_kind_of_file() {
        assert_eq!(FileName::parse("V3__add_bio.surql"), Ok(FileName::Up(slot_of(3, "add_bio"))));
        assert_eq!(FileName::parse("V12__2fa.down.surql"), Ok(FileName::Down(slot_of(12, "2fa"))));
        assert_eq!(FileName::parse("V3__rename.toml"), Ok(FileName::Phased(slot_of(3, "rename"))));
        assert_eq!(FileName::parse("migrations.toml"), Ok(FileName::Manifest));
        assert_eq!(FileName::parse("migrations.lock"), Ok(FileName::Lockfile));
        assert_eq!(slot_of(3, "add_bio").up(), "V3__add_bio.surql");
    }

    #[test]
    fn a_slip_is_told_with_the_name_that_was_meant() {
        let cases = [
            ("v1__x.surql", "V1__x.surql", "capital `V`"),
            ("V01__x.surql", "V1__x.surql", "leading zeros"),
            ("V1_x.surql", "V1__x.surql", "two underscores"),
            ("V1-x.surql", "V1__x.surql", "two underscores"),
            ("V1__X.surql", "V1__x.surql", "`X` in its name"),
            ("V1__addBioHTML.Surql", "V1__add_bio_html.surql", "end in `.surql`"),
            ("V1__add-bio.surql", "V1__add_bio.surql", "`-` in its name"),
            ("V1__add bio.surql", "V1__add_bio.surql", "` ` in its name"),
            ("V1__x.sql", "V1__x.surql", "end in `.surql`"),
            ("V1__x", "V1__x.surql", "end in `.surql`"),
            ("V1__x.SURQL", "V1__x.surql", "end in `.surql`"),
            ("V1__x.up.surql", "V1__x.surql", "`.` in its name"),
            ("V1__x.down.sql", "V1__x.down.surql", "end in `.surql`"),
            ("1__x.surql", "V1__x.surql", "capital `V`"),
            ("001_init.sql", "V1__init.surql", "end in `.surql`"),
            ("Migrations.toml", "migrations.toml", "capital `V`"),
            ("migration.lock", "migrations.lock", "does not belong"),
            ("readme.md", "README.md", "does not belong"),
        ];
        for (file, meant, reason) in cases {
            let misnamed = FileName::parse(file).unwrap_err();
            assert_eq!(misnamed.suggestion.as_deref(), Some(meant), "{file}");
            assert!(misnamed.reason.contains(reason), "{file} {}", misnamed.reason);
        }
    }

    #[test]
    fn what_cannot_be_guessed_is_refused_without_a_guess() {
        let files = ["", "V", "V__x.surql", "V0__x.surql", "V1__.surql", "V1.surql", "notes.txt", "V1__größe.surql"];
        let more = ["V99999999999999999999__x.surql", ".surql", "Vx__y.surql", "V1__x.surql~", "Cargo.toml", "x.surql"];
        for file in files.into_iter().chain(more) {
            let misnamed = FileName::parse(file).unwrap_err();
            assert_eq!(misnamed.suggestion, None, "{file}");
        }
    }

    #[test]
    fn a_suggestion_is_always_a_valid_name() {
        for file in ["v007__x.sql", "V1_x", "3 - add Bio.surql", "V2__A-b c.down.surql"] {
            let suggestion = FileName::parse(file).unwrap_err().suggestion.unwrap();
            assert!(FileName::parse(&suggestion).is_ok(), "{suggestion}");
        }
    }
}
