//! The waves of a rollout, without any I/O: how far each one goes, and when the next may begin.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Serialize, Serializer, ser::SerializeMap};

/// How far a wave of a rollout goes: up to so many of the contexts that are to be moved on, those of the waves before it included.
///
/// ```
/// use migrate_runtime::Wave;
///
/// assert_eq!("20".parse(), Ok(Wave::contexts(20)));
/// assert_eq!("5%".parse(), Ok(Wave::percent(5)));
/// assert!("a few".parse::<Wave>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wave(End);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    Contexts(NonZeroUsize),
    Percent(u8),
}

/// Why a text is no [`Wave`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a wave ends at a number of contexts or at a part of them, as in `20` or `5%`, not at `{0}`")]
pub struct ParseWaveError(String);

/// What became of one wave of a rollout.
///
/// As JSON it is an object with `until`, the number of contexts at which it ends, and `moved`, `refused` and `not_tried`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaveCounts {
    /// At how many of the contexts that are to be moved on it ends.
    pub until: usize,
    /// In how many of its own the migration was moved on.
    pub moved: usize,
    /// In how many of its own it could not be.
    pub refused: usize,
    /// How many of its own were not tried any more.
    pub not_tried: usize,
}

impl Wave {
    /// Up to so many contexts; 0 counts as 1.
    pub fn contexts(contexts: usize) -> Self {
        Self(End::Contexts(NonZeroUsize::new(contexts).unwrap_or(NonZeroUsize::MIN)))
    }

    /// Up to such a part of the contexts, in percent: 1 at least and 100 at most. A part of a context is one more context.
    pub fn percent(percent: u8) -> Self {
        Self(End::Percent(percent.clamp(1, 100)))
    }

    fn until(self, total: usize) -> usize {
        match self.0 {
            End::Contexts(contexts) => contexts.get().min(total),
            End::Percent(percent) => total.saturating_mul(percent.into()).div_ceil(100),
        }
    }
}

impl FromStr for Wave {
    type Err = ParseWaveError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseWaveError(text.to_owned());
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent: u8 = percent.parse().map_err(|_| error())?;
                if (1..=100).contains(&percent) { Ok(Self::percent(percent)) } else { Err(error()) }
            }
            None => text.parse().map(|contexts| Self(End::Contexts(contexts))).map_err(|_| error()),
        }
    }
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            End::Contexts(contexts) => write!(f, "{contexts}"),
            End::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Serialize for WaveCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("until", &self.until)?;
        map.serialize_entry("moved", &self.moved)?;
        map.serialize_entry("refused", &self.refused)?;
        map.serialize_entry("not_tried", &self.not_tried)?;
        map.end()
    }
}

/// How one context of a wave ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Moved,
    Refused,
    NotTried,
}

/// How far the waves of one rollout are.
#[derive(Debug)]
pub(super) struct Waves {
    /// One at least, each of which ends behind the one before it, the last at the end of all.
    counts: Vec<WaveCounts>,
    /// Which one it is in.
    at: usize,
    begun: usize,
    ended: usize,
}

impl Waves {
    /// The waves over so many contexts: these, and one more for what they leave. One that would be empty is none.
    pub(super) fn new(waves: &[Wave], total: usize) -> Self {
        let mut counts: Vec<WaveCounts> = Vec::with_capacity(waves.len() + 1);
        for until in waves.iter().map(|wave| wave.until(total)).chain([total]) {
            if counts.last().is_none_or(|last| last.until < until) {
                counts.push(WaveCounts { until, ..WaveCounts::default() });
            }
        }
        Self { counts, at: 0, begun: 0, ended: 0 }
    }

    /// Whether one more context may begin.
    pub(super) fn has_room(&self) -> bool {
        self.counts.get(self.at).is_some_and(|wave| self.begun < wave.until)
    }

    pub(super) fn begins(&mut self) {
        self.begun += 1;
    }

    /// A context is done. The wave, if it was the last of one behind which another follows.
    pub(super) fn ends(&mut self, ended: Ended) -> Option<WaveCounts> {
        self.ended += 1;
        let wave = self.counts.get_mut(self.at)?;
        *match ended {
            Ended::Moved => &mut wave.moved,
            Ended::Refused => &mut wave.refused,
            Ended::NotTried => &mut wave.not_tried,
        } += 1;
        let done = *wave;
        if self.ended < done.until || self.at + 1 == self.counts.len() {
            return None;
        }
        self.at += 1;
        Some(done)
    }

    /// Which one it is in, counted from 1, and of how many.
    pub(super) fn place(&self) -> (usize, usize) {
        (self.at + 1, self.counts.len())
    }

    pub(super) fn into_counts(self) -> Vec<WaveCounts> {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(waves: &[Wave], total: usize) -> Vec<usize> {
        Waves::new(waves, total).into_counts().iter().map(|wave| wave.until).collect()
    }

    #[test]
    fn what_the_waves_leave_is_one_more_and_an_empty_one_is_none() {
        assert_eq!(ends(&[], 7), [7]);
        assert_eq!(ends(&[Wave::contexts(2), Wave::percent(50)], 9), [2, 5, 9]);
        assert_eq!(ends(&[Wave::percent(1), Wave::contexts(1), Wave::contexts(50)], 9), [1, 9]);
        assert_eq!(ends(&[Wave::contexts(2)], 0), [0]);
    }

    #[test]
    fn a_wave_is_a_count_or_a_part() {
        for text in ["1", "250", "1%", "100%"] {
            assert_eq!(text.parse::<Wave>().unwrap().to_string(), text);
        }
        for text in ["", "0", "-1", "0%", "101%", "%", "5 %", "half"] {
            assert!(text.parse::<Wave>().unwrap_err().to_string().contains("`5%`"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_wave_begins_before_the_one_before_it_is_done_and_all_contexts_have_their_turn(
            waves in prop::collection::vec(prop_oneof![(1_usize..40).prop_map(Wave::contexts), (1_u8..=100).prop_map(Wave::percent)], 0..5),
            total in 0_usize..60,
            at_once in 1_usize..9,
        ) {
            let mut waves = Waves::new(&waves, total);
            let ends: Vec<_> = waves.counts.iter().map(|wave| wave.until).collect();
            let (mut running, mut done) = (0, 0);
            while done < total {
                while running < at_once && waves.has_room() {
                    // Where this one is, all waves that end before it are over.
                    let before = ends.iter().rev().find(|end| **end <= done + running).copied().unwrap_or(0);
                    prop_assert!(done >= before);
                    waves.begins();
                    running += 1;
                }
                prop_assert!(running > 0, "it comes to its end");
                running -= 1;
                done += 1;
                let is_end = ends.contains(&done) && done < total;
                prop_assert_eq!(waves.ends(Ended::Moved).is_some(), is_end);
            }
            prop_assert!(!waves.has_room());
            prop_assert_eq!(waves.into_counts().iter().map(|wave| wave.moved).sum::<usize>(), total);
        }
    }
}
