use std::ops::Range;

/// Where a name stands in a statement, for the caret: the first word of it that is that name, outside strings and
/// comments; the statement's first line where there is none.
pub(crate) fn locate(text: &str, statement: &Range<usize>, name: &str) -> Range<usize> {
    let Some(own) = text.get(statement.clone()) else { return statement.clone() };
    let found = words(own).find(|range| own.get(range.clone()).is_some_and(|word| is(word, name)));
    // A path is several words; its first one is near enough.
    let first = name.split(['.', '[']).next().unwrap_or(name);
    let found = found.or_else(|| words(own).find(|range| own.get(range.clone()).is_some_and(|word| is(word, first))));
    match found {
        Some(range) => {
            let end = if own[range.start..].starts_with(name) { range.start + name.len() } else { range.end };
            statement.start + range.start..statement.start + end
        }
        None => statement.start..statement.start + own.find('\n').unwrap_or(own.len()),
    }
}

/// Whether a name stands in a text, outside of strings and comments.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    words(text).any(|range| text.get(range).is_some_and(|word| is(word, name)))
}

/// Where a parameter stands in a statement, with its `$`.
pub(crate) fn locate_param(text: &str, statement: &Range<usize>, name: &str) -> Range<usize> {
    let own = text.get(statement.clone()).unwrap_or_default();
    let is_param = |range: &Range<usize>| {
        own.get(..range.start).is_some_and(|before| before.ends_with('$'))
            && own.get(range.clone()).is_some_and(|word| is(word, name))
    };
    match words(own).find(is_param) {
        Some(range) => statement.start + range.start.saturating_sub(1)..statement.start + range.end,
        None => locate(text, statement, name),
    }
}

/// Where a text in quotes stands in a statement, with its quotes.
pub(crate) fn locate_text(text: &str, statement: &Range<usize>, quoted: &str) -> Range<usize> {
    let own = text.get(statement.clone()).unwrap_or_default();
    let found = ['\'', '"'].into_iter().find_map(|quote| {
        let quoted = format!("{quote}{quoted}{quote}");
        own.find(&quoted).map(|at| statement.start + at..statement.start + at + quoted.len())
    });
    found.unwrap_or_else(|| locate(text, statement, quoted))
}

fn is(word: &str, name: &str) -> bool {
    let bare = word.strip_prefix('`').and_then(|word| word.strip_suffix('`'));
    let bare = bare.or_else(|| word.strip_prefix('⟨').and_then(|word| word.strip_suffix('⟩')));
    bare.unwrap_or(word) == name
}

/// The words of a text, quoted names as one, without what stands in strings and comments.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[at..];
            let first = rest.chars().next()?;
            let (length, is_word) = match first {
                '\'' | '"' => (quoted(rest, first), false),
                '`' => (quoted(rest, '`'), true),
                '⟨' => (quoted(rest, '⟩'), true),
                '#' => (line(rest), false),
                '-' | '/' if rest.starts_with("--") || rest.starts_with("//") => (line(rest), false),
                '/' if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |end| end + 2), false),
                c if is_part(c) => (rest.find(|c| !is_part(c)).unwrap_or(rest.len()), true),
                c => (c.len_utf8(), false),
            };
            let start = at;
            at += length;
            if is_word {
                return Some(start..at);
            }
        }
    })
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// How long a text in quotes is, with both of them.
fn quoted(text: &str, close: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == close => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(text: &'a str, name: &str) -> &'a str {
        &text[locate(text, &(0..text.len()), name)]
    }

    #[test]
    fn a_name_is_found_as_a_whole_word() {
        let text = "DEFINE FIELD name ON surname";
        assert_eq!(locate(text, &(0..text.len()), "name"), 13..17);
        assert_eq!(locate(text, &(0..text.len()), "surname"), 21..28);
    }

    #[test]
    fn strings_and_comments_are_passed_over() {
        let text = "-- user\n/* user */ DEFINE TABLE a COMMENT 'user' /* ' */, user";
        assert_eq!(locate(text, &(0..text.len()), "user"), text.len() - 4..text.len());
    }

    #[test]
    fn a_quoted_name_is_found_with_its_quotes() {
        assert_eq!(found("REMOVE TABLE `odd name`", "odd name"), "`odd name`");
        assert_eq!(found("REMOVE TABLE ⟨odd name⟩", "odd name"), "⟨odd name⟩");
    }

    #[test]
    fn a_path_is_found_whole_or_by_its_first_part() {
        assert_eq!(found("REMOVE FIELD tags.* ON a", "tags.*"), "tags.*");
        assert_eq!(found("REMOVE FIELD tags[*] ON a", "tags.*"), "tags");
    }

    #[test]
    fn a_parameter_is_not_the_field_of_its_name_and_a_text_is_not_the_word() {
        let text = "UPDATE t SET a = $a, nextval('a')";
        let all = 0..text.len();
        assert_eq!(&text[locate_param(text, &all, "a")], "$a");
        assert_eq!(locate_param(text, &all, "a").start, 17);
        assert_eq!(&text[locate_param(text, &all, "t")], "t", "where there is none, the name will do");
        assert_eq!(&text[locate_text(text, &all, "a")], "'a'");
    }

    #[test]
    fn what_is_not_there_is_the_first_line() {
        assert_eq!(found("REMOVE TABLE\n $x", "y"), "REMOVE TABLE");
        assert_eq!(found("", "y"), "");
        assert_eq!(found("'open", "open"), "'open");
    }
}
