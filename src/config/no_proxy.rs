//! `NO_PROXY`: the hosts to connect to without the proxy.
//!
//! Own code because reqwest's parser supports neither ports nor `*.suffix`. The syntax is that of Go's `httpproxy`,
//! which version 2 used:
//! <https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config>.

use std::net::IpAddr;

use reqwest::Url;
use url::Host;

/// The entries of `NO_PROXY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// `*`.
    All,
    /// `10.0.0.0/8`: the network's address and the length of its prefix.
    Range(IpAddr, u32),
    /// `10.0.0.1`, `[fd00::1]:443`.
    Address(IpAddr, Option<u16>),
    /// `example.com`, `.example.com`, `*.example.com:443`.
    Domain(Domain),
}

/// A domain with its subdomains, or only the subdomains when the entry starts with a dot.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Domain {
    /// In lower case, with a leading dot.
    suffix: String,
    has_itself: bool,
    port: Option<u16>,
}

impl NoProxy {
    /// Parses comma-separated entries. A malformed entry matches nothing, as in other programs.
    pub(super) fn new(text: &str) -> Self {
        Self(text.split(',').filter_map(|entry| Entry::new(entry.trim())).collect())
    }

    /// Returns whether the proxy is bypassed for a URL. It always is for loopback hosts.
    pub(super) fn covers(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        let port = url.port_or_known_default();
        match host {
            Host::Domain(name) => name == "localhost" || self.0.iter().any(|entry| entry.matches_name(name, port)),
            Host::Ipv4(address) => self.covers_address(address.into(), port),
            Host::Ipv6(address) => self.covers_address(address.into(), port),
        }
    }

    fn covers_address(&self, address: IpAddr, port: Option<u16>) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|entry| entry.matches_address(address, port))
    }
}

impl Entry {
    fn new(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        if let Some(range) = range(text) {
            return Some(range);
        }
        let (host, port) = host_and_port(text)?;
        match unbracketed(host).parse::<IpAddr>() {
            Ok(address) => Some(Self::Address(address.to_canonical(), port)),
            Err(_) => Domain::new(host, port).map(Self::Domain),
        }
    }

    fn matches_name(&self, name: &str, port: Option<u16>) -> bool {
        match self {
            Self::All => true,
            Self::Domain(domain) => domain.matches(name, port),
            Self::Range(..) | Self::Address(..) => false,
        }
    }

    fn matches_address(&self, address: IpAddr, port: Option<u16>) -> bool {
        match self {
            Self::All => true,
            Self::Range(network, length) => is_within(address, *network, *length),
            Self::Address(own, own_port) => *own == address && port_matches(*own_port, port),
            Self::Domain(_) => false,
        }
    }
}

impl Domain {
    fn new(host: &str, port: Option<u16>) -> Option<Self> {
        let host = host.strip_prefix("*.").map_or_else(|| host.to_owned(), |rest| format!(".{rest}"));
        let (has_itself, name) = host.strip_prefix('.').map_or((true, &*host), |name| (false, name));
        if name.is_empty() {
            return None;
        }
        Some(Self { suffix: format!(".{}", ascii(name)), has_itself, port })
    }

    /// Returns whether the entry matches a URL's host and port. The host must be in lower case.
    fn matches(&self, name: &str, port: Option<u16>) -> bool {
        let is_itself = self.suffix.strip_prefix('.') == Some(name);
        (name.ends_with(&self.suffix) || self.has_itself && is_itself) && port_matches(self.port, port)
    }
}

/// Returns whether the port matches. An entry without a port matches all ports.
fn port_matches(entry_port: Option<u16>, port: Option<u16>) -> bool {
    entry_port.is_none() || entry_port == port
}

fn range(text: &str) -> Option<Entry> {
    let (address, length) = text.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse().ok()?);
    (length <= bits(address)).then_some(Entry::Range(address, length))
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { u32::BITS } else { u128::BITS }
}

fn is_within(address: IpAddr, network: IpAddr, length: u32) -> bool {
    let differing = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => u128::from(address.to_bits() ^ network.to_bits()),
        (IpAddr::V6(address), IpAddr::V6(network)) => address.to_bits() ^ network.to_bits(),
        _ => return false,
    };
    // A prefix of length 0 matches every address: the shift by all bits gives None.
    differing.checked_shr(bits(network) - length).unwrap_or_default() == 0
}

