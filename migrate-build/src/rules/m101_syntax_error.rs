use crate::{Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M101",
    name: "syntax-error",
    severity: Severity::Error,
    summary: "SurrealDB's own parser refuses the text",
    explanation: "The server would refuse the whole migration before running anything. Every statement is parsed at build \
                  time by the parser of the SurrealDB version that this crate is built for.",
};
