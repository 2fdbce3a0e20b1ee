use std::mem::{Discriminant, discriminant};
use std::ops::Range;

use surrealdb_sql::{Expr, TopLevelExpr};
use surrealdb_syn::parser::StatementStream;
use surrealdb_syn::token::TokenKind;
use surrealdb_syn::{Parser, parse_with_settings};

use super::parse::settings;
use super::spanned;

/// Where each statement of a valid text stands, without semicolons, comments and white space around it.
///
/// The parser itself is driven over the text statement by statement, since no other reading of it knows which `;` ends
/// one: strings, regexes, record ids, blocks and script bodies may hold any of them. `None` if the pieces are not the
/// statements that the whole gave.
pub(super) fn ranges(text: &str, expressions: &[TopLevelExpr]) -> Option<Vec<Range<usize>>> {
    if expressions.len() == 1 && is_bare(text) {
        return Some(std::iter::once(0..text.len()).collect());
    }
    in_one_go(text, expressions).or_else(|| one_by_one(text, expressions))
}

/// Whether there can be nothing around the one statement of a text.
fn is_bare(text: &str) -> bool {
    let may_begin_something_else = |byte: &u8| matches!(byte, b';' | b'#' | b'/');
    text.is_ascii()
        && text.trim() == text
        && !text.as_bytes().iter().any(may_begin_something_else)
        && !text.contains("--")
}

/// An expression as the parser read it.
struct Read {
    kind: Discriminant<Expr>,
    start: u32,
    /// Where it was read to.
    last: u32,
    /// Where the next token stands, if there is one.
    next: Option<u32>,
}

/// Drives one parser over the first so many statements of a text, which have to be expressions.
fn read(text: &str, most: usize) -> Option<Vec<Read>> {
    let read = parse_with_settings(text.as_bytes(), settings(), async |parser, stk| {
        let mut read = Vec::with_capacity(most);
        while read.len() < most {
            while parser.eat(TokenKind::SemiColon) {}
            let start = parser.peek().span.offset;
            let kind = discriminant(&parser.parse_expr(stk).await?);
            let last = parser.last_span().after_offset();
            let next = parser.peek();
            read.push(Read { kind, start, last, next: (!next.is_eof()).then_some(next.span.offset) });
        }
        Ok(read)
    });
    read.ok()
}

impl Read {
    /// Where it stands in the text, and where the next statement may begin. `None` if it is not what the whole gave; not more than its kind
    /// counts, since a `DEFINE ACCESS` without a key is given another random one each time it is parsed.
    fn place(&self, text: &str, whole: &Expr) -> Option<(Range<usize>, usize)> {
        let (start, last) = (offset(self.start)?, offset(self.last)?);
        let next = self.next.map_or(Some(text.len()), offset)?;
        // The parser forgets to count the rest of a duration or number as read, so this may be too early, never too late.
        let end = (last..=next).find(|&at| text.get(at..next).is_some_and(is_blank))?;
        (self.kind == discriminant(whole)).then_some((start..end, next))
    }
}

/// Reads all statements in one go. `None` where one of them is no expression, or something is not what the whole gave.
fn in_one_go<'a>(text: &str, statements: &'a [TopLevelExpr]) -> Option<Vec<Range<usize>>> {
    let expression = |statement: &'a TopLevelExpr| match statement {
        TopLevelExpr::Expr(whole) => Some(whole),
        _ => None,
    };
    let expressions: Vec<&Expr> = statements.iter().map(expression).collect::<Option<_>>()?;
    let read = read(text, expressions.len())?;
    let places = read.iter().zip(expressions).map(|(read, whole)| read.place(text, whole));
    let places: Vec<_> = places.collect::<Option<_>>()?;
    // Behind the last one, nothing but semicolons and comments may be left.
    let rest = text.get(places.last()?.1..)?;
    (blank(rest)? == rest.len()).then(|| places.into_iter().map(|(range, _)| range).collect())
}

