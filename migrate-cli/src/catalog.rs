use std::io::{Write, stdout};

use migrate_build::{Locked, load};
use serde_json::{Map, Value};

use crate::args::{Catalog, Format};
use crate::failure::Failure;
use crate::terminal;

/// Shows the schema after a version.
pub(crate) fn run(args: &Catalog) -> Result<(), Failure> {
    let (folder, options) = args.folder.load_with(Locked::Warn);
    let loaded = load(&folder, &options)?;
    if let Some(version) = args.at
        && !loaded.migrations.iter().any(|migration| migration.version == version)
    {
        let last = loaded.migrations.last().map(|migration| migration.version);
        return Err(Failure::NoSuchVersion { version, last });
    }
    terminal::diagnostics(&loaded.warnings);
    let catalog = loaded.catalog_at(args.at);
    match args.format {
        Format::Table => {
            for (_, definition) in catalog.iter() {
                writeln!(stdout(), "{definition};")?;
            }
        }
        Format::Json => {
            let entry = |(object, definition): (&migrate_core::Object, &str)| (object.to_string(), definition.into());
            let json: Map<String, Value> = catalog.iter().map(entry).collect();
            writeln!(stdout(), "{:#}", Value::Object(json))?;
        }
    }
    Ok(())
}
