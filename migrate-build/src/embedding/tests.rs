use std::collections::BTreeMap;
use std::path::Path;

use migrate_core::__embedded::Coded;
use migrate_core::{
    Change, Check, CheckKind, Checksum, Compatibility, Effect, Expectation, Fresh, FreshStatement, Link, Mode, Object,
    ObjectKind, Pace, Phase, PhaseWork, Statement, StatementKind, Undo, UndoSafety, Version,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::{
    Contents, Diagnostics, Folder, Hand, Handover, LoadedMigration, LoadedStep, Numbering, Options, Source, load,
};

/// Holds what is read of an embedding against the values that it was made of.
fn assert_read_back(loaded: Loaded) -> Embedding {
    let embedding = Embedding::unproven(&loaded);
    let read = embedding.read().unwrap();
    let leaked = loaded.leak();
    assert_eq!(read.chain, leaked.as_slice());
    assert_eq!(read.fresh, leaked.fresh());
    embedding
}

/// With these parts instead of its own.
fn with(embedding: &Embedding, text: &str, bytes: &[u8]) -> Embedding {
    Embedding { text: text.to_owned(), bytes: bytes.to_vec(), ..embedding.clone() }
}

#[test]
fn a_folder_with_a_bit_of_everything_is_read_back() {
    for folder in ["tests/ui/migrations", "examples/many_tenants/migrations", "examples/rolling_upgrade/migrations/v2"]
    {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        assert_read_back(load(&Folder::new(folder), &Options::new("app")).unwrap());
    }
}

/// A chain as `docs/embedding.md` measures it.
#[test]
fn a_long_chain_takes_less_than_its_texts() {
    let dir = tempfile::tempdir().unwrap();
    for version in 1..=50 {
        let field = |field| format!("DEFINE FIELD f{field} ON t{version} TYPE option<string>;\n");
        let fields = [1, 2, 3, 4].map(field).concat();
        let text = format!("DEFINE TABLE t{version} SCHEMAFULL;\n{fields}DEFINE INDEX by ON t{version} FIELDS f1;\n");
        std::fs::write(dir.path().join(format!("V{version}__step.surql")), text).unwrap();
    }
    let loaded = load(&Folder::new(dir.path()), &Options::new("app")).unwrap();
    let definitions = loaded.migrations.iter().flat_map(|one| &one.changes).filter_map(Change::definition);
    let undo = loaded.migrations.iter().filter_map(|one| one.undo.text());
    let texts = loaded.migrations.iter().map(|one| one.source.text()).chain(definitions).chain(undo);
    let texts: usize = texts.map(str::len).sum();
    let embedding = assert_read_back(loaded);
    let embedded = embedding.text.len() + embedding.bytes.len();
    assert!(embedded < texts, "{embedded} of {texts}");
}

#[test]
fn an_empty_module_is_read_back() {
    assert_read_back(module(Vec::new(), None));
}

#[test]
fn what_is_cut_off_or_has_something_behind_it_is_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui/migrations");
    let whole = Embedding::of(&load(&Folder::new(folder), &Options::new("app")).unwrap()).unwrap();
    let (text, bytes) = (whole.text.clone(), whole.bytes.clone());
    let read = |text: &str, bytes: &[u8]| with(&whole, text, bytes).read().is_some();
    assert!(read(&text, &bytes));
    for end in 0..bytes.len() {
        assert!(!read(&text, &bytes[..end]), "{end}");
    }
    assert!(!read(&text, &[&bytes[..], &[0]].concat()));
    assert!(!read(&(text.clone() + ";"), &bytes));
    assert!(!read(&text, &[&[FORMAT + 1], &bytes[1..]].concat()));
}

fn module(migrations: Vec<LoadedMigration>, fresh: Option<Fresh>) -> Loaded {
    Loaded {
        module: "app".to_owned(),
        formerly: Vec::new(),
        requires: Vec::new(),
        unmanaged: Vec::new(),
        tags: BTreeMap::new(),
        numbering: Numbering::Sequential,
        migrations,
        fresh,
        files: Vec::new(),
        digest: Checksum::from_bytes([0; 32]),
        warnings: Diagnostics::default(),
    }
}

