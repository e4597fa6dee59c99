//! The machine on which figures were measured.

use std::fs;

use serde_json::{Value, json};

use crate::units::number;

/// The CA bundles of Linux distributions.
const CA_FILES: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/ca-bundle.pem"];

/// The properties of the machine that affect the figures.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) architecture: &'static str,
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    /// The number of trusted certificates, which the broker reads during init.
    pub(crate) ca_certificates: usize,
}

impl Machine {
    /// Describes this machine.
    pub(crate) fn here() -> Self {
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

    /// Renders the properties as JSON.
    pub(crate) fn json(&self) -> Value {
        let Self { cpu, architecture, cores, memory_mib, kernel, ca_certificates } = self;
        json!({
            "cpu": cpu,
            "architecture": architecture,
            "cores": cores,
            "memory_mib": memory_mib,
            "kernel": kernel,
            "ca_certificates": ca_certificates,
        })
    }

    /// Renders the properties in one line.
    pub(crate) fn describe(&self) -> String {
        let Self { cpu, architecture, cores, memory_mib, kernel, ca_certificates } = self;
        let memory = number(*memory_mib) / 1024.0;
        format!(
            "{cpu} ({architecture}), {cores} cores, {memory:.0} GiB, Linux {kernel}, {ca_certificates} CA certificates"
        )
    }
}

/// Returns the number of runnable processes, averaged over the last minute.
pub(crate) fn load_average() -> f64 {
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
    fn proc_files_are_parsed() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(cpu_model(cpuinfo), Some("AMD EPYC"));
        assert_eq!(cpu_model("processor\t: 0\nCPU part\t: 0xd40\n"), None);
        assert_eq!(memory_mib("MemTotal:       24682740 kB\nMemFree: 1 kB\n"), Some(24_104));
    }
}
