use std::ops::Range;

use toml::Spanned;

use crate::rules::m042_escaped_text;
use crate::{Diagnostic, Source};

/// Where the text of a string stands in the file, without its quotes.
///
/// # Errors
///
/// It is not written as it is: an escape stands for something else, so that nothing could be told of its places.
pub(super) fn place(file: &Source, string: &Spanned<String>) -> Result<Range<usize>, Diagnostic> {
    let span = string.span();
    let written = file.text().get(span.clone()).unwrap_or_default();
    let quotes = ["'''", "\"\"\"", "'", "\""];
    let inner = quotes.into_iter().find_map(|quote| {
        let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
        Some((quote.len(), inner))
    });
    let (quote, inner) = inner.unwrap_or_default();
    // A line break right behind the quotes is no part of the text.
    let skipped = usize::from(quote == 3 && inner.starts_with('\n'));
    let start = span.start + quote + skipped;
    match inner.get(skipped..) {
        Some(text) if text == string.get_ref() => Ok(start..start + text.len()),
        _ => Err(m042_escaped_text::diagnostic(file, span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Document {
        sql: Spanned<String>,
    }

    fn placed(text: &str) -> Result<String, &'static str> {
        let file = Source::new("V1__a.toml", text);
        let document: Document = toml::from_str(text).unwrap();
        let found = place(&file, &document.sql).map_err(|diagnostic| diagnostic.rule().code)?;
        Ok(file.text()[found].to_owned())
    }

    #[test]
    fn a_text_is_found_in_every_kind_of_quotes() {
        for text in ["sql = 'a b'", "sql = \"a b\"", "sql = '''a b'''", "sql = '''\na b'''", "\n sql=\"\"\"\na b\"\"\""]
        {
            assert_eq!(placed(text).unwrap(), "a b", "{text}");
        }
        assert_eq!(placed("sql = '''\n\n é\n'''").unwrap(), "\n é\n");
        assert_eq!(placed("sql = ''").unwrap(), "");
    }

    #[test]
    fn what_is_not_written_as_it_is_has_no_place() {
        assert_eq!(placed(r#"sql = "a\nb""#), Err("M042"));
        assert_eq!(placed("sql = \"\"\"a \\\n  b\"\"\""), Err("M042"));
        assert_eq!(placed(r"sql = 'a\nb'").unwrap(), r"a\nb");
    }
}
