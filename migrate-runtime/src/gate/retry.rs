use std::time::Duration;

use crate::refusal::Refusal;

/// When a refused context is tried again.
///
/// The pause doubles with every try, from the first to the longest one, and is drawn evenly between half of that and
/// all of it, so that contexts that were refused together do not come back together. What nothing but an operator or
/// another binary can change waits the longest pause from the first try on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    first: Duration,
    longest: Duration,
}

/// What it takes for a refused context to be served again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// Trying again may do.
    Time,
    /// Somebody has to act.
    Operator,
}

/// Far more than anybody waits, and far less than a clock can hold.
const CAP: Duration = Duration::from_hours(24 * 365);

impl Retry {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        let longest = longest.min(CAP);
        Self { first: first.min(longest), longest }
    }

    pub(crate) const fn first(self) -> Duration {
        self.first
    }

    /// The pause of a context after this many tries, the last of which ended in this refusal. `jitter` is between 0
    /// and 1.
    pub(crate) fn pause(self, refusal: &Refusal, tries: u32, jitter: f64) -> Duration {
        match remedy(refusal) {
            Remedy::Operator => jittered(self.longest, jitter),
            Remedy::Time => self.doubled(tries, jitter),
        }
    }

    /// The pause after this many tries of what trying again may overcome.
    pub(crate) fn doubled(self, tries: u32, jitter: f64) -> Duration {
        let times = 2_u32.saturating_pow(tries.saturating_sub(1));
        jittered(self.first.saturating_mul(times).min(self.longest), jitter)
    }
}

fn jittered(full: Duration, jitter: f64) -> Duration {
    full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

fn remedy(refusal: &Refusal) -> Remedy {
    match refusal {
        Refusal::Incompatible { .. }
        | Refusal::Invalid { .. }
        | Refusal::Missing { .. }
        | Refusal::Divergent { .. }
        | Refusal::Renamed { .. }
        | Refusal::MovedAway { .. }
        | Refusal::MovedUnfinished { .. }
        | Refusal::Stuck { .. }
        | Refusal::Unreadable { .. } => Remedy::Operator,
        // A migration may have failed for the rows it met, and those change while the older replicas serve.
        _ => Remedy::Time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_core::Version;
    use proptest::prelude::*;

    fn passing() -> Refusal {
        Refusal::Unavailable { reason: "away".into() }
    }

    fn lasting() -> Refusal {
        Refusal::Missing { module: "m".into(), version: Version::FIRST, file: "f".into(), later: Version::FIRST }
    }

    fn retries() -> impl Strategy<Value = Retry> {
        (0_u64..u64::MAX, 0_u64..u64::MAX)
            .prop_map(|(first, longest)| Retry::new(Duration::from_millis(first), Duration::from_millis(longest)))
    }

    proptest! {
        #[test]
        fn the_pause_never_shrinks_and_stays_within_its_bounds(
            retry in retries(), tries in 1_u32..u32::MAX, one in 0.0..=1.0_f64, other in 0.0..=1.0_f64,
        ) {
            let (pause, next) = (retry.pause(&passing(), tries, one), retry.pause(&passing(), tries + 1, other));
            // A float holds no more than 15 digits of a year.
            let grain = Duration::from_millis(1);
            prop_assert!(pause <= retry.longest + grain);
            prop_assert!(pause + grain >= retry.first / 2);
            prop_assert!(next + grain >= pause || next + grain >= retry.longest / 2);
        }

        #[test]
        fn what_needs_an_operator_is_tried_as_rarely_as_it_can_be(
            retry in retries(), tries in 1_u32..u32::MAX, jitter in 0.0..=1.0_f64,
        ) {
            prop_assert!(retry.pause(&lasting(), tries, jitter) + Duration::from_millis(1) >= retry.longest / 2);
        }
    }

    #[test]
    fn the_pause_doubles() {
        let retry = Retry::new(Duration::from_secs(1), Duration::from_secs(6));
        let pauses = [1, 2, 3, 4, 100].map(|tries| retry.pause(&passing(), tries, 1.0).as_secs());
        assert_eq!(pauses, [1, 2, 4, 6, 6]);
        assert_eq!(retry.pause(&lasting(), 1, 1.0).as_secs(), 6);
        assert_eq!(retry.pause(&passing(), 1, 0.0).as_millis(), 500);
    }

    #[test]
    fn what_only_another_binary_can_mend_needs_an_operator() {
        let (module, to, version) = (|| "m".to_owned(), || "n".to_owned(), Version::FIRST);
        for refusal in [
            Refusal::Renamed { module: module(), version, renamed_to: to() },
            Refusal::MovedAway { module: module(), version, to: to() },
            Refusal::MovedUnfinished { module: module(), version, to: to() },
            Refusal::Incompatible { module: module(), versions: Vec::new() },
        ] {
            assert_eq!(remedy(&refusal), Remedy::Operator, "{refusal:?}");
        }
    }
}