/// Splits a host from its port. Returns `None` when the port is not a number. An empty port is ignored. An IPv6 address
/// has a port only when it is in brackets.
fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    if text.is_empty() {
        return None;
    }
    let is_bare_ipv6 = text.matches(':').count() > 1 && !text.starts_with('[');
    match text.rsplit_once(':') {
        Some((host, "")) if !is_bare_ipv6 => Some((host, None)),
        Some((host, port)) if !is_bare_ipv6 && !text.ends_with(']') => Some((host, Some(port.parse().ok()?))),
        _ => Some((text, None)),
    }
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Converts a name to the form that it has in a URL: lower case and Punycode.
fn ascii(name: &str) -> String {
    match Host::parse(name) {
        Ok(Host::Domain(name)) => name,
        _ => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(no_proxy: &str, url: &str) -> bool {
        NoProxy::new(no_proxy).covers(&url.parse().unwrap())
    }

    /// Has the rows of Go's test of `UseProxy` and more:
    /// <https://cs.opensource.google/go/x/net/+/master:http/httpproxy/proxy_test.go>.
    #[test]
    fn entries_match_as_in_go() {
        for (no_proxy, url, expected) in [
            ("", "https://example.com", false),
            ("example.com", "https://example.com", true),
            ("example.com", "https://api.Example.COM", true),
            ("EXAMPLE.com", "https://example.com", true),
            ("example.com", "https://notexample.com", false),
            ("example.com", "https://example.com.evil", false),
            (".example.com", "https://api.example.com", true),
            (".example.com", "https://example.com", false),
            ("*.example.com", "https://api.example.com", true),
            ("*.example.com", "https://a.b.example.com", true),
            ("*.example.com", "https://example.com", false),
            ("*.example.com", "https://badexample.com", false),
            ("api.*.com", "https://api.example.com", false),
            ("*", "https://example.com", true),
            ("*", "https://10.0.0.1", true),
            ("a.example, * ,b.example", "https://example.com", true),
            ("example.com:443", "https://example.com", true),
            ("example.com:443", "https://api.example.com:443", true),
            ("example.com:443", "https://example.com:8443", false),
            ("example.com:8443", "https://example.com:8443", true),
            ("*.example.com:8443", "https://api.example.com:8443", true),
            ("example.com:http", "https://example.com", false),
            ("example.com:", "https://example.com", true),
            (":443", "https://example.com", false),
            (" other.example , example.com ", "https://example.com", true),
            (",,example.com", "https://example.com", true),
            (".", "https://example.com", false),
            ("*.", "https://example.com", false),
            ("bücher.example", "https://bücher.example", true),
            ("*.bücher.example", "https://www.xn--bcher-kva.example", true),
            ("ghes_1.example", "https://ghes_1.example", true),
            ("10.0.0.1", "https://10.0.0.1", true),
            ("10.0.0.1", "https://10.0.0.2", false),
            ("10.0.0.1:443", "https://10.0.0.1", true),
            ("10.0.0.1:8443", "https://10.0.0.1", false),
            ("0.0.1", "https://10.0.0.1", false),
            ("10.0.0.0/8", "https://10.255.0.1", true),
            ("10.0.0.0/8", "https://11.0.0.1", false),
            ("10.1.2.3/8", "https://10.255.0.1", true),
            ("192.168.1.128/25", "https://192.168.1.127", false),
            ("192.168.1.128/25", "https://192.168.1.200", true),
            ("10.0.0.1/32", "https://10.0.0.1", true),
            ("0.0.0.0/0", "https://10.0.0.1", true),
            ("0.0.0.0/0", "https://[fd00::1]", false),
            ("0.0.0.0/0", "https://example.com", false),
            ("10.0.0.0/33", "https://10.0.0.1", false),
            ("10.0.0.0/", "https://10.0.0.1", false),
            ("fd00::/8", "https://[fd12::1]", true),
            ("fd00::/8", "https://[fe80::1]", false),
            ("::/0", "https://[fe80::1]", true),
            ("fd00::1", "https://[fd00::1]", true),
            ("[fd00::1]", "https://[fd00::1]", true),
            ("[fd00::1]:443", "https://[fd00::1]", true),
            ("[fd00::1]:8443", "https://[fd00::1]", false),
            ("10.0.0.0/8", "https://[::ffff:10.0.0.1]", true),
        ] {
            assert_eq!(covers(no_proxy, url), expected, "{no_proxy:?} and {url}");
        }
    }

    #[test]
    fn loopback_hosts_are_always_covered() {
        for url in
            ["https://localhost", "https://LOCALHOST:1", "https://127.0.0.1", "https://127.9.9.9", "https://[::1]"]
        {
            assert!(covers("", url), "{url}");
        }
        for url in ["https://localhost.example", "https://128.0.0.1", "https://0.0.0.0", "https://[::2]"] {
            assert!(!covers("", url), "{url}");
        }
    }
}
