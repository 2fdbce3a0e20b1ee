//! Migrations that change hands between two modules after they were shipped.

use std::collections::BTreeMap;
use std::ops::Range;

use migrate_core::Version;
use serde::Deserialize;
use toml::Spanned;

use crate::lockfile::{Entry, Found};
use crate::module_name::is_module_name;
use crate::rules::m036_invalid_move;
use crate::{Diagnostics, Source};

/// That a migration changed hands, and what it is in the other module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handover {
    /// Which of the two this module is.
    pub hand: Hand,
    /// The other module.
    pub module: String,
    /// The version that the migration has, or had, there.
    pub version: Version,
}

/// A side of a [`Handover`], seen from the module that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hand {
    /// The migration came from the other module.
    From,
    /// It went to the other module.
    To,
}

/// An entry of `[moved]`.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) version: Version,
    pub(crate) handover: Handover,
    /// Where it is said.
    pub(crate) range: Range<usize>,
}

/// A migration of which only the place in the chain is left.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    pub(crate) entry: Entry,
    pub(crate) handover: Handover,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    version: Spanned<i64>,
}

/// Reads the table `[moved]` of a module's manifest.
pub(crate) fn moves(
    source: &Source,
    module: &str,
    rows: BTreeMap<Spanned<String>, Row>,
    diagnostics: &mut Diagnostics,
) -> Vec<Move> {
    let mut moves: Vec<Move> = Vec::new();
    for (version, row) in rows {
        let range = version.span();
        let Ok(number) = version.get_ref().parse() else {
            diagnostics.push(m036_invalid_move::entry(source, range, "this is not a version"));
            continue;
        };
        let (hand, other) = match (row.from, row.to) {
            (Some(other), None) => (Hand::From, other),
            (None, Some(other)) => (Hand::To, other),
            _ => {
                let both = "a migration is either moved from another module or to one";
                diagnostics.push(m036_invalid_move::entry(source, range, both));
                continue;
            }
        };
        let counterpart = u64::try_from(*row.version.get_ref()).ok().and_then(Version::new);
        let name = other.get_ref();
        let handover = match counterpart {
            _ if !is_module_name(name) => Err((other.span(), format!("`{name}` is not the name of a module"))),
            _ if name == module => Err((other.span(), format!("`{name}` is this module itself"))),
            None => Err((row.version.span(), "a version is a positive number".to_owned())),
            Some(version) => Ok(Handover { hand, module: name.clone(), version }),
        };
        match handover {
            Ok(handover) if moves.iter().any(|other| other.handover == handover) => {
                let message = format!("V{} of {} is named twice", handover.version, handover.module);
                diagnostics.push(m036_invalid_move::entry(source, range, &message));
            }
            Ok(handover) => moves.push(Move { version: number, handover, range }),
            Err((range, message)) => diagnostics.push(m036_invalid_move::entry(source, range, &message)),
        }
    }
    moves.sort_by_key(|one| one.version);
    moves
}

/// What is left of the migrations that were moved away: their entries in the lockfile. What cannot have been moved is
/// reported.
pub(crate) fn gone(
    source: &Source,
    moves: &[Move],
    found: &[Found],
    locked: &[Entry],
    diagnostics: &mut Diagnostics,
) -> Vec<Gone> {
    let mut gone = Vec::new();
    for Move { version, handover, range } in moves {
        let found = found.iter().find(|found| found.version == *version);
        let entry = locked.iter().find(|entry| entry.version == *version);
        match (handover.hand, found, entry) {
            (Hand::From, Some(_), _) => {}
            (Hand::From, None, _) => diagnostics.push(m036_invalid_move::absent(source, range.clone(), *version)),
            (Hand::To, Some(found), _) => {
                diagnostics.push(m036_invalid_move::still_here(source, range.clone(), &found.file, &handover.module));
            }
            (Hand::To, None, None) => diagnostics.push(m036_invalid_move::not_locked(source, range.clone(), *version)),
            (Hand::To, None, Some(entry)) => {
                gone.push(Gone { entry: entry.clone(), handover: handover.clone() });
            }
        }
    }
    gone
}

impl Gone {
    /// What the lockfile is to find of it: what it holds.
    pub(crate) fn found(&self) -> Found {
        let Entry { version, file, checksum, .. } = self.entry.clone();
        Found { version, file, checksum }
    }
}

#[cfg(test)]
mod tests;
