use std::ops::Range;

/// A comment as SurrealDB's lexer sees it, from its mark to its end, without the line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment(pub(crate) Range<usize>);

/// The comments before anything else in the text.
pub(crate) fn leading(text: &str) -> Vec<Comment> {
    let mut comments = Vec::new();
    let mut at = 0;
    loop {
        at += blanks(&text[at..]);
        let Some(len) = length(&text[at..]) else { return comments };
        comments.push(Comment(at..at + len));
        at += len;
    }
}

/// The comments in a stretch of text that holds nothing but comments, white space and semicolons.
pub(crate) fn between(text: &str, stretch: Range<usize>) -> Vec<Comment> {
    let mut comments = Vec::new();
    let mut at = stretch.start;
    while let Some(rest) = text.get(at..stretch.end)
        && let Some(next) = rest.chars().next()
    {
        if let Some(len) = length(rest) {
            comments.push(Comment(at..at + len));
            at += len;
        } else {
            at += next.len_utf8();
        }
    }
    comments
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The length of the comment that a text begins with.
fn length(text: &str) -> Option<usize> {
    if text.starts_with("/*") {
        let body = text.get(2..)?;
        return Some(body.find("*/").map_or(text.len(), |end| end + 4));
    }
    let is_line = text.starts_with("--") || text.starts_with("//") || text.starts_with('#');
    is_line.then(|| text.find(ends_line).unwrap_or(text.len()))
}

/// The lexer ends a comment at more than LF: what follows a lone CR is a statement.
const fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        leading(text).into_iter().map(|Comment(range)| &text[range]).collect()
    }

    #[test]
    fn every_kind_of_leading_comment_is_found() {
        let text = "-- a\n\n  # b\n// c\t\n/* d\n -- e */ -- f\nDEFINE TABLE x; -- g";
        assert_eq!(texts(text), ["-- a", "# b", "// c\t", "/* d\n -- e */", "-- f"]);
    }

    #[test]
    fn a_line_ends_where_the_lexer_ends_it() {
        for end in ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(texts(&format!("-- a{end}DEFINE TABLE x; -- b")), ["-- a"], "{end:?}");
        }
    }

    #[test]
    fn a_comment_without_an_end_goes_to_the_end() {
        assert_eq!(texts("-- a"), ["-- a"]);
        assert_eq!(texts("/* a"), ["/* a"]);
        assert_eq!(texts("/*"), ["/*"]);
        assert_eq!(texts("/"), [""; 0]);
    }

    #[test]
    fn comments_between_statements_are_found() {
        let text = "a; -- b\n ; /* c */ ;# d\n e";
        let found = between(text, 1..text.len() - 1);
        let found: Vec<_> = found.into_iter().map(|Comment(range)| &text[range]).collect();
        assert_eq!(found, ["-- b", "/* c */", "# d"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-/*#a\n\r\u{2028} ;é]{0,20}") {
            leading(&text);
            between(&text, 0..text.len());
        }
    }
}
