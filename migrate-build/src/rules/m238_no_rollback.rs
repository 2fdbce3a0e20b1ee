use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M238",
    name: "no-rollback",
    severity: Severity::Warning,
    summary: "The start of a phased migration cannot be taken back",
    explanation: "No rollback could be derived, since what the start does is only known when it runs. Write steps of the phase \
                  `rollback`, or say why there is none: `irreversible = \"reason\"`.",
};

pub(crate) fn diagnostic(file: &Source) -> Diagnostic {
    let help = "write steps of the phase `rollback`, or `irreversible = \"reason\"` at the top of the file";
    let message = "no rollback could be derived: what the start changes is only known when it runs";
    Diagnostic::of_file(&RULE, file.file(), message, help)
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    const DYNAMIC: &str = "IF time::now() > d'2000-01-01T00:00:00Z' { DEFINE FIELD b ON a TYPE option<int> }";

    #[test]
    fn what_nobody_can_derive_is_told_unless_it_is_meant() {
        let dynamic = GOOD.replace("DEFINE FIELD b ON a TYPE option<int>", DYNAMIC);
        assert!(said(&dynamic).iter().any(|said| said.starts_with("M238 ")), "{:?}", said(&dynamic));
        let meant = said(&format!("irreversible = \"it is read once\"\n{dynamic}"));
        assert!(!meant.iter().any(|said| said.starts_with("M238 ")), "{meant:?}");
        assert_eq!(said(GOOD), [""; 0]);
    }
}
