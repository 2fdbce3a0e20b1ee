use crate::{Diagnostic, Rule, Severity, Source, toml_error};

pub(crate) static RULE: Rule = Rule {
    code: "M030",
    name: "invalid-manifest",
    severity: Severity::Error,
    summary: "`migrations.toml` cannot be understood",
    explanation: "Known keys are `module`, `formerly`, `versions`, `requires` and the tables `accepts`, `tags` and `rules`. An unknown one is an error: \
                  it may be a misspelt setting that would have no effect.",
};

const KNOWN: &str = "known are `module = \"name\"`, `versions = \"sequential\"` or `\"timestamp\"`, \
                     `requires = { other_module = 3 }` and the tables `[tags]` and `[rules]`";

pub(crate) fn diagnostic(source: &Source, error: &toml::de::Error) -> Diagnostic {
    let help = match toml_error::meant(error) {
        Some(key) => format!("did you mean `{key}`?"),
        None => KNOWN.to_owned(),
    };
    Diagnostic::of_text(
        &RULE,
        source,
        error.span().unwrap_or_default(),
        format!("`migrations.toml` cannot be understood: {}", toml_error::sentence(error)),
        help,
    )
}
