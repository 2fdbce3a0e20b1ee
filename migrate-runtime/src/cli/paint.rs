//! Colours for a text that is laid out already, so that no column moves.

/// What catches the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Bad = 31,
    Good = 32,
    Open = 33,
    Help = 36,
}

/// Words with which a line begins.
const LABELS: [(&str, Tone); 20] = [
    ("error", Tone::Bad),
    ("error:", Tone::Bad),
    ("refused", Tone::Bad),
    ("absent", Tone::Bad),
    ("drifted", Tone::Bad),
    ("FAIL", Tone::Bad),
    ("warning", Tone::Open),
    ("unknown", Tone::Open),
    ("untouched", Tone::Open),
    ("incomplete", Tone::Open),
    ("skipped", Tone::Open),
    ("not here", Tone::Open),
    ("PASS_WITH_WARNINGS", Tone::Open),
    ("PASS", Tone::Good),
    ("migrated", Tone::Good),
    ("help:", Tone::Help),
    ("= help:", Tone::Help),
    ("way out", Tone::Help),
    ("because", Tone::Open),
    ("goes", Tone::Bad),
];

/// Words in the column `state` of a table; the first that is found there counts.
const STATES: [(&str, Tone); 10] = [
    ("refused", Tone::Bad),
    ("does not exist", Tone::Bad),
    ("failed", Tone::Bad),
    ("started", Tone::Bad),
    ("pending", Tone::Open),
    ("running", Tone::Open),
    ("rolled_back", Tone::Open),
    ("up to date", Tone::Good),
    ("applied", Tone::Good),
    ("ahead", Tone::Good),
];

/// The same text with colours for a terminal.
pub(super) fn painted(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() + text.len() / 4);
    let mut column = None;
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            painted.push('\n');
        }
        if line.is_empty() {
            column = None;
        }
        match column.and_then(|column| state(line, column)).or_else(|| label(line)).or_else(|| sign(line)) {
            Some((from, to, tone)) => {
                let (before, rest) = line.split_at(from);
                let (word, after) = rest.split_at(to - from);
                painted.extend([before, &format!("\u{1b}[{}m{word}\u{1b}[0m", tone as u8), after]);
            }
            None => painted.push_str(line),
        }
        if line.starts_with("context ") || line.starts_with("migration ") {
            column = line.find("  state").map(|at| line[..at + 2].chars().count());
        }
    }
    painted
}

/// Where a line has a state, in a table whose column of states begins there.
fn state(line: &str, column: usize) -> Option<(usize, usize, Tone)> {
    let (from, _) = line.char_indices().nth(column)?;
    let cell = line[from..].split("  ").next()?;
    let &(_, tone) = STATES.iter().find(|(word, _)| cell.contains(word))?;
    Some((from, from + cell.len(), tone))
}

/// Where a line says in its first word what it is about.
fn label(line: &str) -> Option<(usize, usize, Tone)> {
    let from = line.len() - line.trim_start().len();
    let rest = &line[from..];
    let is_it = |word: &str| {
        rest.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') || rest.starts_with('['))
    };
    let &(word, tone) = LABELS.iter().find(|(word, _)| is_it(word))?;
    let code = if rest[word.len()..].starts_with('[') { rest.find(']').map(|at| at + 1) } else { None };
    Some((from, from + code.unwrap_or(word.len()), tone))
}

/// Where a line is one of a comparison.
fn sign(line: &str) -> Option<(usize, usize, Tone)> {
    let from = line.len() - line.trim_start().len();
    let tone = match line.get(from..from + 2)? {
        "+ " => Tone::Good,
        "- " => Tone::Bad,
        "~ " => Tone::Open,
        _ => return None,
    };
    Some((from, line.len(), tone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        [31, 32, 33, 36, 0].iter().fold(text.to_owned(), |text, code| text.replace(&format!("\u{1b}[{code}m"), ""))
    }

    #[test]
    fn words_and_states_are_painted_where_they_stand_and_nothing_else_changes() {
        let text = "2 contexts: 1 up to date, 1 refused\n\n\
                    context    modules   state\n\
                    acme/eu    app V2    up to date\n\
                    refused/é  app V1    refused: it\n\
                    \n\
                    refused    acme/us   why\n\
                    error[fails] app V2__b.surql: no\n    = help: mend it\n  + field user.bio";
        let painted = painted(text);
        assert_eq!(plain(&painted), text);
        for part in [
            "app V2    \u{1b}[32mup to date\u{1b}[0m\n",
            "refused/é  app V1    \u{1b}[31mrefused: it\u{1b}[0m\n",
            "\n\u{1b}[31mrefused\u{1b}[0m    acme/us",
            "\u{1b}[31merror[fails]\u{1b}[0m app",
            "    \u{1b}[36m= help:\u{1b}[0m mend",
            "  \u{1b}[32m+ field user.bio\u{1b}[0m",
        ] {
            assert!(painted.contains(part), "{part:?}: {painted:?}");
        }
        assert!(painted.starts_with("2 contexts: 1 up to date, 1 refused\n"), "{painted:?}");
    }

    #[test]
    fn any_text_keeps_its_characters() {
        for text in ["", "\n", "é", "+", "+ ", "  state", "context   state\né\n", "error[", "PASSAGE", "help:x"] {
            assert_eq!(plain(&painted(text)), text, "{text:?}");
        }
    }
}
