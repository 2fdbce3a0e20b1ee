use std::collections::HashMap;

use migrate_core::__embedded::{Coded, Flags, NEW_OBJECTS, PaceCode};
use migrate_core::{
    Change, Check, Checksum, Compatibility, Effect, Expectation, Fresh, FreshStatement, Link, Mode, Object, Pace,
    PhaseWork, Statement, Undo, Version,
};

use super::output::Output;
use super::pack::Packer;
use crate::{Hand, LoadedMigration, LoadedStep};

/// Writes one migration behind the other.
#[derive(Debug, Default)]
pub(super) struct Records {
    output: Output,
    packer: Packer,
    /// The new texts of the migration that is written.
    new: String,
    version: u64,
    texts: Known<String>,
    objects: Known<Object>,
    checksums: Known<Checksum>,
}

/// What was written, so that it can be referred to by how far back it lies.
#[derive(Debug)]
struct Known<T> {
    count: usize,
    last: HashMap<T, usize>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { count: 0, last: HashMap::new() }
    }
}

impl Known<String> {
    fn back(&self, text: &str) -> Option<usize> {
        self.last.get(text).map(|place| self.count - place)
    }
}

impl<T: std::hash::Hash + Eq> Known<T> {
    /// Adds one.
    fn push(&mut self, value: T) {
        self.last.insert(value, self.count);
        self.count += 1;
    }
}

impl Records {
    /// How many migrations follow.
    pub(super) fn count(&mut self, migrations: usize) {
        self.output.number(migrations);
    }

    /// How long the other texts are, they themselves packed, and what refers to them.
    pub(super) fn finish(mut self) -> (usize, Vec<u8>, Vec<u8>) {
        self.packer.pack(&self.new);
        let (length, packed) = self.packer.finish();
        (length, packed, self.output.into_bytes())
    }

    pub(super) fn migration(&mut self, migration: &LoadedMigration) {
        let text = migration.source.text();
        self.packer.migration(text);
        self.output.number(migration.version.get() - self.version);
        self.version = migration.version.get();
        self.output.number(text.len());
        self.text(&migration.name);
        self.text(&migration.file);
        self.new_checksum(migration.checksum);
        self.new_checksum(migration.chain);
        let flags = Flags {
            mode: migration.mode,
            breaking: migration.compatibility == Compatibility::Breaking,
            checks: !migration.checks.is_empty(),
            description: !migration.description.is_empty(),
            requires: !migration.requires.is_empty(),
            links: !migration.links.is_empty(),
            moved: migration.moved.is_some(),
        };
        self.output.number(flags.bits());
        if flags.description {
            self.text(&migration.description);
        }
        if flags.requires {
            self.output.number(migration.requires.len());
            migration.requires.iter().for_each(|(module, version)| self.requirement(module, *version));
        }
        if flags.links {
            self.text(&migration.correction);
            self.output.number(migration.links.len());
            migration.links.iter().for_each(|link| self.link(link));
        }
        if let Some(moved) = &migration.moved {
            self.output.number(match moved.hand {
                Hand::From => 0_u32,
                Hand::To => 1,
            });
            self.requirement(&moved.module, moved.version);
        }
        self.statements(&migration.statements);
        self.changes(&migration.changes);
        if flags.checks {
            self.output.number(migration.checks.len());
            migration.checks.iter().for_each(|check| self.check(check));
        }
        self.undo(&migration.undo);
        if migration.mode == Mode::Phased {
            self.output.number(migration.steps.len());
            migration.steps.iter().for_each(|step| self.step(step));
            self.text(&migration.irreversible);
        }
        self.packer.pack(&std::mem::take(&mut self.new));
    }

    fn text(&mut self, text: &str) {
        let number = self.text_number(text);
        self.output.number(number);
    }

    /// New ones by their length, known ones by how far back they lie, which the lowest bit says.
    fn text_number(&mut self, text: &str) -> usize {
        if let Some(back) = self.texts.back(text) {
            return back << 1 | 1;
        }
        if !text.is_empty() {
            self.new.push_str(text);
            self.texts.push(text.to_owned());
        }
        text.len() << 1
    }

    fn object(&mut self, object: Option<&Object>) {
        let Some(object) = object else { return self.output.number(0_u32) };
        if let Some(place) = self.objects.last.get(object) {
            return self.output.number(NEW_OBJECTS + (self.objects.count - place) as u64);
        }
        self.objects.push(object.clone());
        self.output.number(1 + object.kind().code() * 2 + u64::from(object.table().is_some()));
        object.table().into_iter().chain([object.name()]).for_each(|name| self.text(name));
    }

    fn new_checksum(&mut self, checksum: Checksum) {
        self.output.bytes(checksum.as_bytes());
        self.checksums.push(checksum);
    }

