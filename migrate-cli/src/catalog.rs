use serde_json::{Map, Value};

use crate::args::{Catalog, Global};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::{self, Format, Terminal};

/// Shows the schema after a version.
pub(crate) fn run(args: &Catalog, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let loaded = global.load()?;
    let at = args.at.as_ref().map(|revision| loaded.version_of(revision)).transpose()?;
    terminal.diagnostics(&loaded.warnings);
    let catalog = loaded.catalog_at(at);
    match terminal.format {
        Format::Table => {
            for (_, definition) in catalog.iter() {
                terminal::result(format_args!("{definition};"))?;
            }
        }
        Format::Json => {
            let entry = |(object, definition): (&migrate_core::Object, &str)| (object.to_string(), definition.into());
            let json: Map<String, Value> = catalog.iter().map(entry).collect();
            terminal::json(&Value::Object(json))?;
        }
    }
    Ok(Outcome::Done)
}
