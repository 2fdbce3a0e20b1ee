use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::{Position, Rule, Source};

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is said, and the build goes on.
    Warning,
    /// The build fails.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something a person should know about a migrations folder: what, where, and what to do about it.
///
/// `Display` renders it without colours, with a snippet and a caret where there is a text to show.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    rule: &'static Rule,
    severity: Severity,
    place: Place,
    // Boxed, so that a function may return a diagnostic as its error.
    message: Box<str>,
    label: Box<str>,
    notes: Vec<String>,
    help: Box<str>,
}

#[derive(Clone, Debug)]
enum Place {
    /// A file or folder as a whole.
    File(String),
    /// A byte range of a text.
    Text(Source, Range<usize>),
}

impl Diagnostic {
    /// Says `message` about a file or folder as a whole; `help` is the remedy.
    pub(crate) fn of_file(
        rule: &'static Rule,
        file: impl Into<String>,
        message: impl Into<Box<str>>,
        help: impl Into<Box<str>>,
    ) -> Self {
        Self::new(rule, Place::File(file.into()), message.into(), help.into())
    }

    /// Says `message` about a byte range of a text; `help` is the remedy.
    pub(crate) fn of_text(
        rule: &'static Rule,
        source: &Source,
        range: Range<usize>,
        message: impl Into<Box<str>>,
        help: impl Into<Box<str>>,
    ) -> Self {
        let range = source.clamp(&range);
        Self::new(rule, Place::Text(source.clone(), range), message.into(), help.into())
    }

    fn new(rule: &'static Rule, place: Place, message: Box<str>, help: Box<str>) -> Self {
        let severity = rule.severity;
        Self { rule, severity, place, message, label: Box::default(), notes: Vec::new(), help }
    }

    /// Adds what stands beside the caret.
    #[must_use]
    pub(crate) fn with_label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a `note` line.
    #[must_use]
    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Gives it another severity than its rule's.
    #[must_use]
    pub(crate) fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same about another place.
    #[must_use]
    pub(crate) fn at(mut self, source: &Source, range: Range<usize>) -> Self {
        let range = source.clamp(&range);
        self.place = Place::Text(source.clone(), range);
        self
    }

    /// Where in its text it is, if it speaks of a place.
    pub(crate) fn range(&self) -> Option<Range<usize>> {
        match &self.place {
            Place::File(_) => None,
            Place::Text(_, range) => Some(range.clone()),
        }
    }

    /// The rule that was broken.
    pub const fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The file or folder it speaks of.
    pub fn file(&self) -> &str {
        match &self.place {
            Place::File(file) => file,
            Place::Text(source, _) => source.file(),
        }
    }

    /// Where in the file, or `None` when it speaks of the file as a whole.
    pub fn position(&self) -> Option<Position> {
        match &self.place {
            Place::File(_) => None,
            Place::Text(source, range) => Some(source.position(range.start)),
        }
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn start(&self) -> usize {
        match &self.place {
            Place::File(_) => 0,
            Place::Text(_, range) => range.start,
        }
    }

    /// The text under the caret.
    #[cfg(test)]
    pub(crate) fn marked(&self) -> &str {
        match &self.place {
            Place::File(_) => "",
            Place::Text(source, range) => &source.text()[range.clone()],
        }
    }

    /// What stands beside the caret: why it is wrong here. Empty where the message says it all.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What else a person should know, a line or a paragraph each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What to do about it.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// Renders it with or without terminal colours.
    pub fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let title = level.primary_title(&*self.message).id(self.rule.code);
        let group = match &self.place {
            Place::File(file) => Group::with_title(title).element(Origin::path(file)),
            Place::Text(source, range) => {
                let annotation = AnnotationKind::Primary.span(range.clone()).label(&*self.label);
                let snippet = Snippet::source(source.text()).path(source.file()).annotation(annotation);
                Group::with_title(title).element(snippet)
            }
        };
        let notes = self.notes.iter().map(|note| Level::NOTE.message(note));
        let group = group.elements(notes).element(Level::HELP.message(&*self.help));
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

/// Everything found in one folder, collected so that all of it is reported at once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.0.retain(keep);
    }

    /// The same in the order of the text that they speak of; what is said of one place stays as it was.
    pub(crate) fn in_order_of_text(mut self) -> Self {
        self.0.sort_by_key(Diagnostic::start);
        self
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}
