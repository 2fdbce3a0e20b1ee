use migrate_core::{Checksum, Compatibility, Mode, Undo};

use crate::analysis::{AnalysedPhases, AnalysedStep, Analysis};
use crate::draft::Draft;
use crate::filename::FileName;
use crate::handover::Gone;
use crate::{Contents, Folder, LoadedMigration, LoadedStep, Source, hash};

/// Chains the migrations, those that are gone included, and puts together what is known of each.
pub(super) fn link(
    folder: &Folder,
    drafts: Vec<Draft>,
    analyses: Vec<Analysis>,
    gone: Vec<Gone>,
) -> Vec<LoadedMigration> {
    let here = drafts.into_iter().zip(analyses).map(|(draft, analysis)| present(draft, analysis));
    let mut migrations: Vec<_> = here.chain(gone.into_iter().map(|gone| absent(folder, gone))).collect();
    migrations.sort_by_key(|migration| migration.version);
    let mut predecessor: Option<Checksum> = None;
    for migration in &mut migrations {
        migration.chain = hash::chain(predecessor, migration.checksum);
        predecessor = Some(migration.chain);
    }
    migrations
}

/// A migration of which the file is here, not yet behind any other.
fn present(draft: Draft, analysis: Analysis) -> LoadedMigration {
    let mode = draft.mode();
    let (steps, irreversible) = analysis.phases.map_or_else(Default::default, phases);
    LoadedMigration {
        version: draft.slot.version,
        name: draft.slot.name,
        description: draft.header.description.clone().unwrap_or_default(),
        file: draft.file,
        source: draft.source,
        checksum: draft.checksum,
        chain: hash::chain(None, draft.checksum),
        compatibility: analysis.compatibility,
        mode,
        requires: draft.header.requires.into_iter().map(|one| (one.module, one.version)).collect(),
        contents: analysis.contents,
        correction: String::new(),
        links: Vec::new(),
        corrected: Vec::new(),
        moved: None,
        statements: analysis.statements,
        changes: analysis.changes,
        checks: analysis.checks,
        undo: analysis.undo,
        steps,
        irreversible,
    }
}

/// What is left of one that was moved away.
fn absent(folder: &Folder, Gone { entry, handover }: Gone) -> LoadedMigration {
    let name = match FileName::parse(&entry.file) {
        Ok(FileName::Up(slot) | FileName::Phased(slot)) => slot.name,
        // The lockfile holds no other.
        _ => String::new(),
    };
    LoadedMigration {
        version: entry.version,
        name,
        description: String::new(),
        source: Source::new(folder.file(&entry.file), ""),
        file: entry.file,
        checksum: entry.checksum,
        chain: entry.chain,
        compatibility: Compatibility::Compatible,
        mode: Mode::Transaction,
        requires: Vec::new(),
        contents: Contents::More,
        correction: String::new(),
        links: Vec::new(),
        corrected: Vec::new(),
        undo: Undo::None { reason: format!("it is V{} of `{}` now", handover.version, handover.module).into() },
        moved: Some(handover),
        statements: Vec::new(),
        changes: Vec::new(),
        checks: Vec::new(),
        steps: Vec::new(),
        irreversible: String::new(),
    }
}

fn phases(phases: AnalysedPhases) -> (Vec<LoadedStep>, String) {
    let step = |AnalysedStep { id, phase, work, text, statements, changes }| LoadedStep {
        id,
        phase,
        work,
        text,
        statements,
        changes,
    };
    (phases.steps.into_iter().map(step).collect(), phases.irreversible)
}
