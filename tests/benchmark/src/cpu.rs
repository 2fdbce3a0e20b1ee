use std::fs;
use std::time::Duration;

/// How much time the threads of these processes have spent on a processor so far, if the system tells.
///
/// What others do on the machine makes everything take longer, and this hardly.
pub(crate) fn used(processes: &[u32]) -> Option<Duration> {
    let mut nanoseconds = 0;
    for process in processes {
        for task in fs::read_dir(format!("/proc/{process}/task")).ok()? {
            // A thread that has just ended.
            let Ok(statistics) = fs::read_to_string(task.ok()?.path().join("schedstat")) else { continue };
            nanoseconds += statistics.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_works_uses_a_processor() {
        let this = [std::process::id()];
        let before = used(&this).unwrap();
        let worked = std::hint::black_box((0..3_000_000_u64).fold(0, |sum: u64, one| sum.wrapping_mul(31) ^ one));
        assert!(used(&this).unwrap() > before, "{worked}");
        assert_eq!(used(&[u32::MAX]), None);
    }
}