    fn checksum(&mut self, checksum: Checksum) {
        if let Some(place) = self.checksums.last.get(&checksum) {
            return self.output.number(self.checksums.count - place);
        }
        self.output.number(0_u32);
        self.new_checksum(checksum);
    }

    fn requirement(&mut self, module: &str, version: Version) {
        self.text(module);
        self.output.number(version.get());
    }

    fn link(&mut self, link: &Link) {
        self.output.number(u32::from(link.predecessor().is_some()));
        link.predecessor().into_iter().chain([link.checksum(), link.chain()]).for_each(|sum| self.checksum(sum));
    }

    fn statements(&mut self, statements: &[Statement]) {
        self.output.number(statements.len());
        let (mut end, mut line) = (0, 0);
        for statement in statements {
            let range = statement.range();
            self.output.step(end, range.start);
            self.output.number(range.len());
            self.output.signed(i64::from(statement.line()) - i64::from(line));
            (end, line) = (range.end, statement.line());
            let pace = PaceCode::from(statement.pace());
            let (paces, effects) = (PaceCode::ALL.len() as u64, <Effect as Coded>::ALL.len() as u64);
            self.output.number((statement.kind().code() * effects + statement.effect().code()) * paces + pace.code());
            if let Pace::Batch { start, end, limit } = statement.pace() {
                self.output.number(start);
                self.output.number(end);
                self.output.number(limit.map_or(0, |limit| 1 + u64::from(limit)));
            }
            self.object(statement.object());
        }
    }

    fn changes(&mut self, changes: &[Change]) {
        self.output.number(changes.len());
        for change in changes {
            self.change(change);
        }
    }

    fn change(&mut self, change: &Change) {
        self.object(Some(change.object()));
        let definition = change.definition().map_or(0, |definition| 1 + self.text_number(definition));
        self.output.number(definition);
    }

    fn check(&mut self, check: &Check) {
        self.object(Some(check.object()));
        self.output.code(check.kind());
        self.text(check.query());
    }

    fn undo(&mut self, undo: &Undo) {
        let (number, text) = match undo {
            Undo::Derived { text, safety } => (safety.code() * 3, text),
            Undo::Explicit { text, safety } => (safety.code() * 3 + 1, text),
            Undo::None { reason } => (2, reason),
        };
        self.output.number(number);
        self.text(text);
    }

    fn step(&mut self, step: &LoadedStep) {
        self.text(&step.id);
        self.output.code(step.phase);
        self.work(step.work);
        self.text(&step.text);
        self.statements(&step.statements);
        self.changes(&step.changes);
    }

    fn work(&mut self, work: PhaseWork) {
        let (number, expected) = match work {
            PhaseWork::Sql => (0_u32, None),
            PhaseWork::Backfill => (1, None),
            PhaseWork::Assert(Expectation::Empty) => (2, None),
            PhaseWork::Assert(Expectation::Bool(value)) => (3 + u32::from(value), None),
            PhaseWork::Assert(Expectation::Number(number)) => (5, Some(number)),
            PhaseWork::Assert(Expectation::AtMost(number)) => (6, Some(number)),
            PhaseWork::Assert(Expectation::AtLeast(number)) => (7, Some(number)),
        };
        self.output.number(number);
        if let Some(number) = expected {
            self.output.signed(number);
        }
    }

    /// In runs of statements that follow one another where they stand.
    pub(super) fn fresh(&mut self, fresh: Option<&Fresh>) {
        self.output.number(fresh.map_or(0, Fresh::migrations));
        let Some(fresh) = fresh.filter(|fresh| fresh.migrations() > 0) else { return };
        let follows = |one: &FreshStatement, next: &FreshStatement| match (place(one), place(next)) {
            (Some((source, at, index)), Some(next)) => (source, at, index + 1) == next,
            _ => false,
        };
        let runs: Vec<_> = fresh.statements().chunk_by(follows).collect();
        self.output.number(runs.len());
        let mut before = 0;
        for run in runs {
            match &run[0] {
                FreshStatement::Text(text) => {
                    let number = self.text_number(text);
                    self.output.number(number * 3 + 2);
                }
                first => {
                    let Some((source, at, index)) = place(first) else { continue };
                    self.output.number((run.len() as u64 - 1) * 3 + source);
                    self.output.signed(i64::from(at) - i64::from(before));
                    self.output.number(index);
                    before = at;
                }
            }
        }
    }
}

/// Where a statement stands: among the changes or the statements, of which migration, and which one.
const fn place(statement: &FreshStatement) -> Option<(u64, u32, u32)> {
    match statement {
        FreshStatement::Change { migration, change } => Some((0, *migration, *change)),
        FreshStatement::Statement { migration, statement } => Some((1, *migration, *statement)),
        FreshStatement::Text(_) => None,
    }
}
