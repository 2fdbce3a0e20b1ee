use crate::{Diagnostic, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M010",
    name: "not-utf8",
    severity: Severity::Error,
    summary: "A file is not valid UTF-8",
    explanation: "SurrealQL is UTF-8. Editors on Windows may save UTF-16 or a local code page: save it as UTF-8.",
};

pub(crate) fn diagnostic(file: String, bytes: &[u8], offset: usize) -> Diagnostic {
    let line = bytes.iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1;
    let found = bytes.get(offset).map_or(String::new(), |byte| format!(" (0x{byte:02x})"));
    let help = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this looks like UTF-16: save the file as UTF-8",
        _ => "save the file as UTF-8",
    };
    Diagnostic::of_file(
        &RULE,
        file,
        format!("this file is not valid UTF-8: byte {offset}{found}, on line {line}, begins no character"),
        help,
    )
}
