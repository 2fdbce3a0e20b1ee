use migrate_core::ObjectKind;

use crate::analysis::Step;
use crate::definition::Secret;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M422",
    name: "literal-secret",
    severity: Severity::Warning,
    summary: "A key or password stands in the migration",
    explanation: "Whoever reads the repository or the binary reads it too, and it cannot be changed without \
                  another migration. Let the database make the key, verify with a public key or a URL, give a \
                  `PASSHASH`, or create the user outside the migrations.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(define) = step.define() else { return };
    let object = &define.definition.object;
    let is_literal = define.definition.shape.access().is_some_and(|access| access.secret == Secret::Literal);
    if is_literal {
        let what = if object.kind() == ObjectKind::User { "password" } else { "key" };
        let message = format!("the {what} of {object} stands in the migration");
        let help = match object.kind() {
            ObjectKind::User => "give a `PASSHASH`, or create the user outside the migrations",
            _ => "leave the key out so that the database makes one, or verify with a public key or a URL",
        };
        diagnostics.push(step.at_name(&RULE, object.name(), message, help.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    #[test]
    fn a_secret_in_the_text_is_told() {
        assert_eq!(codes(&["DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'secret'"]), ["M422"]);
        assert_eq!(codes(&["DEFINE USER a ON DATABASE PASSWORD 'secret' ROLES VIEWER"]), ["M422"]);
    }

    #[test]
    fn no_secret_in_the_text_is_fine() {
        assert_eq!(codes(&["DEFINE ACCESS a ON DATABASE TYPE RECORD"]), [""; 0]);
        assert_eq!(codes(&["DEFINE ACCESS a ON DATABASE TYPE JWT URL 'https://example.com/jwks'"]), [""; 0]);
    }
}