/// Words that occur again and again, and others.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => select(vec!["DEFINE ", "FIELD ", "name", " ON user", "ü", "⟨odd⟩", ";\n", ""]).prop_map(str::to_owned),
        1 => ".{0,6}",
    ];
    vec(word, 0..12).prop_map(|words| words.concat())
}

fn coded<T: Coded + std::fmt::Debug>() -> impl Strategy<Value = T> {
    select(T::ALL)
}

fn object() -> impl Strategy<Value = Object> {
    let names = select(vec!["a", "b", "user", "ünï", ""]);
    (coded::<ObjectKind>(), option::of(names.clone()), names).prop_map(|(kind, table, name)| match table {
        Some(table) => Object::on(table, kind, name),
        None => Object::new(kind, name),
    })
}

fn pace() -> impl Strategy<Value = Pace> {
    let batch = (any::<u32>(), any::<u32>(), any::<Option<u32>>());
    let batch = batch.prop_map(|(start, end, limit)| Pace::Batch { start, end, limit });
    prop_oneof![4 => Just(Pace::Once), 1 => Just(Pace::Build), 1 => Just(Pace::Rebuild), 1 => batch]
}

/// A text and statements of it, in no order.
fn statements() -> impl Strategy<Value = (String, Vec<Statement>)> {
    let statement = (
        any::<(u8, u8)>(),
        0..=u32::MAX >> 1,
        coded::<StatementKind>(),
        coded::<Effect>(),
        option::of(object()),
        pace(),
    );
    (text(), vec(statement, 0..5)).prop_map(|(text, statements)| {
        let at = |place: u8| text.floor_char_boundary(usize::from(place) * text.len() / 255);
        let statement = |((one, other), line, kind, effect, object, pace): (_, _, _, _, _, _)| {
            Statement::__new((at(u8::min(one, other)), at(u8::max(one, other))), line, kind, effect, object)
                .__with_pace(pace)
        };
        let statements = statements.into_iter().map(statement).collect();
        (text, statements)
    })
}

fn change() -> impl Strategy<Value = Change> {
    (object(), option::of(text())).prop_map(|(object, definition)| match definition {
        Some(definition) => Change::define(object, definition),
        None => Change::remove(object),
    })
}

fn undo() -> impl Strategy<Value = Undo> {
    (0..3, text(), coded::<UndoSafety>()).prop_map(|(kind, text, safety)| match kind {
        0 => Undo::Derived { text: text.into(), safety },
        1 => Undo::Explicit { text: text.into(), safety },
        _ => Undo::None { reason: text.into() },
    })
}

fn checksum() -> impl Strategy<Value = Checksum> {
    // Few, so that some come again.
    prop_oneof![any::<[u8; 32]>(), any::<u8>().prop_map(|byte| [byte & 3; 32])].prop_map(Checksum::from_bytes)
}

fn version() -> impl Strategy<Value = Version> {
    (1..=i64::MAX.unsigned_abs()).prop_map(|number| Version::new(number).unwrap())
}

fn work() -> impl Strategy<Value = PhaseWork> {
    let number = any::<i64>();
    prop_oneof![
        Just(PhaseWork::Sql),
        Just(PhaseWork::Backfill),
        Just(PhaseWork::Assert(Expectation::Empty)),
        any::<bool>().prop_map(|value| PhaseWork::Assert(Expectation::Bool(value))),
        number.prop_map(|value| PhaseWork::Assert(Expectation::Number(value))),
        number.prop_map(|value| PhaseWork::Assert(Expectation::AtMost(value))),
        number.prop_map(|value| PhaseWork::Assert(Expectation::AtLeast(value))),
    ]
}

fn step() -> impl Strategy<Value = LoadedStep> {
    let step = (text(), coded::<Phase>(), work(), statements(), vec(change(), 0..3));
    step.prop_map(|(id, phase, work, (text, statements), changes)| LoadedStep {
        id,
        phase,
        work,
        text,
        statements,
        changes,
    })
}

