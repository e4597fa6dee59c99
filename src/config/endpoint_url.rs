//! A URL that secrets may be sent to.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use url::{Host, ParseError};

/// The base of a service's URLs: `https`, or `http` to this very machine; no user info, query,
/// fragment or trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointUrl(String);

/// Why a text is not an [`EndpointUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointUrlError {
    /// No scheme or no host.
    NotAbsolute,
    /// A scheme other than `https`, or `http` to another machine.
    NotHttps,
    /// Has user info, a query or a fragment.
    NotPlain,
    /// Not a URL, and why.
    Malformed(&'static str),
}

impl EndpointUrl {
    /// The URL of `path`, which starts with a slash, below this base.
    ///
    /// # Errors
    ///
    /// When `path` does not make a URL; the paths of this crate all do.
    pub(crate) fn join(&self, path: &str) -> Result<Url, ParseError> {
        Url::parse(&format!("{}{path}", self.0))
    }

    /// The URL without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointUrl {
    type Err = EndpointUrlError;

    fn from_str(text: &str) -> Result<Self, EndpointUrlError> {
        let authority = authority(text)?;
        let url = Url::parse(text).map_err(parse_error)?;
        let is_loopback = url.host().is_some_and(|host| is_loopback(&host));
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback) {
            return Err(EndpointUrlError::NotHttps);
        }
        if authority.contains('@') || url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointUrlError::NotPlain);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// The text between `://` and the path. The URL parser accepts a missing or a third slash, strips tabs and reads a backslash
/// as a slash, so that it would accept values that mean something else.
fn authority(text: &str) -> Result<&str, EndpointUrlError> {
    if text.contains(|c: char| c.is_control() || c == '\\') {
        return Err(EndpointUrlError::Malformed("it contains a character that no URL has"));
    }
    let (_scheme, rest) = text.split_once("://").ok_or(EndpointUrlError::NotAbsolute)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() { Err(EndpointUrlError::NotAbsolute) } else { Ok(authority) }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// In our own words: the parser's might change.
fn parse_error(error: ParseError) -> EndpointUrlError {
    EndpointUrlError::Malformed(match error {
        ParseError::RelativeUrlWithoutBase | ParseError::EmptyHost => return EndpointUrlError::NotAbsolute,
        ParseError::InvalidPort => "the port is not a number from 0 to 65535",
        ParseError::InvalidIpv4Address => "the host is not a valid IPv4 address",
        ParseError::InvalidIpv6Address => "the host is not a valid IPv6 address",
        ParseError::IdnaError | ParseError::InvalidDomainCharacter => "the host is not a valid domain name",
        _ => "it is not a valid URL",
    })
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_path_and_drops_trailing_slashes() {
        for (text, path, expected) in [
            ("https://api.github.com", "/repos", "https://api.github.com/repos"),
            ("https://api.github.com/", "/repos", "https://api.github.com/repos"),
            ("https://ghes.example/api/v3", "/repos", "https://ghes.example/api/v3/repos"),
            ("https://ghes.example/api/v3//", "/repos", "https://ghes.example/api/v3/repos"),
            ("https://ghes.example:8443/api/v3/", "/a/b", "https://ghes.example:8443/api/v3/a/b"),
        ] {
            let base: EndpointUrl = text.parse().unwrap();
            assert_eq!(base.join(path).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn http_is_for_this_machine_only() {
        for text in [
            "http://localhost:1",
            "http://LocalHost",
            "http://127.0.0.1:8080/api/v3",
            "http://127.255.255.254",
            "http://[::1]:3",
        ] {
            assert!(text.parse::<EndpointUrl>().is_ok(), "{text}");
        }
        for text in [
            "http://example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://128.0.0.1",
            "http://[::2]",
            "http://[::ffff:127.0.0.1]",
            "http://0.0.0.0",
            "ftp://localhost",
            "ws://localhost",
        ] {
            assert_eq!(text.parse::<EndpointUrl>(), Err(EndpointUrlError::NotHttps), "{text}");
        }
    }

    #[test]
    fn a_relative_url_is_told_apart_from_a_malformed_one() {
        for text in
            ["api.github.com", "/api/v3", "https:", "https://", "https:///x", "https:api.github.com", "localhost:80"]
        {
            assert_eq!(text.parse::<EndpointUrl>(), Err(EndpointUrlError::NotAbsolute), "{text}");
        }
        for text in
            ["https://a b", "https://host:port", "https://host:99999", "https://[::1", "https://a\\b", "https://a\tb"]
        {
            assert!(matches!(text.parse::<EndpointUrl>(), Err(EndpointUrlError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn user_info_query_and_fragment_are_refused_even_when_empty() {
        for text in [
            "https://user@host",
            "https://user:password@host",
            "https://@host",
            "https://:@host/api",
            "https://host?",
            "https://host/?a=b",
            "https://host#",
            "https://host/#f",
        ] {
            assert_eq!(text.parse::<EndpointUrl>(), Err(EndpointUrlError::NotPlain), "{text}");
        }
        assert!("https://host/a@b".parse::<EndpointUrl>().is_ok(), "an at sign in the path is none");
    }
}
