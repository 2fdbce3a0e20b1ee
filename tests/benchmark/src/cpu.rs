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
    use std::time::Instant;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_works_uses_a_processor() {
        let this = [std::process::id()];
        let (begin, before) = (Instant::now(), used(&this).unwrap());
        // The system counts when it switches between threads, and a few hundred times a second.
        while used(&this).unwrap() <= before {
            assert!(begin.elapsed() < Duration::from_mins(1), "it does not count");
        }
        assert_eq!(used(&[u32::MAX]), None);
    }
}
