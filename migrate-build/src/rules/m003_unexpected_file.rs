use crate::filename::Misnamed;
use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M003",
    name: "unexpected-file",
    severity: Severity::Error,
    summary: "A file of the migrations folder is not what belongs there",
    explanation: "A migration is called `V<version>__<name>.surql`: a capital `V`, a positive decimal without \
                  leading zeros, two underscores, and a name of `a`-`z`, `0`-`9` and `_`. Beside it may stand \
                  `V<version>__<name>.down.surql`. `migrations.toml`, `migrations.lock`, `README.md` and dotfiles \
                  belong there too. A file that merely looks like a migration would be one that never runs, so \
                  nothing else is let pass.",
};

const EXPECTED: &str = "a migration is called `V<version>__<name>.surql`, like `V3__add_bio.surql`; \
                        besides them only `.down.surql` files, `migrations.toml`, `migrations.lock`, `README.md` and \
                        dotfiles belong here";

pub(crate) fn diagnostic(file: String, name: &str, misnamed: Misnamed) -> Diagnostic {
    let Misnamed { reason, suggestion } = misnamed;
    let help = match suggestion {
        Some(suggestion) => format!("rename it to `{suggestion}`"),
        None => EXPECTED.to_owned(),
    };
    Diagnostic::of_file(&RULE, file, format!("`{name}` {reason}"), help)
}

pub(crate) fn not_utf8(file: String) -> Diagnostic {
    Diagnostic::of_file(&RULE, file, "the name of this file is not valid UTF-8", EXPECTED)
}

/// A pipe, a socket, a device.
pub(crate) fn special(file: String) -> Diagnostic {
    Diagnostic::of_file(&RULE, file, "this is neither a file nor a folder", "remove it from the migrations folder")
}
