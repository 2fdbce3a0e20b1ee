use std::ops::Range;

use migrate_core::{Checksum, Mode, Phase, Version};

use crate::canonical::canonical;
use crate::filename::{FileName, Slot};
use crate::header::{self, Header};
use crate::lockfile::Found;
use crate::phased::{self, StepDraft};
use crate::rules::m027_contradictory_directive;
use crate::sequence::Files;
use crate::surql::{self, ParsedStatement};
use crate::{Diagnostics, Folder, Source, hash};

/// One migration as it was read and parsed, before anything is known of those around it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) slot: Slot,
    /// Its file name.
    pub(crate) file: String,
    pub(crate) source: Source,
    pub(crate) checksum: Checksum,
    pub(crate) header: Header,
    /// `None` when it cannot be made out, which was reported.
    pub(crate) body: Option<Body>,
    /// Its `.down.surql` file, if there is one that the parser takes.
    pub(crate) down: Option<Source>,
}

/// What a migration consists of.
#[derive(Debug)]
pub(crate) enum Body {
    Statements(Vec<ParsedStatement>),
    Phased(Vec<StepDraft>),
}

/// Reads and parses the files of each migration. A version whose text cannot be had is added to `excused`.
pub(crate) fn drafts(
    folder: &Folder,
    migrations: &[Files],
    excused: &mut Vec<Version>,
    diagnostics: &mut Diagnostics,
) -> Vec<Draft> {
    let mut drafts = Vec::with_capacity(migrations.len());
    for files in migrations {
        match Draft::read(folder, files, diagnostics) {
            Some(draft) => drafts.push(draft),
            None => excused.push(files.slot.version),
        }
    }
    drafts
}

impl Draft {
    fn read(folder: &Folder, files: &Files, diagnostics: &mut Diagnostics) -> Option<Self> {
        let up = canonical(folder.file(&files.up.name), &files.up.bytes);
        let down = files.down.as_ref().map(|down| canonical(folder.file(&down.name), &down.bytes));
        let down = down.and_then(|down| down.map_err(|diagnostic| diagnostics.push(diagnostic)).ok());
        let source = up.map_err(|diagnostic| diagnostics.push(diagnostic)).ok()?;

        let checksum = hash::checksum(source.text());
        let (slot, file) = (files.slot.clone(), files.up.name.clone());
        if let FileName::Phased(_) = files.up.role {
            let (header, steps) = phased::read(&source, diagnostics);
            return Some(Self { slot, file, source, checksum, header, body: steps.map(Body::Phased), down: None });
        }
        let header = Header::read(&source, diagnostics);
        let statements = surql::parse(&source, diagnostics);
        if let Some(statements) = &statements {
            surql::check(&source, statements, diagnostics);
            header::refuse_late(&source, &ranges(statements), diagnostics);
        }
        if let (Some(irreversible), Some(down)) = (&header.irreversible, &down) {
            let range = irreversible.range.clone();
            diagnostics.push(m027_contradictory_directive::diagnostic(&source, range, down.file()));
        }
        // A text that the parser refuses undoes nothing that could be compared with anything.
        let down = down.filter(|down| is_parsed(down, diagnostics));
        Some(Self { slot, file, source, checksum, header, body: statements.map(Body::Statements), down })
    }

    /// How it is applied.
    pub(crate) const fn mode(&self) -> Mode {
        match &self.body {
            Some(Body::Phased(_)) => Mode::Phased,
            _ => self.header.mode(),
        }
    }

    /// The steps of one of its phases.
    pub(crate) fn phase(&self, phase: Phase) -> impl Iterator<Item = &StepDraft> {
        let steps = if let Some(Body::Phased(steps)) = &self.body { &steps[..] } else { &[] };
        steps.iter().filter(move |step| step.phase == phase)
    }

    /// What the lockfile knows of it.
    pub(crate) fn found(&self) -> Found {
        Found { version: self.slot.version, file: self.file.clone(), checksum: self.checksum }
    }
}

/// Checks a down file, and says whether the parser takes it.
fn is_parsed(down: &Source, diagnostics: &mut Diagnostics) -> bool {
    header::refuse_all(down, diagnostics);
    let statements = surql::parse(down, diagnostics);
    if let Some(statements) = &statements {
        surql::check(down, statements, diagnostics);
        header::refuse_late(down, &ranges(statements), diagnostics);
    }
    statements.is_some()
}

fn ranges(statements: &[ParsedStatement]) -> Vec<Range<usize>> {
    statements.iter().map(|statement| statement.range.clone()).collect()
}
