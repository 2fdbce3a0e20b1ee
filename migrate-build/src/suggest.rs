//! Did you mean …?

/// The candidate nearest to a word, if one is near enough to be what was meant.
pub(crate) fn closest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let near = |candidate: &&str| distance(&word, &candidate.to_ascii_lowercase());
    let best = candidates.iter().min_by_key(|candidate| near(candidate))?;
    // A third of the letters wrong is a typing error; more is another word.
    (near(best) * 3 <= best.len()).then_some(best)
}

/// How many characters must be inserted, removed or replaced to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_its_word() {
        let known = ["description", "stepwise", "allow", "irreversible"];
        assert_eq!(closest("desription", &known), Some("description"));
        assert_eq!(closest("Stepwise", &known), Some("stepwise"));
        assert_eq!(closest("alow", &known), Some("allow"));
        assert_eq!(closest("ireversable", &known), Some("irreversible"));
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(closest("users", &["description", "stepwise", "allow"]), None);
        assert_eq!(closest("", &["allow"]), None);
        assert_eq!(closest("a", &[]), None);
    }

    #[test]
    fn distance_is_that_of_levenshtein() {
        for (a, b, expected) in [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }
}
