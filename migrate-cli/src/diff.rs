use std::fmt::Write as _;
use std::path::Path;

use migrate_build::{Loaded, Revision};
use migrate_core::{Catalog, Difference};
use serde_json::{Value, json};

use crate::args::{Diff, Global};
use crate::failure::Failure;
use crate::folder::load_dir;
use crate::outcome::Outcome;
use crate::terminal::{self, Color, Format, Terminal};

/// Shows how two schemas differ.
pub(crate) fn run(args: &Diff, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let before = Side::of(&args.before, global)?;
    let after = Side::of(&args.after, global)?;
    let differences = before.catalog.diff(&after.catalog);
    match terminal.format {
        Format::Json => terminal::json(&json!({
            "before": before.name,
            "after": after.name,
            "differences": differences.iter().map(object).collect::<Vec<_>>(),
        }))?,
        Format::Table if differences.is_empty() => {
            terminal.note(format_args!("{} and {} are the same schema", before.name, after.name))?;
        }
        Format::Table => terminal::result(unified(&before.name, &after.name, &differences, terminal).trim_end())?,
    }
    Ok(if args.exit_code && !differences.is_empty() { Outcome::Found } else { Outcome::Done })
}

/// One of the two schemas, and what a person calls it.
struct Side {
    name: String,
    catalog: Catalog,
}

impl Side {
    /// `0`, another folder, or a version or tag of this one.
    fn of(word: &str, global: &Global) -> Result<Self, Failure> {
        if word == "0" {
            return Ok(Self { name: "0".to_owned(), catalog: Catalog::new() });
        }
        let revision = word.parse::<Revision>();
        // A folder is named with a slash where a version or tag has the same name.
        if Path::new(word).is_dir() && !matches!(revision, Ok(Revision::Version(_))) {
            let loaded = load_dir(Path::new(word))?;
            return Ok(Self { name: word.to_owned(), catalog: loaded.catalog_at(None) });
        }
        let revision = revision.map_err(|error| Failure::Usage(format!("`{word}` is no folder, and {error}")))?;
        let loaded: Loaded = global.load()?;
        let version = loaded.version_of(&revision)?;
        Ok(Self { name: format!("V{version}"), catalog: loaded.catalog_at(Some(version)) })
    }
}

fn object(difference: &Difference) -> Value {
    let (word, before, after) = match difference {
        Difference::Added { definition, .. } => ("added", None, Some(definition)),
        Difference::Removed { definition, .. } => ("removed", Some(definition), None),
        Difference::Modified { before, after, .. } => ("changed", Some(before), Some(after)),
    };
    let mut object = json!({ "difference": word, "object": difference.object().to_string() });
    for (side, definition) in [("before", before), ("after", after)] {
        if let Some(definition) = definition {
            object[side] = json!(definition);
        }
    }
    object
}

/// The definitions as a person compares texts: what goes with a minus, what comes with a plus.
fn unified(before: &str, after: &str, differences: &[Difference], terminal: Terminal) -> String {
    let mut text = format!("--- {before}\n+++ {after}\n");
    for difference in differences {
        let (old, new) = match difference {
            Difference::Added { definition, .. } => (None, Some(definition)),
            Difference::Removed { definition, .. } => (Some(definition), None),
            Difference::Modified { before, after, .. } => (Some(before), Some(after)),
        };
        // Writing into a string cannot fail.
        _ = writeln!(text, "{}", terminal.colored(Color::Cyan, format_args!("@@ {}", difference.object())));
        for (sign, color, definition) in [('-', Color::Red, old), ('+', Color::Green, new)] {
            if let Some(definition) = definition {
                _ = writeln!(text, "{}", terminal.colored(color, format_args!("{sign}{definition};")));
            }
        }
    }
    text
}
