use std::ops::Range;
use std::sync::Arc;

/// A file of the folder as it was read: its name, and its canonical text.
///
/// Canonical means without a byte order mark and with CRLF turned into LF: the same bytes that are hashed, embedded and
/// executed, so that every position speaks of the text that runs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Source(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: String,
    text: String,
    /// Byte offset of the start of each line.
    lines: Vec<usize>,
}

/// A place in a [`Source`], counted from 1 as editors do; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character on that line.
    pub column: u32,
}

impl Source {
    /// Wraps a canonical text. `file` is the path a person would look for.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self(Arc::new(Inner { file: file.into(), text, lines }))
    }

    /// The path that diagnostics show.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// The canonical text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Where a byte offset stands. An offset behind the text or inside a character counts as the nearest before it.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.0.lines.partition_point(|&start| start <= offset);
        let start = self.0.lines[line - 1];
        let column = self.text()[start..offset].chars().count() + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(column) }
    }

    /// The same range, made to lie within the text and between characters.
    pub(crate) fn clamp(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.floor(range.start);
        start..self.floor(range.end).max(start)
    }

    fn floor(&self, offset: usize) -> usize {
        self.text().floor_char_boundary(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str, offset: usize) -> (u32, u32) {
        let Position { line, column } = Source::new("f", text).position(offset);
        (line, column)
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        assert_eq!(position("ab\ncd", 0), (1, 1));
        assert_eq!(position("ab\ncd", 2), (1, 3));
        assert_eq!(position("ab\ncd", 3), (2, 1));
        assert_eq!(position("é\néx", 5), (2, 2));
    }

    #[test]
    fn an_offset_behind_the_text_is_its_end() {
        assert_eq!(position("ab", 99), (1, 3));
        assert_eq!(position("", 7), (1, 1));
        assert_eq!(position("é", 1), (1, 1));
    }
}
