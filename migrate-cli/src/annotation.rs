use migrate_build::{Diagnostic, Severity};

use crate::diagnostic;

/// A diagnostic as the line by which GitHub Actions annotates a pull request.
pub(crate) fn github(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let file = property(diagnostic.file());
    let place = match diagnostic.position() {
        Some(position) => format!("file={file},line={},col={}", position.line, position.column),
        None => format!("file={file}"),
    };
    let rule = diagnostic.rule();
    let title = property(&format!("{} {}", rule.code, rule.name));
    let message = format!("{}\nhelp: {}", diagnostic::message(diagnostic), diagnostic.help());
    format!("::{level} {place},title={title}::{}", data(&message))
}

/// What stands behind the second `::`, which ends at the end of its line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which also ends at a comma or colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_it_early() {
        assert_eq!(property("a,b:c%\r\n"), "a%2Cb%3Ac%25%0D%0A");
        assert_eq!(data("100% of it:\nall, too"), "100%25 of it:%0Aall, too");
    }
}
