//! One migration behind the other, each as a few numbers and references to what came before.
#![expect(clippy::option_option, reason = "the outer one is `None` where something cannot be read")]

use std::borrow::Cow;

use super::code::{Coded, Flags, PaceCode};
use super::input::Input;
use super::{Contents, texts};
use crate::{
    Change, Check, CheckKind, Checksum, Compatibility, Effect, Expectation, Fresh, FreshStatement, Link, Migration,
    Moved, Object, ObjectKind, Pace, Phase, PhaseStep, PhaseWork, Phased, Requirement, Statement, StatementKind, Undo,
    UndoSafety,
};

/// What is still to be read, and what later records may refer to.
pub(super) struct Records {
    input: Input<'static>,
    /// What is left of the migrations' texts, and of the others.
    migrations: &'static str,
    texts: &'static str,
    known: Known,
}

/// What was read, in order. It is referred to by how far back it lies, the last one being 1.
#[derive(Default)]
struct Known {
    texts: Vec<&'static str>,
    objects: Vec<Object>,
    checksums: Vec<Checksum>,
}

/// Objects are written by a number: 0 for none, then these for new ones, then how far back a known one lies.
pub const NEW_OBJECTS: u64 = 2 * ObjectKind::ALL.len() as u64;

impl Records {
    pub(super) fn new(migrations: &'static str, bytes: &'static [u8]) -> Option<Self> {
        let mut input = Input::new(bytes);
        let texts = texts::unpack(&mut input, migrations)?;
        Some(Self { input, migrations, texts: String::leak(texts), known: Known::default() })
    }

    pub(super) fn contents(mut self) -> Option<Contents> {
        let mut version = 0;
        let chain = self.list(|records| {
            version = records.input.number()?.checked_add(version)?;
            records.migration(version)
        })?;
        let fresh = self.fresh(chain)?;
        let is_all = self.input.is_empty() && self.migrations.is_empty() && self.texts.is_empty();
        is_all.then_some(Contents { chain, fresh })
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<&'static [T]> {
        let count = self.input.number()?;
        let list: Option<Box<[T]>> = (0..count).map(|_| read(self)).collect();
        Some(Box::leak(list?))
    }

