use std::fmt;

use serde::Serialize;

/// The median of some rounds, and how far they are apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// `None` of no rounds at all.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let lower = if values.len() % 2 == 0 { *values.get(middle - 1)? } else { upper };
        Some(Self { median: f64::midpoint(lower, upper), least: *values.first()?, most: *values.last()? })
    }

    /// Of the ratios of each round of one to the same round of another.
    pub(crate) fn of_ratios(some: &[f64], others: &[f64]) -> Option<Self> {
        Self::of(some.iter().zip(others).map(|(one, other)| one / other))
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, least, most } = self;
        // Three digits are as many as mean something.
        match *median {
            ..1.0 => write!(f, "{median:.3} ({least:.3} to {most:.3})"),
            ..10.0 => write!(f, "{median:.2} ({least:.2} to {most:.2})"),
            ..100.0 => write!(f, "{median:.1} ({least:.1} to {most:.1})"),
            _ => write!(f, "{median:.0} ({least:.0} to {most:.0})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied()).map(|spread| spread.to_string());
        assert_eq!(spread(&[3.0, 1.0, 2.0]).as_deref(), Some("2.00 (1.00 to 3.00)"));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]).as_deref(), Some("2.50 (1.00 to 4.00)"));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn rounds_are_compared_with_each_other() {
        let ratio = Spread::of_ratios(&[2.0, 20.0, 2.0], &[1.0, 10.0, 4.0]).unwrap();
        assert_eq!((ratio.median, ratio.least, ratio.most), (2.0, 0.5, 2.0));
    }
}