fn one_by_one(text: &str, expressions: &[TopLevelExpr]) -> Option<Vec<Range<usize>>> {
    let mut at = 0;
    let mut ranges = Vec::with_capacity(expressions.len());
    for whole in expressions {
        let start = at + blank(text.get(at..)?)?;
        let rest = text.get(start..)?;
        let piece = match whole {
            TopLevelExpr::Expr(whole) => expression(rest, whole)?,
            _ => statement(rest, whole)?,
        };
        ranges.push(start..start + piece.len);
        at = start + piece.next;
    }
    // Behind the last one, nothing but semicolons and comments may be left.
    let rest = text.get(at..)?;
    (blank(rest)? == rest.len()).then_some(ranges)
}

/// A statement at the start of a text.
struct Piece {
    /// How many bytes it has.
    len: usize,
    /// Where the next one may begin.
    next: usize,
}

/// How many bytes of white space, comments and empty statements a text begins with.
fn blank(text: &str) -> Option<usize> {
    let mut parser = Parser::new_with_settings(text.as_bytes(), settings());
    while parser.eat(TokenKind::SemiColon) {}
    let token = parser.peek();
    if token.is_eof() { Some(text.len()) } else { offset(token.span.offset) }
}

/// All but a few statements are expressions, of which the parser tells where it stopped.
fn expression(text: &str, whole: &Expr) -> Option<Piece> {
    let (range, next) = read(text, 1)?.first()?.place(text, whole)?;
    Some(Piece { len: range.end, next })
}

/// Of the few others it tells only which bytes of a buffer it used, so they are read from one that grows until it holds
/// the statement: copying the whole rest for each of them would take quadratic time.
fn statement(text: &str, whole: &TopLevelExpr) -> Option<Piece> {
    let mut room = 64;
    loop {
        let given = text.get(..text.ceil_char_boundary(room))?;
        let complete = given.len() == text.len();
        // What it says of a last statement without a semicolon is not to be trusted, for the reason above.
        let ended = if complete { format!("{given}\n;") } else { given.to_owned() };
        let mut buffer = ended.as_bytes().into();
        let mut stream = StatementStream::new_with_settings(settings());
        let parsed = stream.parse_complete(&mut buffer).ok().flatten();
        let used = ended.get(..ended.len().checked_sub(buffer.len())?)?;
        if let Some(piece) = used.strip_suffix(';')
            && parsed.as_ref() == Some(whole)
        {
            let len = spanned::end_of_statement(piece).unwrap_or_else(|| piece.trim_end().len());
            return Some(Piece { len, next: used.len().min(text.len()) });
        }
        if complete {
            return None;
        }
        room *= 2;
    }
}

fn is_blank(text: &str) -> bool {
    if text.trim_start_matches([' ', '\n']).is_empty() {
        return true;
    }
    Parser::new_with_settings(text.as_bytes(), settings()).peek().is_eof()
}

fn offset(offset: u32) -> Option<usize> {
    usize::try_from(offset).ok()
}