    /// A text: the lowest bit says whether it is new, and the others how long it is or how far back it lies.
    fn text(&mut self) -> Option<&'static str> {
        let number = self.input.size()?;
        self.text_of(number)
    }

    #[inline(never)]
    fn text_of(&mut self, number: usize) -> Option<&'static str> {
        let number_of = number >> 1;
        if number & 1 == 1 {
            return back(&self.known.texts, number_of).copied();
        }
        let (text, rest) = self.texts.split_at_checked(number_of)?;
        self.texts = rest;
        if !text.is_empty() {
            self.known.texts.push(text);
        }
        Some(text)
    }

    /// A text as above behind a 1 that is added to it, or 0 for none.
    fn optional_text(&mut self) -> Option<Option<&'static str>> {
        match self.input.size()?.checked_sub(1) {
            Some(number) => self.text_of(number).map(Some),
            None => Some(None),
        }
    }

    fn object(&mut self) -> Option<Object> {
        self.optional_object()?
    }

    #[inline(never)]
    fn optional_object(&mut self) -> Option<Option<Object>> {
        let Some(number) = self.input.number()?.checked_sub(1) else { return Some(None) };
        if let Some(distance) = number.checked_sub(NEW_OBJECTS) {
            let distance = usize::try_from(distance).ok()?.checked_add(1)?;
            return Some(Some(back(&self.known.objects, distance)?.clone()));
        }
        let kind = ObjectKind::of_code(number >> 1)?;
        let table = if number & 1 == 1 { Some(self.text()?) } else { None };
        let object = Object::__new(kind, table, self.text()?);
        self.known.objects.push(object.clone());
        Some(Some(object))
    }

    fn new_checksum(&mut self) -> Option<Checksum> {
        let checksum = Checksum::from_bytes(self.input.array()?);
        self.known.checksums.push(checksum);
        Some(checksum)
    }

    /// A checksum: how far back it lies, or 0 for a new one.
    #[inline(never)]
    fn checksum(&mut self) -> Option<Checksum> {
        match self.input.size()? {
            0 => self.new_checksum(),
            distance => back(&self.known.checksums, distance).copied(),
        }
    }

    fn migration(&mut self, version: u64) -> Option<Migration> {
        let length = self.input.size()?;
        let (text, rest) = self.migrations.split_at_checked(length)?;
        self.migrations = rest;
        let (name, file) = (self.text()?, self.text()?);
        let (checksum, chain) = (self.new_checksum()?, self.new_checksum()?);
        let flags = Flags::of_bits(self.input.number()?)?;
        if !(1..=i64::MAX.unsigned_abs()).contains(&version) {
            return None;
        }
        let mut migration = Migration::__new(version, name, file, text, *checksum.as_bytes(), *chain.as_bytes());
        let compatibility = if flags.breaking { Compatibility::Breaking } else { Compatibility::Compatible };
        migration = migration.__with_policy(compatibility, flags.mode);
        if flags.description {
            migration = migration.__with_description(self.text()?);
        }
        if flags.requires {
            migration = migration.__with_requires(self.list(Self::requirement)?);
        }
        if flags.links {
            migration = migration.__with_links(self.text()?, self.list(Self::link)?);
        }
        if flags.moved {
            migration = migration.__with_moved(Box::leak(Box::new(self.moved()?)));
        }
        migration = migration.__with_statements(self.statements(text)?).__with_changes(self.list(Self::change)?);
        if flags.checks {
            migration = migration.__with_checks(self.list(Self::check)?);
        }
        migration = migration.__with_undo(Box::leak(Box::new(self.undo()?)));
        if flags.mode == crate::Mode::Phased {
            let (steps, irreversible) = (self.list(Self::step)?, self.text()?);
            migration = migration.__with_phased(Box::leak(Box::new(Phased::__new(steps, irreversible))));
        }
        Some(migration)
    }

    fn requirement(&mut self) -> Option<Requirement> {
        let (module, version) = (self.text()?, self.input.number()?);
        (1..=i64::MAX.unsigned_abs()).contains(&version).then(|| Requirement::__new(module, version))
    }

    fn link(&mut self) -> Option<Link> {
        let predecessor = match self.input.number()? {
            0 => None,
            1 => Some(self.checksum()?),
            _ => return None,
        };
        Some(Link::__new(predecessor, self.checksum()?, self.checksum()?))
    }

    fn moved(&mut self) -> Option<Moved> {
        match self.input.number()? {
            0 => self.requirement().map(Moved::From),
            1 => self.requirement().map(Moved::To),
            _ => None,
        }
    }

    /// Statements of a text: each says how far it begins behind the end of the one before it, and behind its line.
    fn statements(&mut self, text: &str) -> Option<&'static [Statement]> {
        let (mut end, mut line) = (0_usize, 0_u32);
        self.list(|records| {
            let start = end.checked_add_signed(isize::try_from(records.input.signed()?).ok()?)?;
            end = start.checked_add(records.input.size()?)?;
            text.get(start..end)?;
            line = line.checked_add_signed(i32::try_from(records.input.signed()?).ok()?)?;
            records.statement(start..end, line)
        })
    }

    fn statement(&mut self, range: core::ops::Range<usize>, line: u32) -> Option<Statement> {
        let number = self.input.number()?;
        let (number, pace) = split(number, PaceCode::ALL)?;
        let (number, effect) = split(number, <Effect as Coded>::ALL)?;
        let kind = StatementKind::of_code(number)?;
        let pace = match pace {
            PaceCode::Once => Pace::Once,
            PaceCode::Build => Pace::Build,
            PaceCode::Rebuild => Pace::Rebuild,
            PaceCode::Batch => {
                let mut offset = || u32::try_from(self.input.number()?).ok();
                let (start, end) = (offset()?, offset()?);
                let limit = self.input.number()?.checked_sub(1).map(u32::try_from).transpose().ok()?;
                Pace::Batch { start, end, limit }
            }
        };
        let object = self.optional_object()?;
        Some(Statement::__new((range.start, range.end), line, kind, effect, object).__with_pace(pace))
    }

    fn change(&mut self) -> Option<Change> {
        Some(Change::__new(self.object()?, self.optional_text()?))
    }

    fn check(&mut self) -> Option<Check> {
        let (object, kind) = (self.object()?, CheckKind::of_code(self.input.number()?)?);
        Some(Check::__new(object, kind, self.text()?))
    }

    /// Whether it is derived, explicit or none; then what it loses in the first two; then its text.
    fn undo(&mut self) -> Option<Undo> {
        let number = self.input.number()?;
        let text = self.text()?;
        let safety = UndoSafety::of_code(number / 3);
        match number % 3 {
            0 => Some(Undo::Derived { text: text.into(), safety: safety? }),
            1 => Some(Undo::Explicit { text: text.into(), safety: safety? }),
            _ => (number == 2).then_some(Undo::None { reason: text.into() }),
        }
    }

    fn step(&mut self) -> Option<PhaseStep> {
        let (id, phase, work) = (self.text()?, Phase::of_code(self.input.number()?)?, self.work()?);
        let text = self.text()?;
        let step = PhaseStep::__new(id, phase, work, text, self.statements(text)?);
        Some(step.__with_changes(self.list(Self::change)?))
    }

    fn work(&mut self) -> Option<PhaseWork> {
        Some(match self.input.number()? {
            0 => PhaseWork::Sql,
            1 => PhaseWork::Backfill,
            2 => PhaseWork::Assert(Expectation::Empty),
            3 => PhaseWork::Assert(Expectation::Bool(false)),
            4 => PhaseWork::Assert(Expectation::Bool(true)),
            5 => PhaseWork::Assert(Expectation::Number(self.input.signed()?)),
            6 => PhaseWork::Assert(Expectation::AtMost(self.input.signed()?)),
            7 => PhaseWork::Assert(Expectation::AtLeast(self.input.signed()?)),
            _ => return None,
        })
    }

    /// How many migrations it stands for, or 0; then runs of statements that follow one another where they stand.
    fn fresh(&mut self, chain: &[Migration]) -> Option<Option<&'static Fresh>> {
        let migrations = u32::try_from(self.input.number()?).ok()?;
        if migrations == 0 {
            return Some(None);
        }
        let (mut at, mut statements) = (0_u32, Vec::new());
        let mut runs = self.input.number()?;
        while runs > 0 {
            runs -= 1;
            let (number, source) = split(self.input.number()?, &[0, 1, 2])?;
            if source == 2 {
                let text = self.text_of(usize::try_from(number).ok()?)?;
                statements.push(FreshStatement::Text(text.into()));
                continue;
            }
            at = at.checked_add_signed(i32::try_from(self.input.signed()?).ok()?)?;
            let migration = chain.get(usize::try_from(at).ok()?)?;
            let there = if source == 0 { migration.changes().len() } else { migration.statements().len() };
            let first = u32::try_from(self.input.number()?).ok()?;
            let end = first.checked_add(u32::try_from(number).ok()?)?.checked_add(1)?;
            if usize::try_from(end).ok()? > there {
                return None;
            }
            statements.extend((first..end).map(|index| match source {
                0 => FreshStatement::Change { migration: at, change: index },
                _ => FreshStatement::Statement { migration: at, statement: index },
            }));
        }
        Some(Some(Box::leak(Box::new(Fresh::__new(migrations, Cow::Owned(statements))))))
    }
}

/// What lies so far back in a list, the last one being 1.
fn back<T>(known: &[T], distance: usize) -> Option<&T> {
    known.get(known.len().checked_sub(distance)?)
}

/// One of several values and the rest of a number that both were made part of.
fn split<T: Copy>(number: u64, values: &[T]) -> Option<(u64, T)> {
    let count = u64::try_from(values.len()).ok()?;
    let value = values.get(usize::try_from(number % count).ok()?)?;
    Some((number / count, *value))
}
