//! All that is printed for a person about what is wrong.

use std::io::{IsTerminal, Write};

use annotate_snippets::Renderer;
use migrate_build::{Diagnostics, Severity};

/// Prints diagnostics to standard error, in colour where a person looks.
pub(crate) fn diagnostics(diagnostics: &Diagnostics) {
    let mut stderr = std::io::stderr().lock();
    let renderer = if stderr.is_terminal() { Renderer::styled() } else { Renderer::plain() };
    for diagnostic in diagnostics {
        // There is nowhere to complain to when standard error cannot be written.
        let _ = writeln!(stderr, "{}\n", diagnostic.render(&renderer));
    }
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count();
    let parts = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(plural).collect();
    if !parts.is_empty() {
        let _ = writeln!(stderr, "{}", parts.join(", "));
    }
}

fn plural((count, noun): (usize, &str)) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
