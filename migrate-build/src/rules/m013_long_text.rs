use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M013",
    name: "long-text",
    severity: Severity::Error,
    summary: "The text of a migration is too long",
    explanation: "A migration is sent as one message, and a server takes no longer ones than it was set to: unless \
                  told otherwise 1 MiB over HTTP as SQL, 4 MiB over HTTP as RPC, 128 MiB over WebSocket. It is also \
                  embedded in every binary. Divide it, or set `text` under `[limits]` in `migrations.toml` to what \
                  your servers take.",
};

/// How many bytes a text may have, unless `migrations.toml` says otherwise: what a server takes in every way.
pub(crate) const LIMIT: usize = 1 << 20;

pub(crate) fn diagnostic(source: &Source, limit: usize) -> Diagnostic {
    let length = source.text().len();
    Diagnostic::of_file(
        &RULE,
        source.file(),
        format!("this migration has {length} bytes; {limit} are the limit"),
        "divide it into several, or set `text` under `[limits]` in `migrations.toml`",
    )
}
