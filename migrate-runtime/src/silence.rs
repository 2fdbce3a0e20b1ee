use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Since when a database has not answered at all.
///
/// It is shared by all who work through one connection, so that the database is given up once, and not once by each of
/// ten thousand contexts.
#[derive(Debug, Default)]
pub(crate) struct Silence(Mutex<Option<Instant>>);

impl Silence {
    /// An answer arrived, whatever it says.
    pub(crate) fn broken(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// An answer did not arrive.
    pub(crate) fn goes_on(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    /// Whether it has lasted for this long.
    pub(crate) fn lasts(&self, long: Duration) -> bool {
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() >= long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_lasts_until_an_answer_arrives() {
        let silence = Silence::default();
        assert!(!silence.lasts(Duration::ZERO), "nothing was asked yet");
        silence.goes_on();
        assert!(silence.lasts(Duration::ZERO) && !silence.lasts(Duration::from_hours(1)));
        silence.broken();
        assert!(!silence.lasts(Duration::ZERO));
    }
}
