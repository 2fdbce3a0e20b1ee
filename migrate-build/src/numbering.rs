use std::time::Duration;

use migrate_core::Version;

use crate::{Loaded, Numbering};

impl Loaded {
    /// The version that the next migration gets; `now` is the time since the beginning of 1970.
    ///
    /// `None` behind [`Version::MAX`].
    pub fn next_version(&self, now: Duration) -> Option<Version> {
        let behind = match self.migrations.last() {
            Some(last) => last.version.next()?,
            None => Version::FIRST,
        };
        match self.numbering {
            Numbering::Sequential => Some(behind),
            // Whoever has a clock that runs ahead, or creates two within a second, still gets an ascending one.
            Numbering::Timestamp => timestamp(now.as_secs()).map(|version| version.max(behind)),
        }
    }
}

/// The digits of date and time in UTC: 20260131120000 for noon of the last of January 2026.
fn timestamp(seconds: u64) -> Option<Version> {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let date = (year * 100 + month) * 100 + day;
    let clock = (time / 3600 * 100 + time / 60 % 60) * 100 + time % 60;
    Version::new(date * 1_000_000 + clock)
}

/// The date of a day, counted from the beginning of 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years are counted from March, so that the leap day is the last of one: eras of 400 years all have the same days.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_its_digits() {
        for (seconds, expected) in [
            (0, 19_700_101_000_000),
            (951_782_399, 20_000_228_235_959),
            (951_782_400, 20_000_229_000_000),
            (1_769_860_800, 20_260_131_120_000),
            (4_107_542_399, 21_000_228_235_959),
            (4_107_542_400, 21_000_301_000_000),
        ] {
            assert_eq!(timestamp(seconds).map(Version::get), Some(expected));
        }
    }
}