fn migration() -> impl Strategy<Value = LoadedMigration> {
    let links = (option::of(checksum()), checksum(), checksum());
    let links = vec(links.prop_map(|(predecessor, checksum, chain)| Link::__new(predecessor, checksum, chain)), 0..3);
    let hand = prop_oneof![Just(Hand::From), Just(Hand::To)];
    let moved = option::of((hand, text(), version()).prop_map(|(hand, module, version)| (hand, module, version)));
    let check = (object(), coded::<CheckKind>(), text());
    let checks = vec(check.prop_map(|(object, kind, query)| Check::new(object, kind, query)), 0..3);
    let names = (text(), text(), text(), text());
    let policy = (checksum(), checksum(), any::<bool>(), coded::<Mode>(), vec((text(), version()), 0..2));
    let phases = (vec(step(), 0..3), text());
    let schema = (statements(), vec(change(), 0..4), checks, undo());
    (names, policy, links, moved, schema, phases).prop_map(|(names, policy, links, moved, schema, phases)| {
        let (name, file, description, correction) = names;
        let (checksum, chain, is_breaking, mode, requires) = policy;
        let ((text, statements), changes, checks, undo) = schema;
        let (steps, irreversible) = if mode == Mode::Phased { phases } else { (Vec::new(), String::new()) };
        LoadedMigration {
            version: Version::new(1).unwrap(),
            name,
            description,
            file,
            source: Source::new("file", text),
            checksum,
            chain,
            compatibility: if is_breaking { Compatibility::Breaking } else { Compatibility::Compatible },
            mode,
            requires,
            contents: Contents::More,
            correction: if links.is_empty() { String::new() } else { correction },
            links,
            corrected: Vec::new(),
            moved: moved.map(|(hand, module, version)| Handover { hand, module, version }),
            statements,
            changes,
            checks,
            undo,
            steps,
            irreversible,
        }
    })
}

/// Statements of every kind, of those that these migrations have.
fn fresh(migrations: &[LoadedMigration], choice: &[u16]) -> Option<Fresh> {
    let mut there = vec![FreshStatement::Text("DEFINE TABLE a".into()), FreshStatement::Text("".into())];
    for (migration, one) in (0..).zip(migrations) {
        there.extend((0..).zip(&one.changes).map(|(change, _)| FreshStatement::Change { migration, change }));
        let statements = (0..).zip(&one.statements);
        there.extend(statements.map(|(statement, _)| FreshStatement::Statement { migration, statement }));
    }
    // Those that follow one another come together.
    let chosen = choice.iter().flat_map(|at| there.iter().skip(usize::from(*at) % there.len()).take(3));
    let statements: Vec<_> = chosen.cloned().collect();
    (!choice.is_empty()).then(|| Fresh::__new(u32::try_from(migrations.len() + 1).unwrap(), statements.into()))
}

fn loaded() -> impl Strategy<Value = Loaded> {
    (vec((migration(), 1_u64..1 << 40), 0..6), vec(any::<u16>(), 0..4)).prop_map(|(migrations, choice)| {
        let mut version = 0;
        let migrations: Vec<_> = migrations
            .into_iter()
            .map(|(migration, gap)| {
                version += gap;
                LoadedMigration { version: Version::new(version).unwrap(), ..migration }
            })
            .collect();
        let fresh = fresh(&migrations, &choice);
        module(migrations, fresh)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_what_is_read(loaded in loaded()) {
        assert_read_back(loaded);
    }

    #[test]
    fn what_was_tampered_with_never_panics(loaded in loaded(), changes in vec(any::<(u16, u8)>(), 1..4)) {
        let mut embedding = Embedding::unproven(&loaded);
        for (at, byte) in changes {
            let at = usize::from(at) % embedding.bytes.len();
            embedding.bytes[at] = byte;
        }
        embedding.read();
    }

    #[test]
    fn no_bytes_panic(text in text(), bytes in vec(any::<u8>(), 0..200)) {
        with(&Embedding::unproven(&module(Vec::new(), None)), &text, &[&[FORMAT], &bytes[..]].concat()).read();
    }
}
