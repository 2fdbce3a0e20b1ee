use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::silence::Silence;

/// How long and how often something is tried again, and with which pauses.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    pub(crate) deadline: Duration,
    /// How many tries at most, the first one included; `None` for as many as the deadline allows.
    pub(crate) attempts: Option<NonZeroU32>,
    /// The first pause; each is twice as long as the one before it.
    pub(crate) shortest: Duration,
    /// No pause is longer.
    pub(crate) longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            deadline: Duration::from_mins(2),
            attempts: None,
            shortest: Duration::from_millis(5),
            longest: Duration::from_secs(1),
        }
    }
}

impl Patience {
    /// Begins to try, now. While the database is silent to everyone for a whole deadline, one try is enough.
    pub(crate) fn begin(&self, silence: &Arc<Silence>) -> Backoff {
        Backoff {
            pause: self.shortest.min(self.longest),
            tries: 0,
            deadline: None,
            silence: Arc::clone(silence),
            patience: self.clone(),
        }
    }
}

/// When to try again after a conflict or a lost connection.
///
/// The pause doubles from the shortest to the longest, and the actual sleep is drawn evenly between half of it and all
/// of it, so that replicas that collided once do not collide again in step ("equal jitter",
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Debug)]
pub(crate) struct Backoff {
    pause: Duration,
    tries: u32,
    /// It begins with the first failure behind something that went well: what takes long uses none of it up.
    deadline: Option<Instant>,
    silence: Arc<Silence>,
    patience: Patience,
}

/// Why there is no further try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GivenUp {
    #[error("after {0:?}")]
    Deadline(Duration),
    #[error("after {0} tries")]
    Attempts(u32),
    #[error("because the database has answered nobody for {0:?}")]
    Silence(Duration),
}

impl Backoff {
    /// Begins anew after something went well.
    pub(crate) fn restart(&mut self) {
        self.pause = self.patience.shortest.min(self.patience.longest);
        self.extend();
    }

    /// Goes on for another deadline, with pauses as long as they have become: somebody else makes progress.
    pub(crate) const fn extend(&mut self) {
        self.tries = 0;
        self.deadline = None;
    }

    /// How many tries there were.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// Counts a try that came to nothing, and says whether there may be another one.
    pub(crate) fn again(&mut self) -> Result<(), GivenUp> {
        self.tries = self.tries.saturating_add(1);
        if self.patience.attempts.is_some_and(|attempts| self.tries >= attempts.get()) {
            return Err(GivenUp::Attempts(self.tries));
        }
        let now = Instant::now();
        if now >= *self.deadline.get_or_insert(now + self.patience.deadline) {
            return Err(GivenUp::Deadline(self.patience.deadline));
        }
        if self.silence.lasts(self.patience.deadline) {
            return Err(GivenUp::Silence(self.patience.deadline));
        }
        Ok(())
    }

    /// Sleeps before the next try. The last sleep ends at the deadline, not behind it.
    pub(crate) async fn pause(&mut self) {
        let jittered = self.pause.mul_f64(0.5 + 0.5 * fastrand::f64());
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        tokio::time::sleep(left.map_or(jittered, |left| jittered.min(left))).await;
        self.pause = self.pause.saturating_mul(2).min(self.patience.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(patience: &Patience) -> Backoff {
        patience.begin(&Arc::default())
    }

    #[test]
    fn a_passed_deadline_ends_the_trying() {
        let patience = Patience { deadline: Duration::ZERO, ..Patience::default() };
        assert_eq!(begin(&patience).again(), Err(GivenUp::Deadline(Duration::ZERO)));
    }

    #[test]
    fn the_last_attempt_ends_the_trying() {
        let mut backoff = begin(&Patience { attempts: NonZeroU32::new(3), ..Patience::default() });
        assert_eq!([backoff.again(), backoff.again(), backoff.again()], [Ok(()), Ok(()), Err(GivenUp::Attempts(3))]);
    }

    #[test]
    fn one_try_is_enough_of_a_database_that_has_answered_nobody_for_a_deadline() {
        let silence = Arc::new(Silence::default());
        let mut backoff = Patience::default().begin(&silence);
        silence.goes_on();
        assert_eq!(backoff.again(), Ok(()), "it has been silent for a moment only");
        backoff.patience.deadline = Duration::ZERO;
        assert_eq!(backoff.again(), Err(GivenUp::Silence(Duration::ZERO)));
        silence.broken();
        assert_eq!(backoff.again(), Ok(()));
    }

    #[tokio::test]
    async fn the_pause_grows_and_stays_bounded() {
        let patience = Patience { longest: Duration::from_millis(8), ..Patience::default() };
        let mut backoff = begin(&patience);
        backoff.pause().await;
        assert_eq!(backoff.pause, patience.longest, "8 ms, and not 10");
        backoff.pause().await;
        assert_eq!(backoff.pause, patience.longest);
    }
}
