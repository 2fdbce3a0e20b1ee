use std::fmt::Write as _;

use migrate_core::Effect;

use super::draft::{Draft, Line};
use super::rename::Rename;
use crate::analysis::{Schema, analyse_text, differ, run};
use crate::{Diagnostics, Source};

/// The manifest that makes the same change in phases.
///
/// What an older binary does not feel is done by `start`, the rest by `complete`; the way back from the end of `start` is
/// derived by whoever reads it. None where that does not lead there.
pub(super) fn text(from: &Schema, to: &Schema, draft: &Draft, renames: &[Rename]) -> Option<String> {
    let lines: Vec<&Line> = draft.lines.iter().collect();
    let (early, late) = tried(from, to, split(from, &lines)).or_else(|| {
        // What comes behind something that breaks may need it: then only what comes before is early.
        let first = lines.iter().position(|line| !is_early(line)).unwrap_or(lines.len());
        let (early, late) = lines.split_at(first);
        let (early, put_off) = split(from, early);
        tried(from, to, (early, [put_off, late.to_vec()].concat()))
    })?;
    let mut text = String::from(
        "# Every running binary can live with what `start` does. `complete` is for when no older one is alive any more.\n",
    );
    if early.is_empty() {
        text.push_str("# Here all of it has to wait.\n");
        step(&mut text, "start", 1, "assert = 'true'\nexpect = true");
    }
    for (phase, lines) in [("start", early), ("complete", late)] {
        for (number, line) in (1..).zip(lines) {
            let backfill = renames.iter().find(|rename| rename.copy(from, &[]).is_some_and(|copy| copy == line.text));
            let work =
                backfill.and_then(Rename::backfill).or_else(|| Some(format!("sql = {}", literal(&line.text)?)))?;
            step(&mut text, phase, number, &work);
        }
    }
    Some(text)
}

fn step(text: &mut String, phase: &str, number: u32, work: &str) {
    // Writing into a string cannot fail.
    _ = write!(text, "\n[[step]]\nid = \"{phase}_{number}\"\nphase = \"{phase}\"\n{work}\n");
}

/// What may be done early, seen by itself, and what may not.
fn split<'a>(from: &Schema, lines: &[&'a Line]) -> (Vec<&'a Line>, Vec<&'a Line>) {
    let mut early: Vec<&Line> = lines.iter().copied().filter(|line| is_early(line)).collect();
    loop {
        // A statement may be harmless only for what comes behind it, which may have been put off.
        let text = early.iter().fold(String::new(), |text, line| text + &line.text + ";\n");
        let analysed = analyse_text(from, &Source::new("", text), &mut Diagnostics::default()).unwrap_or_default();
        let is_harmful = |at: usize| analysed.get(at).is_some_and(|statement| !is_harmless(statement.effect()));
        let Some(at) = (0..early.len()).find(|&at| is_harmful(at)) else { break };
        early.remove(at);
    }
    let is_late = |line: &&Line| !early.iter().any(|early| std::ptr::eq(*early, *line));
    let late = lines.iter().copied().filter(is_late).collect();
    (early, late)
}

/// The phases, if the way through both leads there.
fn tried<'a>(
    from: &Schema,
    to: &Schema,
    (early, late): (Vec<&'a Line>, Vec<&'a Line>),
) -> Option<(Vec<&'a Line>, Vec<&'a Line>)> {
    let mut now = from.clone();
    early.iter().chain(&late).try_for_each(|line| run(&mut now, &line.text))?;
    (!differ(&now, to)).then_some((early, late))
}

/// Values are taken along at the end: until then, older binaries write the old ones.
fn is_early(line: &Line) -> bool {
    is_harmless(line.effect) && !line.text.starts_with("UPDATE ") && !line.text.starts_with("INSERT ")
}

/// Whether an older binary does not feel it.
fn is_harmless(effect: Effect) -> bool {
    effect < Effect::Restrictive
}

/// A statement as TOML has it without an escape: what is executed is what stands in the file.
fn literal(statement: &str) -> Option<String> {
    let is_line = !statement.contains('\n');
    let literal = if is_line && !statement.contains('\'') {
        format!("'{statement}'")
    } else if is_line && !statement.contains(['"', '\\']) {
        format!("\"{statement}\"")
    } else if !statement.contains("'''") {
        format!("'''\n{statement}\n'''")
    } else if !statement.contains(['\\']) && !statement.contains("\"\"\"") {
        format!("\"\"\"\n{statement}\n\"\"\"")
    } else {
        return None;
    };
    let read: toml::Table = format!("sql = {literal}").parse().ok()?;
    (read.get("sql")?.as_str()?.trim_end() == statement.trim_end()).then_some(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_stands_there_as_it_is() {
        assert_eq!(literal("DEFINE TABLE a").as_deref(), Some("'DEFINE TABLE a'"));
        assert_eq!(literal("DEFINE PARAM $p VALUE 'x'").as_deref(), Some("\"DEFINE PARAM $p VALUE 'x'\""));
        assert_eq!(literal("a 'x' \"y\"").as_deref(), Some("'''\na 'x' \"y\"\n'''"));
        assert_eq!(literal("a '''\n\\").as_deref(), None);
    }
}
