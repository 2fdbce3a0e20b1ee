use surrealdb_syn::{ParserConfig, ParserSettings};

use super::statement::kind;
use super::{ParsedStatement, split, syntax_error};
use crate::rules::{m102_no_statement, m103_unchecked_statement};
use crate::{Diagnostics, Source};

/// Parses a text as a server would, and cuts it into its statements.
///
/// A text that the server would refuse gives one diagnostic and `None`: the engine refuses a text whole.
pub(crate) fn parse(source: &Source, diagnostics: &mut Diagnostics) -> Option<Vec<ParsedStatement>> {
    let text = source.text();
    // The inner result carries the error with its spans; the outer one would only hold their rendering.
    let parsed = surrealdb_syn::parse_with_settings(text.as_bytes(), settings(), async |parser, stk| {
        Ok(parser.parse_query(stk).await)
    });
    let expressions = match parsed {
        Ok(Ok(ast)) => ast.expressions,
        Ok(Err(error)) => {
            diagnostics.push(syntax_error::diagnostic(source, error));
            return None;
        }
        Err(error) => {
            diagnostics.push(syntax_error::unreadable(source, &error));
            return None;
        }
    };
    if expressions.is_empty() {
        diagnostics.push(m102_no_statement::diagnostic(source));
        return None;
    }
    let Some(ranges) = split::ranges(text, &expressions) else {
        diagnostics.push(m103_unchecked_statement::unsplit(source));
        return None;
    };
    let statements = ranges.into_iter().zip(expressions).map(|(range, ast)| {
        let line = source.position(range.start).line;
        ParsedStatement { range, line, kind: kind(&ast), ast }
    });
    Some(statements.collect())
}

/// Every optional grammar: whether a server allows a feature is known when it runs, not here.
pub(super) fn settings() -> ParserSettings {
    ParserSettings::all_features(&ParserConfig::default())
}

#[cfg(test)]
mod tests {
    use migrate_core::StatementKind;
    use proptest::prelude::*;

    use super::*;

    fn statements(text: &str) -> Vec<(u32, StatementKind)> {
        let source = Source::new("V1__test.surql", text);
        let mut diagnostics = Diagnostics::default();
        let statements = parse(&source, &mut diagnostics).unwrap();
        statements.iter().map(|statement| (statement.line, statement.kind)).collect()
    }

    #[test]
    fn every_statement_knows_its_line_and_kind() {
        use StatementKind::{Access, Create, Define, Expression, If, Let};
        assert_eq!(
            statements("DEFINE TABLE a;\n\nLET $b = 1; CREATE a\n  SET b = $b;\n{ 1 };IF true {};\nACCESS c SHOW ALL"),
            [(1, Define), (3, Let), (3, Create), (5, Expression), (5, If), (6, Access)]
        );
    }

    /// Parses on a stack as small as a test thread's on some systems: what is deep must be an error, never a crash.
    fn survives(text: String) -> bool {
        let parse = move || {
            let mut diagnostics = Diagnostics::default();
            let source = Source::new("V1__test.surql", text);
            let parsed = parse(&source, &mut diagnostics);
            assert_eq!(parsed.is_none(), diagnostics.has_errors(), "{diagnostics}");
            assert!(diagnostics.iter().all(|diagnostic| diagnostic.rule().code != "M103"), "{diagnostics}");
            if let Some(statements) = &parsed {
                assert!(split::all_ways_agree(source.text()), "{}", source.text());
                crate::surql::check(&source, statements, &mut diagnostics);
            }
            parsed.is_some()
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(parse).unwrap().join().unwrap()
    }

    #[test]
    fn deep_nesting_is_an_error_and_never_a_crash() {
        let deep = |open: &str, close: &str| open.repeat(50_000) + "1" + &close.repeat(50_000);
        for (open, close) in
            [("(", ")"), ("[", "]"), ("{", "}"), ("{a:", "}"), ("!", ""), ("-", ""), ("1+", ""), ("a.", "")]
        {
            let refused = !survives(deep(open, close)) && !survives(deep(open, ""));
            assert!(refused || open == "a.", "{open}");
        }
        for depth in [10, 18, 19, 20, 50, 90, 99, 100, 126, 127, 128] {
            for (open, close) in
                [("(", ")"), ("[", "]"), ("{", "}"), ("{a:", "}"), ("1+", ""), ("!", ""), ("|$a| {", "}")]
            {
                survives(open.repeat(depth) + "1" + &close.repeat(depth));
                survives(format!("DEFINE FIELD a ON b VALUE {}1{}", open.repeat(depth), close.repeat(depth)));
            }
            survives(format!("DEFINE FIELD a ON b TYPE {}int{}", "array<".repeat(depth), ">".repeat(depth)));
        }
    }

    #[test]
    fn large_texts_are_handled() {
        assert!(!survives(";".repeat(1 << 20)));
        assert!(!survives("'".to_owned() + &"a".repeat(1 << 20)));
        assert!(!survives("/*".to_owned() + &" ".repeat(1 << 20)));
        assert!(!survives("\n".repeat(1 << 20) + "("));
        assert!(survives("CREATE a SET b = '".to_owned() + &"x".repeat(1 << 20) + "'"));
    }

    const TOKENS: &[&str] = &[
        "SELECT",
        "*",
        "FROM",
        "a",
        "WHERE",
        "CREATE",
        "UPDATE",
        "SET",
        "=",
        "1",
        "'x'",
        "\"",
        "'",
        "`",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ";",
        ",",
        ":",
        "::",
        "$p",
        "DEFINE",
        "TABLE",
        "FIELD",
        "ON",
        "TYPE",
        "IF",
        "ELSE",
        "FOR",
        "IN",
        "LET",
        "RETURN",
        "BREAK",
        "BEGIN",
        "COMMIT",
        "USE",
        "NS",
        "DB",
        "LIVE",
        "KILL",
        "->",
        "<-",
        "..",
        ".",
        "|",
        "||",
        "?",
        "!",
        "-",
        "--",
        "/*",
        "*/",
        "/",
        "<",
        ">",
        "@",
        "@@",
        "~",
        "fn::a",
        "function",
        "é",
        "\\",
        "r'",
        "d'",
        "u'",
        "b'",
        "f'",
        "NONE",
        "1.5dec",
        "1h",
        "ACCESS",
        "OPTION",
        "SHOW",
        "EVENT",
        "THEN",
        "PERMISSIONS",
        "INSERT",
        "INTO",
        "VALUES",
        "RELATE",
        "REMOVE",
        "ALTER",
        "INFO",
        "THROW",
        "ml::a<1.0>",
        "|a:1|",
        "⟨",
        "⟩",
        "\n",
        "#",
        "\u{2028}",
        "EXPLAIN",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            survives(text);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            survives(String::from_utf8_lossy(&bytes).into_owned());
        }

        #[test]
        fn no_soup_of_tokens_panics(tokens in proptest::collection::vec(proptest::sample::select(TOKENS), 0..30)) {
            survives(tokens.join(" "));
            survives(tokens.concat());
        }
    }
}
