use migrate_build::{RULES, Rule, explain};
use serde_json::{Value, json};

use crate::args::Explain;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::terminal::{self, Format, Terminal};

/// Explains a rule, or lists all of them.
pub(crate) fn run(args: &Explain, terminal: Terminal) -> Result<Outcome, Failure> {
    match (&args.code, terminal.format) {
        (Some(code), Format::Json) => terminal::json(&json(explain(code)?))?,
        (Some(code), Format::Table) => terminal::result(text(explain(code)?))?,
        (None, Format::Json) => terminal::json(&RULES.iter().map(|rule| json(rule)).collect())?,
        (None, Format::Table) => {
            let mut table = terminal.table(["code", "severity", "name", "what is wrong"]);
            for rule in RULES {
                table.add_row([rule.code, &rule.severity.to_string(), rule.name, rule.summary]);
            }
            terminal::result(table.trim_fmt())?;
        }
    }
    Ok(Outcome::Done)
}

fn text(rule: &Rule) -> String {
    let Rule { code, name, severity, summary, explanation } = rule;
    let allowing = if rule.is_allowable() {
        format!(
            "One file may break it: `-- migrate: allow({code}) reason`. `[rules]` in migrations.toml sets it for all."
        )
    } else {
        "It cannot be allowed.".to_owned()
    };
    let paragraphs = [format!("{severity}[{code}] {name}"), format!("{summary}."), (*explanation).to_owned(), allowing];
    paragraphs.map(|paragraph| terminal::wrapped(&paragraph)).join("\n\n")
}

fn json(rule: &Rule) -> Value {
    json!({
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.to_string(),
        "allowable": rule.is_allowable(),
        "summary": rule.summary,
        "explanation": rule.explanation,
    })
}
