use std::collections::BTreeMap;
use std::ops::Range;

use migrate_core::{Object, ObjectKind};

use super::Desired;
use crate::analysis::{Refusal, Schema, Verdict, define, did_you_mean};
use crate::canonical::canonical;
use crate::operation::{Existing, Lowered, Operation};
use crate::rules::{m045_invalid_schema_file as rule, m102_no_statement};
use crate::{Diagnostics, Loaded, Source, surql};

/// What the database shows in the place of a secret.
const REDACTED: &str = "[REDACTED]";

/// One definition of the files.
struct Wanted {
    source: Source,
    range: Range<usize>,
    lowered: Lowered,
}

impl Wanted {
    fn text(&self) -> &str {
        self.source.text().get(self.range.clone()).unwrap_or_default()
    }
}

impl Desired {
    /// Reads the files of a desired schema for the module of a folder: each with its name, and its bytes.
    ///
    /// # Errors
    ///
    /// One of them holds something else than definitions, or the definitions make no schema. All that is wrong is told
    /// at once.
    pub fn read(files: &[(String, Vec<u8>)], loaded: &Loaded) -> Result<Self, Diagnostics> {
        let mut diagnostics = Diagnostics::default();
        let mut wanted = BTreeMap::new();
        for (name, bytes) in files {
            match canonical(name.clone(), bytes) {
                Ok(source) => collect(&source, &mut wanted, &mut diagnostics),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let is_shared = !loaded.requires.is_empty() || loaded.migrations.iter().any(|one| !one.requires.is_empty());
        let schema = fold(Schema::new(is_shared), &wanted, &mut diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let own = wanted.iter().filter(|(_, one)| !says_more(one.text()));
        let own = own.map(|(object, one)| (object.clone(), one.text().to_owned())).collect();
        Ok(Self { schema, own })
    }
}

/// Whether a statement says `OVERWRITE` or `IF NOT EXISTS` behind its first two words.
fn says_more(text: &str) -> bool {
    let third = text.split_whitespace().nth(2).unwrap_or_default();
    third.eq_ignore_ascii_case("overwrite") || third.eq_ignore_ascii_case("if")
}

fn collect(source: &Source, wanted: &mut BTreeMap<Object, Wanted>, diagnostics: &mut Diagnostics) {
    let mut found = Diagnostics::default();
    let Some(statements) = surql::parse(source, &mut found) else {
        // A file may well hold comments alone.
        diagnostics.extend(found.into_iter().filter(|one| one.rule().code != m102_no_statement::RULE.code));
        return;
    };
    surql::check(source, &statements, &mut found);
    diagnostics.extend(found);
    for statement in &statements {
        let range = statement.range.clone();
        let mut lowered = statement.lower(source.text());
        let define = match &mut lowered.operation {
            Operation::Define(define) => define,
            Operation::Outside { .. } => {
                diagnostics.push(rule::outside(source, range));
                continue;
            }
            Operation::Dynamic(dynamic) => {
                diagnostics.push(rule::uncertain(source, range, dynamic.reason));
                continue;
            }
            _ => {
                diagnostics.push(rule::not_a_definition(source, range));
                continue;
            }
        };
        if let Some(reason) = define.unknown {
            diagnostics.push(rule::uncertain(source, range, reason));
            continue;
        }
        if define.definition.is_redacted()
            && source.text().get(range.clone()).is_some_and(|text| text.contains(REDACTED))
        {
            let object = define.definition.object.to_string();
            diagnostics.push(rule::redacted(source, range, &object));
            continue;
        }
        // Whatever an implied definition put there, this is the one that holds.
        define.existing = Existing::IsReplaced;
        let object = define.definition.object.clone();
        if let Some(other) = wanted.get(&object) {
            let place = other.source.position(other.range.start);
            let other = format!("{}:{}", other.source.file(), place.line);
            diagnostics.push(rule::twice(source, range, &object.to_string(), &other));
            continue;
        }
        wanted.insert(object, Wanted { source: source.clone(), range, lowered });
    }
}

/// Defines all of it, each when what it needs is there.
fn fold(mut schema: Schema, wanted: &BTreeMap<Object, Wanted>, diagnostics: &mut Diagnostics) -> Schema {
    let mut rest: Vec<&Object> = Vec::new();
    for (object, one) in wanted {
        match object.table().map(|table| Object::new(ObjectKind::Table, table.to_owned())) {
            Some(table) if !wanted.contains_key(&table) && !schema.is_shared() => {
                diagnostics.push(no_table(one, table.name(), wanted));
            }
            _ => rest.push(object),
        }
    }
    loop {
        let before = rest.len();
        let mut refused = Vec::new();
        for object in rest {
            let Some(one) = wanted.get(object) else { continue };
            match define(&mut schema, &one.lowered, one.text()) {
                Verdict::Done => {}
                verdict => refused.push((object, verdict)),
            }
        }
        if refused.is_empty() || refused.len() == before {
            for (object, verdict) in refused {
                let Some(one) = wanted.get(object) else { continue };
                diagnostics.push(rule::refused(&one.source, one.range.clone(), &object.to_string(), why(verdict)));
            }
            break;
        }
        rest = refused.into_iter().map(|(object, _)| object).collect();
    }
    schema
}

fn no_table(one: &Wanted, table: &str, wanted: &BTreeMap<Object, Wanted>) -> crate::Diagnostic {
    let tables: Vec<&str> =
        wanted.keys().filter(|object| object.kind() == ObjectKind::Table).map(Object::name).collect();
    let nearest = crate::suggest::closest(table, &tables).map(str::to_owned);
    let help = did_you_mean(nearest, || format!("define it: `DEFINE TABLE {table} SCHEMAFULL`"));
    rule::no_table(&one.source, one.range.clone(), table, help)
}

fn why(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Refused(Refusal::Clauses(message, help)) => (message, help),
        Verdict::Refused(Refusal::UnknownColumn) => {
            ("it is over a field that its `SCHEMAFULL` table does not have", "define the field")
        }
        Verdict::Refused(Refusal::UnknownAnalyzer) => ("its analyzer is not there", "define the analyzer"),
        Verdict::Refused(Refusal::UnknownSource) => {
            ("the table that it selects from is not there", "define that table")
        }
        Verdict::Refused(Refusal::UsedAnalyzer | Refusal::UnderView)
        | Verdict::Done
        | Verdict::Skipped
        | Verdict::Exists
        | Verdict::Missing
        | Verdict::Unclear => ("what is there already stands in its way", "define each object once"),
    }
}