/// Whether the quick ways cut a valid text as the thorough one does.
#[cfg(test)]
pub(super) fn all_ways_agree(text: &str) -> bool {
    let whole = surrealdb_syn::parse(text).unwrap().expressions;
    ranges(text, &whole) == one_by_one(text, &whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of a text, which must parse to the same statements, one by one and put together again.
    fn pieces(text: &str) -> Vec<&str> {
        let whole = surrealdb_syn::parse(text).unwrap().expressions;
        let ranges = ranges(text, &whole).unwrap();
        assert_eq!(ranges.len(), whole.len());
        assert!(all_ways_agree(text), "{text}");
        let pieces: Vec<_> = ranges.into_iter().map(|range| &text[range]).collect();
        for (piece, ast) in pieces.iter().zip(&whole) {
            assert_eq!(surrealdb_syn::parse(piece).unwrap().expressions, std::slice::from_ref(ast), "{piece}");
        }
        assert_eq!(surrealdb_syn::parse(&pieces.join("\n;\n")).unwrap().expressions, whole);
        pieces
    }

    #[test]
    fn a_semicolon_inside_a_token_ends_nothing() {
        let texts = [
            "CREATE a SET b = 'x;y'",
            "CREATE a SET b = \"x;'y\"",
            r"CREATE a SET b = 'x\';y'",
            "RETURN /a;b/",
            "RETURN r'a:b' = a:`x;y`",
            "RETURN a:⟨x;y⟩",
            "SELECT `a;b` FROM c",
            "RETURN function() { const a = ';'; return `;}`; /* ; */ }",
            "RETURN {a: 1, b: { LET $c = 1; RETURN $c; }}",
            "DEFINE FUNCTION fn::a() { IF true { RETURN 1; }; RETURN 2; }",
            "DEFINE EVENT e ON t WHEN true THEN { CREATE a; CREATE b; }",
            "SLEEP 100ms",
            "CREATE a SET b = 1.5e-7 TIMEOUT 1h30m",
            "1.25dec",
            "-1e-5f",
            "CREATE a /* ; */ SET b = 1",
            "CREATE a -- ;\n SET b = 1",
            "CREATE a # ;\n SET b = 1",
            "CREATE a // ;\n SET b = 1",
        ];
        for text in texts {
            assert_eq!(pieces(text), [text]);
            assert_eq!(pieces(&format!("{text};\n{text} ; CREATE z")), [text, text, "CREATE z"]);
            assert_eq!(pieces(&format!("{text}-- ;\n;{text}/* ; */;{text} # ;")), [text, text, text]);
        }
    }

    #[test]
    fn comments_and_white_space_around_a_statement_are_not_its_own() {
        let text = "-- first\n;; CREATE a -- one\n ; /* two */ CREATE b # three\n;\u{a0}CREATE c // end";
        assert_eq!(pieces(text), ["CREATE a", "CREATE b", "CREATE c"]);
        assert_eq!(pieces("CREATE `é`;\tCREATE b\r\n"), ["CREATE `é`", "CREATE b"]);
    }

    #[test]
    fn statements_that_are_no_expressions_are_cut_as_exactly() {
        let long = format!("USE NS a {} DB b", "/* ; */".repeat(100));
        let texts = [
            "BEGIN",
            "COMMIT TRANSACTION",
            "USE NS `a;b` DB c",
            "USE DB c",
            &long,
            "OPTION IMPORT",
            "OPTION IMPORT = true",
            "KILL u'00000000-0000-0000-0000-000000000000'",
            "SHOW CHANGES FOR TABLE a SINCE 1 LIMIT 10",
            "ACCESS a ON DATABASE REVOKE WHERE 'a;b' = \"it's -- ;\"",
            "ACCESS a GRANT FOR RECORD u:1",
            "ACCESS a PURGE EXPIRED FOR 90d",
        ];
        for text in texts {
            assert_eq!(pieces(&format!("{text} -- ;\n ; CREATE z; {text} /* ; */")), [text, "CREATE z", text]);
            assert_eq!(pieces(text), [text]);
        }
        assert_eq!(pieces("LIVE SELECT * FROM a WHERE b = ';'; CREATE z")[1], "CREATE z");
    }

    #[test]
    fn an_access_with_a_random_key_is_cut_too() {
        let text = "DEFINE ACCESS a ON DATABASE TYPE RECORD";
        let text = format!("{text}; IF true {{ {text} }} -- b");
        let whole = surrealdb_syn::parse(&text).unwrap().expressions;
        assert_eq!(ranges(&text, &whole).unwrap(), [0..39, 41..92]);
    }

    #[test]
    fn many_statements_take_no_quadratic_time() {
        let text = "BEGIN;CREATE a;".repeat(2_000);
        assert_eq!(pieces(&text).len(), 4_000);
    }
}
