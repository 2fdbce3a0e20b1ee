use crate::Severity;

/// One thing that is checked: its code, how severe it is unless said otherwise, and what to tell a person about it.
///
/// The table of them is [`RULES`](crate::RULES); the documentation page and `explain` are made from it.
#[derive(Debug)]
pub struct Rule {
    /// `M` and three digits. The first says what it is about: 0 files and names, 1 syntax, 2 meaning, 3 effects, 4 traps
    /// of the database, 5 the lockfile.
    pub code: &'static str,
    /// A kebab-case name.
    pub name: &'static str,
    /// The severity unless the file or `migrations.toml` says otherwise.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub summary: &'static str,
    /// Why it matters and what to do, in Markdown.
    pub explanation: &'static str,
}

impl Rule {
    /// Whether `-- migrate: allow(CODE) reason` may silence it. What would corrupt data or cannot run may not be allowed.
    pub const fn is_allowable(&self) -> bool {
        match self.code.as_bytes() {
            // What breaks an older binary belongs into another phase, where nothing need be allowed.
            b"M305" => false,
            [b'M', b'3', ..] => true,
            _ => matches!(self.severity, Severity::Warning),
        }
    }
}
