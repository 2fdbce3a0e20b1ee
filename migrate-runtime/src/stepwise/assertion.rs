use migrate_core::Expectation;

use crate::script::{Role, Script};

/// Asks a question, and throws unless the answer is as expected. Nothing is converted: an answer of another type is wrong.
pub(super) fn ask(script: &mut Script, question: &str, id: &str, expectation: Expectation) {
    let is_right = match expectation {
        Expectation::Empty => "type::is_array($_migrate_answer) AND array::is_empty($_migrate_answer)".to_owned(),
        Expectation::Bool(value) => format!("$_migrate_answer = {value}"),
        Expectation::Number(number) => format!("type::is_number($_migrate_answer) AND $_migrate_answer = {number}"),
        Expectation::AtMost(number) => {
            format!("type::is_number($_migrate_answer) AND $_migrate_answer <= {number}")
        }
        Expectation::AtLeast(number) => {
            format!("type::is_number($_migrate_answer) AND $_migrate_answer >= {number}")
        }
    };
    script.push(0, Role::Statement(0), &format!("LET $_migrate_answer = ({question}\n);\n"));
    script.push(
        0,
        Role::Statement(0),
        &format!(
            "IF !({is_right}) {{ THROW string::concat('the assertion `{id}` expects {expectation}, and the answer is ', \
             string::slice(<string> $_migrate_answer, 0, 200)) }};\n"
        ),
    );
}
