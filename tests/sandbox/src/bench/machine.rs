//! The machine that figures come from: they mean little without it.

use std::fs;

/// Where Linux distributions keep the certificates that the system trusts.
const CA_FILES: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/ca-bundle.pem"];

/// What a reader must know of it.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) architecture: &'static str,
    pub(super) cores: usize,
    pub(super) memory_mib: u64,
    pub(super) kernel: String,
    /// How many certificates the system trusts: reading them is a part of the broker's start.
    pub(super) ca_certificates: usize,
}

impl Machine {
    /// This machine.
    pub(super) fn here() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: cpu_model(&read("/proc/cpuinfo")).unwrap_or("unknown CPU").to_owned(),
            architecture: std::env::consts::ARCH,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory_mib(&read("/proc/meminfo")).unwrap_or_default(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            ca_certificates: CA_FILES
                .iter()
                .find_map(|file| fs::read_to_string(file).ok())
                .map_or(0, |pem| pem.matches("-----BEGIN CERTIFICATE-----").count()),
        }
    }

    /// In one line.
    pub(super) fn describe(&self) -> String {
        let Self { cpu, architecture, cores, memory_mib, kernel, ca_certificates } = self;
        #[expect(clippy::cast_precision_loss, reason = "no machine has 2^53 MiB")]
        let memory = *memory_mib as f64 / 1024.0;
        format!(
            "{cpu} ({architecture}), {cores} cores, {memory:.0} GiB, Linux {kernel}, {ca_certificates} CA certificates"
        )
    }
}

/// How many processes wanted to run, on the average of the last minute.
pub(super) fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or_default()
}

fn cpu_model(cpuinfo: &str) -> Option<&str> {
    field(cpuinfo, "model name")
}

fn memory_mib(meminfo: &str) -> Option<u64> {
    let kib: u64 = field(meminfo, "MemTotal")?.strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024)
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(cpu_model(cpuinfo), Some("AMD EPYC"));
        assert_eq!(cpu_model("processor\t: 0\nCPU part\t: 0xd40\n"), None);
        assert_eq!(memory_mib("MemTotal:       24682740 kB\nMemFree: 1 kB\n"), Some(24_104));
    }
}
