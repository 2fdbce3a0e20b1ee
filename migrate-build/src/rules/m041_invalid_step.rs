use std::ops::Range;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M041",
    name: "invalid-step",
    severity: Severity::Error,
    summary: "A step of a phased migration is not one",
    explanation: "Its `id` is made of `a`-`z`, `0`-`9` and `_`, and is unique in the file: the ledger names the steps that are \
                  done by it. Those that begin with `derived_` are left to a derived rollback. It is one of three things: `sql`; `assert` with `expect`, which is a number, `true`, \
                  `false`, `\"empty\"`, `{ max = n }` or `{ min = n }`; or `backfill`, with `table`, `where`, `set` and \
                  perhaps `batch`.",
};

pub(crate) fn id(file: &Source, range: Range<usize>, id: &str) -> Diagnostic {
    let message = format!("`{}` cannot be the id of a step", id.escape_debug());
    Diagnostic::of_text(&RULE, file, range, message, "use `a`-`z`, `0`-`9` and `_`, 64 of them at most")
}

pub(crate) fn reserved(file: &Source, range: Range<usize>, id: &str) -> Diagnostic {
    let message = format!("`{id}` may be the id of a step of a derived rollback");
    Diagnostic::of_text(&RULE, file, range, message, "give it one that does not begin with `derived_`")
}

pub(crate) fn taken(file: &Source, range: Range<usize>, id: &str) -> Diagnostic {
    let message = format!("another step has the id `{id}`");
    Diagnostic::of_text(&RULE, file, range, message, "give it one of its own: the ledger tells steps apart by it")
}

pub(crate) fn work(file: &Source, range: Range<usize>) -> Diagnostic {
    let help = "give it `sql`, or `assert` and `expect`, or `backfill`; for two of them, make it two steps";
    Diagnostic::of_text(&RULE, file, range, "this step has to have exactly one thing to do", help)
}

pub(crate) fn expectation(file: &Source, range: Range<usize>) -> Diagnostic {
    let help = "write a number, `true`, `false`, `\"empty\"`, `{ max = 3 }` or `{ min = 1 }`";
    Diagnostic::of_text(&RULE, file, range, "an assertion needs `expect`: what the answer has to be", help)
}

pub(crate) fn unasked(file: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        file,
        range,
        "`expect` stands beside no `assert`",
        "remove it, or ask with `assert = '…'`",
    )
}

pub(crate) fn batch(file: &Source, range: Range<usize>, largest: i64) -> Diagnostic {
    let message = format!("a batch has 1 to {largest} rows");
    Diagnostic::of_text(&RULE, file, range, message, "a thousand is a good number: `batch = 1000`")
}

pub(crate) fn table(file: &Source, range: Range<usize>) -> Diagnostic {
    let help = "write its bare name, without quotes of its own: `table = \"user\"`";
    Diagnostic::of_text(&RULE, file, range, "this is not the name of a table", help)
}

pub(crate) fn backfill(source: &Source, range: Range<usize>) -> Diagnostic {
    let help = "`where` is one condition, and `set` is what stands behind `SET`: `name = string::trim(name), n = 1`";
    Diagnostic::of_text(&RULE, source, range, "this backfill is not one statement that writes batches of rows", help)
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    fn with(step: &str) -> Vec<String> {
        said(&format!("{GOOD}[[step]]\nid = \"more\"\nphase = \"complete\"\n{step}\n"))
    }

    #[test]
    fn an_id_is_plain_and_unique() {
        assert_eq!(
            said(&GOOD.replace("\"widen\"", "\"Widen it\"")),
            ["M041 2:6 `Widen it` cannot be the id of a step"]
        );
        assert_eq!(said(&GOOD.replace("\"narrow\"", "\"widen\"")), ["M041 6:6 another step has the id `widen`"]);
        let reserved = said(&GOOD.replace("\"narrow\"", "\"derived_1\""));
        assert_eq!(reserved, ["M041 6:6 `derived_1` may be the id of a step of a derived rollback"]);
    }

    #[test]
    fn a_step_has_one_thing_to_do() {
        assert_eq!(with(""), ["M041 10:6 this step has to have exactly one thing to do"]);
        assert_eq!(with("sql = 'CREATE b'\nassert = 'true'\nexpect = true"), with(""));
    }

    #[test]
    fn an_expectation_has_a_type() {
        for good in ["0", "true", "\"empty\"", "{ max = 3 }", "{ min = -1 }"] {
            assert_eq!(with(&format!("assert = 'count(SELECT * FROM a)'\nexpect = {good}")), [""; 0], "{good}");
        }
        for bad in ["1.5", "\"none\"", "{ max = 3, min = 1 }", "{ most = 3 }", "[]"] {
            let said = with(&format!("assert = 'count(SELECT * FROM a)'\nexpect = {bad}"));
            assert_eq!(said, ["M041 13:10 an assertion needs `expect`: what the answer has to be"], "{bad}");
        }
        assert_eq!(with("assert = 'true'"), ["M041 10:6 an assertion needs `expect`: what the answer has to be"]);
        assert_eq!(with("sql = 'CREATE a'\nexpect = 1"), ["M041 13:10 `expect` stands beside no `assert`"]);
    }

    #[test]
    fn a_backfill_is_one_statement_of_a_bounded_number_of_rows() {
        let backfill = |rest: &str| with(&format!("backfill = {{ table = 'a', where = 'c IS NONE', {rest} }}"));
        assert_eq!(backfill("set = 'c = 1'"), [""; 0]);
        assert_eq!(backfill("set = 'c = 1', batch = 0"), ["M041 12:71 a batch has 1 to 100000 rows"]);
        let two = backfill("set = 'c = 1; CREATE x'");
        assert!(two[0].ends_with("this backfill is not one statement that writes batches of rows"), "{two:?}");
    }
}
