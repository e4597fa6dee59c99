//! The lines that Lambda writes to a function's log:
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html>

use std::fs;
use std::time::Duration;

use super::{FUNCTION_VERSION, MEMORY_SIZE_MB};

/// Lambda's measurements of an invocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    /// The time from the delivery to the response.
    pub(super) duration: Duration,
    /// The duration of init, only with the first invocation.
    pub(super) init: Option<Duration>,
    /// The function's peak memory. Unknown after the process has exited, and on systems without `/proc`.
    pub(super) max_memory_mb: Option<u64>,
}

/// Returns the first line of an invocation.
pub(super) fn start(request_id: &str) -> String {
    format!("START RequestId: {request_id} Version: {FUNCTION_VERSION}\n")
}

impl Report {
    /// Returns the last two lines of an invocation.
    pub(super) fn end(self, request_id: &str) -> String {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        // Since August 2025, init is also billed.
        let billed = ms(self.duration + self.init.unwrap_or_default()).ceil();
        let memory = self.max_memory_mb.map_or(String::new(), |mb| format!("\tMax Memory Used: {mb} MB"));
        let init = self.init.map_or(String::new(), |init| format!("\tInit Duration: {:.2} ms", ms(init)));
        format!(
            "END RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {billed} ms\t\
             Memory Size: {MEMORY_SIZE_MB} MB{memory}{init}\t\n",
            ms(self.duration),
        )
    }
}

/// Returns the peak memory of a process, rounded up.
pub(super) fn max_memory_mb(process: u32) -> Option<u64> {
    peak_mb(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn peak_mb(status: &str) -> Option<u64> {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_lambda_writes_them() {
        let first = Report {
            duration: Duration::from_micros(162_680),
            init: Some(Duration::from_micros(872_980)),
            max_memory_mb: Some(94),
        };
        let expected = "END RequestId: id\nREPORT RequestId: id\tDuration: 162.68 ms\tBilled Duration: 1036 ms\t\
                        Memory Size: 128 MB\tMax Memory Used: 94 MB\tInit Duration: 872.98 ms\t\n";
        assert_eq!(first.end("id"), expected);
        let crashed = Report { init: None, max_memory_mb: None, ..first }.end("id");
        assert!(crashed.ends_with("Billed Duration: 163 ms\tMemory Size: 128 MB\t\n"), "{crashed}");
    }

    #[test]
    fn the_peak_is_rounded_up() {
        assert_eq!(peak_mb("Name:\tbootstrap\nVmHWM:\t   10241 kB\nVmRSS:\t 1 kB\n"), Some(11));
        assert_eq!(peak_mb("Name:\tbootstrap\nState:\tZ (zombie)\n"), None);
    }
}
