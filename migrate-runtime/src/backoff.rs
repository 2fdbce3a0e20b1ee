use std::time::{Duration, Instant};

/// When to try again after a conflict or a lost connection, until a deadline.
///
/// The pause doubles from 5 ms to 1 s, and the actual sleep is drawn evenly between half of it and all of it, so that
/// replicas that collided once do not collide again in step ("equal jitter",
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Debug)]
pub(crate) struct Backoff {
    pause: Duration,
    patience: Duration,
    deadline: Instant,
}

const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// There is no time left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DeadlinePassed;

impl Backoff {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self { pause: FIRST, patience: deadline.saturating_duration_since(Instant::now()), deadline }
    }

    /// Begins anew after something went well.
    pub(crate) fn restart(&mut self) {
        self.pause = FIRST;
        self.deadline = Instant::now() + self.patience;
    }

    /// Sleeps, or says that the deadline has passed. The last sleep ends at the deadline, not behind it.
    pub(crate) async fn pause(&mut self) -> Result<(), DeadlinePassed> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DeadlinePassed);
        }
        let jittered = self.pause.mul_f64(0.5 + 0.5 * fastrand::f64());
        tokio::time::sleep(jittered.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_passed_deadline_ends_the_trying() {
        assert_eq!(Backoff::until(Instant::now()).pause().await, Err(DeadlinePassed));
    }

    #[tokio::test]
    async fn the_pause_grows_and_stays_bounded() {
        let mut backoff = Backoff::until(Instant::now() + Duration::from_mins(1));
        backoff.pause().await.unwrap();
        assert_eq!(backoff.pause, FIRST * 2);
        backoff.pause = LONGEST;
        backoff.deadline = Instant::now() + Duration::from_millis(1);
        backoff.pause().await.unwrap();
        assert_eq!(backoff.pause, LONGEST);
    }
}
