use std::ops::Range;

use crate::{Diagnostic, Diagnostics, Source};

/// A text that is put together from parts of a file, and knows where each of them stands there.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    /// The whole file.
    file: Source,
    /// The text itself, under the file's name.
    source: Source,
    parts: Vec<Part>,
    /// What of the file stands for all that is no part of it.
    whole: Range<usize>,
}

/// A stretch that is the same in the text and in the file.
#[derive(Clone, Debug)]
struct Part {
    at: Range<usize>,
    in_file: usize,
}

impl Excerpt {
    /// Puts a text together from parts of a file and from words between them. `whole` is where all of it comes from.
    pub(super) fn new(file: &Source, whole: Range<usize>, pieces: &[Piece<'_>]) -> Self {
        let mut text = String::new();
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Of(range) => {
                    let start = text.len();
                    text.push_str(file.text().get(range.clone()).unwrap_or_default());
                    parts.push(Part { at: start..text.len(), in_file: range.start });
                }
            }
        }
        Self { file: file.clone(), source: Source::new(file.file(), text), parts, whole }
    }

    /// The text.
    pub(crate) const fn source(&self) -> &Source {
        &self.source
    }

    /// Where a part of the text stands in the file.
    pub(crate) fn in_file(&self, range: &Range<usize>) -> Range<usize> {
        let around = |part: &&Part| part.at.start <= range.start && range.start <= part.at.end;
        match self.parts.iter().find(around) {
            Some(part) => {
                let place = |at: usize| part.in_file + at.min(part.at.end).saturating_sub(part.at.start);
                place(range.start)..place(range.end)
            }
            None => self.whole.clone(),
        }
    }

    /// The line of the file on which a part of the text begins.
    pub(crate) fn line(&self, range: &Range<usize>) -> u32 {
        self.file.position(self.in_file(range).start).line
    }

    /// Says of the file what was said of the text.
    pub(crate) fn report(&self, said: Diagnostics, diagnostics: &mut Diagnostics) {
        let file = &self.file;
        diagnostics.extend(said.into_iter().map(|one| one.moved_to(file, &self.whole, |range| self.in_file(range))));
    }

    /// Says something about all of it.
    pub(crate) fn whole(&self) -> (&Source, Range<usize>) {
        (&self.file, self.whole.clone())
    }
}

/// What an [`Excerpt`] is put together from.
pub(super) enum Piece<'a> {
    /// A part of the file.
    Of(Range<usize>),
    /// Words between two parts.
    Words(&'a str),
}

impl Diagnostic {
    /// The same about another text, of which this one is an excerpt; about `whole` of it, if it was about no place.
    fn moved_to(self, file: &Source, whole: &Range<usize>, place: impl FnOnce(&Range<usize>) -> Range<usize>) -> Self {
        let range = self.range().map_or_else(|| whole.clone(), |range| place(&range));
        self.at(file, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_text_is_found_in_the_file() {
        let file = Source::new("V2__x.toml", "set = 'a = 1'\nwhere = 'b IS NONE'\n");
        let text = |words: &str| file.text().find(words).map(|at| at..at + words.len()).unwrap();
        let pieces = [
            Piece::Words("UPDATE t SET "),
            Piece::Of(text("a = 1")),
            Piece::Words(" WHERE "),
            Piece::Of(text("b IS NONE")),
        ];
        let excerpt = Excerpt::new(&file, 0..3, &pieces);
        assert_eq!(excerpt.source().text(), "UPDATE t SET a = 1 WHERE b IS NONE");
        let found = |words: &str| {
            let at = excerpt.source().text().find(words).unwrap();
            &file.text()[excerpt.in_file(&(at..at + words.len()))]
        };
        assert_eq!((found("= 1"), found("NONE"), found("UPDATE")), ("= 1", "NONE", "set"));
        assert_eq!(found("a = 1 WHERE"), "a = 1", "what begins in a part ends with it");
        let at = excerpt.source().text().find("IS").unwrap();
        assert_eq!(excerpt.line(&(at..at + 2)), 2);
    }
}
