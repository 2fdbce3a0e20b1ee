use std::fs;
use std::path::PathBuf;

use clap::Args;
use migrate_core::Catalog;

use super::ended::Ended;
use super::error::CommandError;
use super::names;
use super::selection::Selection;
use super::session::Session;
use super::snapshot::{newest, stored};
use crate::context::Context;
use crate::{Database, SnapshotId, Unmanaged, compare};

/// Compares two schemas, wherever they come from. Nothing is written.
///
/// It ends with 3 where they differ in more than formatting.
#[derive(Clone, Debug, Args)]
#[command(after_help = SIDES)]
pub struct Compare {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// The earlier schema.
    #[arg(value_name = "BEFORE", value_parser = side)]
    before: Side,
    /// The later schema.
    #[arg(value_name = "AFTER", value_parser = side)]
    after: Side,
    /// Leaves out objects of live schemas that match: `audit_*`, `field user.legacy_*`.
    #[arg(long, value_name = "PATTERN")]
    unmanaged: Vec<String>,
}

const SIDES: &str = "\
A schema is one of
  live                       what the database has now
  live:NAMESPACE/DATABASE    what another one has
  newest                     the newest stored snapshot of the database
  snapshot:ID                a stored one, as `snapshot list` shows it
  file:PATH                  one that `snapshot export` wrote
  embedded                   what all migrations lead to
  MODULE@VERSION             what those of a module lead to; of several with commas

Examples:
  migrate compare embedded live --ns acme --db eu
  migrate compare app@6 app@7 --ns acme --db eu
  migrate compare file:eu.json live:acme/us

Exit codes: 0 no difference but of formatting, 1 a schema cannot be read, 2 usage,
3 they differ";

/// Where a schema comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Side {
    Live(Option<Context>),
    Newest,
    Snapshot(SnapshotId),
    File(PathBuf),
    Embedded,
    At(Vec<(String, String)>),
}

fn side(text: &str) -> Result<Side, String> {
    match (text, text.split_once(':')) {
        ("live", _) => Ok(Side::Live(None)),
        ("newest", _) => Ok(Side::Newest),
        ("embedded", _) => Ok(Side::Embedded),
        (_, Some(("live", context))) => Ok(Side::Live(Some(names::context(context)?))),
        (_, Some(("snapshot", id))) => id.parse().map(Side::Snapshot).map_err(|error| format!("{error}")),
        (_, Some(("file", path))) => Ok(Side::File(path.into())),
        _ => text.split(',').map(module_at).collect::<Result<_, _>>().map(Side::At),
    }
}

fn module_at(text: &str) -> Result<(String, String), String> {
    let (module, version) = text.rsplit_once('@').ok_or_else(|| {
        "it is live, live:NAMESPACE/DATABASE, newest, snapshot:ID, file:PATH, embedded or MODULE@VERSION".to_owned()
    })?;
    Ok((module.to_owned(), version.to_owned()))
}

impl Side {
    const fn is_of_selected(&self) -> bool {
        matches!(self, Self::Live(None) | Self::Newest | Self::Snapshot(_))
    }
}

impl Compare {
    pub(super) async fn run<D: Database>(self, mut session: Session<'_, D>) -> Result<Ended, CommandError> {
        let selected = if self.before.is_of_selected() || self.after.is_of_selected() {
            Some(session.select_one(self.selection).await?)
        } else {
            None
        };
        let unmanaged = Unmanaged::matching(&self.unmanaged);
        let before = schema(&session, self.before, selected.as_ref(), &unmanaged).await?;
        let after = schema(&session, self.after, selected.as_ref(), &unmanaged).await?;
        let comparison = compare(&before, &after);
        session.print(&comparison, || comparison.to_string())?;
        Ok(if comparison.is_same() { Ended::Done } else { Ended::Pending })
    }
}

async fn schema<D: Database>(
    session: &Session<'_, D>,
    side: Side,
    selected: Option<&Context>,
    unmanaged: &Unmanaged,
) -> Result<Catalog, CommandError> {
    let Session { migrator, database, .. } = session;
    let selected = || selected.ok_or(CommandError::NothingSelected);
    Ok(match side {
        Side::Live(named) => {
            let context = named.as_ref().map_or_else(selected, Ok)?;
            migrator.live_schema(*database, context, unmanaged).await?.into_catalog()
        }
        Side::Newest => newest(session, selected()?).await?.catalog().clone(),
        Side::Snapshot(id) => stored(session, selected()?, &id).await?.catalog().clone(),
        Side::File(path) => {
            let text = fs::read_to_string(&path).map_err(|source| CommandError::File { path: path.clone(), source })?;
            let read = crate::Snapshot::from_json(&text);
            read.map_err(|cause| CommandError::SnapshotFile { path, cause })?.catalog().clone()
        }
        Side::Embedded => migrator.embedded_schema(),
        Side::At(named) => {
            let version = |(module, named): (String, String)| {
                let version = session.version(&module, &named)?;
                Ok((module, version))
            };
            let versions = named.into_iter().map(version).collect::<Result<Vec<_>, CommandError>>()?;
            migrator.embedded_schema_at(versions).map_err(|error| CommandError::Usage(error.to_string()))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_told_by_its_first_word() {
        let context = Context::new("acme", "eu").unwrap();
        assert_eq!(side("live"), Ok(Side::Live(None)));
        assert_eq!(side("live:acme/eu"), Ok(Side::Live(Some(context))));
        assert_eq!(side("file:a@1.json"), Ok(Side::File("a@1.json".into())));
        let at = |module: &str, version: &str| (module.to_owned(), version.to_owned());
        assert_eq!(side("app@1,auth@launch"), Ok(Side::At(vec![at("app", "1"), at("auth", "launch")])));
        for text in ["", "acme/eu", "app@1,", "snapshot:a b", "live:acme"] {
            assert!(side(text).is_err(), "{text}");
        }
    }
}
