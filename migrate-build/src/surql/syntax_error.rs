use std::ops::Range;

use surrealdb_syn::ParseError;
use surrealdb_syn::error::SyntaxError;
use surrealdb_syn::token::Span;

use crate::rules::m101_syntax_error::RULE;
use crate::{Diagnostic, Source};

const HELP: &str = "correct the text: a server refuses such a migration whole, before any of it runs";

/// What the engine's parser says, at the place it says it of.
pub(super) fn diagnostic(source: &Source, error: SyntaxError) -> Diagnostic {
    let mut spans = Vec::new();
    let error = error.update_spans(|span| {
        spans.push(range(*span));
        // The engine renders its own snippets while it is asked for its messages. Ours is better, and a blank text
        // keeps it from searching the real one.
        *span = Span { offset: 0, len: 0 };
    });
    // The last span added is the first visited; the first one added is the one the message speaks of.
    spans.reverse();
    let rendered = error.render_on(" ");
    let labels = rendered.snippets.iter().map(|snippet| label(&snippet.to_string()));
    let mut spans = spans.into_iter().zip(labels);

    let message = rendered.errors.first().map_or("the text does not parse", |message| first_line(message));
    let (primary, label) = spans.next().unwrap_or_default();
    let mut diagnostic = Diagnostic::of_text(&RULE, source, primary, message, HELP).with_label(label);
    for cause in rendered.errors.iter().skip(1) {
        diagnostic = diagnostic.with_note(first_line(cause));
    }
    for (range, label) in spans.filter(|(_, label)| !label.is_empty()) {
        let position = source.position(range.start);
        diagnostic = diagnostic.with_note(format!("{label} (line {}, column {})", position.line, position.column));
    }
    diagnostic
}

/// What is refused before it is read at all.
pub(super) fn unreadable(source: &Source, error: &ParseError) -> Diagnostic {
    Diagnostic::of_file(&RULE, source.file(), first_line(&error.to_string()), HELP)
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message)
}

/// The label of a rendered snippet: what stands behind the carets of its last line.
fn label(snippet: &str) -> String {
    let last = snippet.lines().next_back().unwrap_or_default();
    let marks = last.split_once(" | ").map_or(last, |(_, marks)| marks);
    marks.trim_start_matches(' ').trim_start_matches('^').trim().to_owned()
}

fn range(span: Span) -> Range<usize> {
    let start = usize::try_from(span.offset).unwrap_or(usize::MAX);
    start..start.saturating_add(usize::try_from(span.len).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use crate::surql::testing::diagnostics;

    /// What stands between the title's code and the help.
    fn rendered(text: &str) -> String {
        let rendered = diagnostics(text).to_string();
        let end = rendered.find("\n  = help: ").unwrap();
        rendered[..end].trim_start_matches("error[M101]: ").to_owned()
    }

    #[test]
    fn the_caret_stands_under_the_very_token() {
        assert_eq!(
            rendered("DEFINE TABLE a;\nDEFINE FEILD b ON a;"),
            "Unexpected token `an identifier`, expected a define statement keyword
 --> V1__test.surql:2:8
  |
2 | DEFINE FEILD b ON a;
  |        ^^^^^
  |"
        );
    }

    #[test]
    fn the_hint_of_the_engine_is_the_label() {
        assert_eq!(
            rendered("DEFINE TABLE a\nDEFINE TABLE b;"),
            "Unexpected token `DEFINE`, expected the query to end
 --> V1__test.surql:2:1
  |
2 | DEFINE TABLE b;
  | ^^^^^^ maybe forgot a semicolon after the previous statement?
  |"
        );
    }

    #[test]
    fn a_second_place_becomes_a_note() {
        let rendered = rendered("CREATE a SET\n  b = (1 + 2;");
        assert!(rendered.contains("--> V1__test.surql:2:13\n"), "{rendered}");
        assert!(rendered.contains("= note: expected this delimiter to close (line 2, column 7)"), "{rendered}");
    }

    #[test]
    fn an_error_at_the_end_points_behind_the_text() {
        for (text, place) in [("CREATE a SET b =", ":1:17"), ("CREATE a SET b = 'x", ":1:18"), ("CREATE é", ":1:8")] {
            let rendered = rendered(text);
            assert!(rendered.contains(place), "{rendered}");
            assert!(!rendered.contains("Parse error"), "{rendered}");
        }
    }
}
