//! How many contexts are worked on at once while other replicas are at the same ones, without any I/O.

/// As many as a run was told, and fewer while others are found to have done the same before it.
///
/// What two replicas do at once, one of them does in vain. So each that comes too late does half as much at once from then on, and one more
/// when as many as are under way were not in vain: as senders share a line that none of them sees whole (additive increase, multiplicative
/// decrease).
#[derive(Debug)]
pub(crate) struct Contention {
    most: usize,
    at_once: usize,
    /// How many were not in vain since `at_once` was changed.
    done: usize,
    /// How many times in a row nothing was left to do in any of those that were read once more.
    idle: u32,
    is_met: bool,
}

impl Contention {
    /// Nobody else was met yet.
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, at_once: most, done: 0, idle: 0, is_met: false }
    }

    /// How many contexts to work on at once.
    pub(crate) const fn at_once(&self) -> usize {
        self.at_once
    }

    /// How many of those that others may have brought up to date are read once more together: as many as can begin then, and more
    /// where all of them turn out to be done.
    pub(crate) const fn reads(&self) -> usize {
        self.at_once.saturating_mul(2_usize.saturating_pow(self.idle))
    }

    /// So many of those that were read once more still lack something.
    pub(crate) const fn found(&mut self, lacking: usize) {
        self.idle = if lacking == 0 { self.idle.saturating_add(1) } else { 0 };
    }

    /// Whether somebody else is, or was, at the same fleet.
    pub(crate) const fn is_met(&self) -> bool {
        self.is_met
    }

    /// A context was brought up to date.
    pub(crate) fn won(&mut self) {
        self.done += 1;
        if self.done >= self.at_once && self.at_once < self.most {
            self.at_once += 1;
            self.done = 0;
        }
    }

    /// A context that lacked something was up to date when its turn came.
    pub(crate) fn lost(&mut self) {
        self.is_met = true;
        self.at_once = (self.at_once / 2).max(1);
        self.done = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_is_alone_does_as_much_as_he_was_told() {
        let mut alone = Contention::new(8);
        (0..100).for_each(|_| alone.won());
        assert_eq!((alone.at_once(), alone.is_met()), (8, false));
    }

    #[test]
    fn who_comes_too_late_does_less_at_once_and_more_again_by_and_by() {
        let mut one = Contention::new(8);
        one.lost();
        assert_eq!((one.at_once(), one.is_met()), (4, true));
        (0..4).for_each(|_| one.won());
        assert_eq!(one.at_once(), 5);
        (0..5 + 6 + 7).for_each(|_| one.won());
        assert_eq!(one.at_once(), 8);
    }

    #[test]
    fn where_the_others_have_done_it_all_that_is_soon_known() {
        let mut one = Contention::new(8);
        (0..9).for_each(|_| one.lost());
        let mut reads = Vec::new();
        for lacking in [0, 0, 0, 1, 0] {
            reads.push(one.reads());
            one.found(lacking);
        }
        assert_eq!((reads, one.reads()), (vec![1, 2, 4, 8, 1], 2));
        (0..100).for_each(|_| one.found(0));
        assert_eq!(one.reads(), usize::MAX);
    }

    proptest! {
        #[test]
        fn something_is_always_done_and_never_more_than_was_told(most in 1_usize..20, ends in prop::collection::vec(any::<bool>(), 0..200)) {
            let mut one = Contention::new(most);
            for is_won in ends {
                if is_won { one.won() } else { one.lost() }
                prop_assert!((1..=most).contains(&one.at_once()));
            }
        }
    }
}
