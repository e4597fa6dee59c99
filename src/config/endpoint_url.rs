//! A URL that secrets may be sent to.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use url::{Host, ParseError};

/// The base URL of a service: `https`, or `http` to a loopback host, without user info, query, fragment or trailing
/// slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointUrl(String);

/// The reason why a text is not an [`EndpointUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointUrlError {
    /// No scheme or no host.
    NotAbsolute,
    /// A scheme other than `https`, or `http` to a host that is not loopback.
    NotHttps,
    /// User info, a query or a fragment.
    NotPlain,
    /// Not a URL, with the reason.
    Malformed(&'static str),
}

impl EndpointUrl {
    /// Appends `path`, which starts with a slash, to this base.
    ///
    /// # Errors
    ///
    /// When the result is not a URL. This cannot happen with the paths of this crate.
    pub(crate) fn join(&self, path: &str) -> Result<Url, ParseError> {
        Url::parse(&format!("{}{path}", self.0))
    }

    /// Returns the URL without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointUrl {
    type Err = EndpointUrlError;

    fn from_str(text: &str) -> Result<Self, EndpointUrlError> {
        if text.contains(|c: char| c.is_control() || c == '\\') {
            return Err(EndpointUrlError::Malformed("it contains a character that no URL has"));
        }
        let url = Url::parse(text).map_err(parse_error)?;
        let has_user_info = !url.username().is_empty() || url.password().is_some();
        let Some(authority) = authority(text) else {
            return Err(if has_user_info { EndpointUrlError::NotPlain } else { EndpointUrlError::NotAbsolute });
        };
        let is_loopback = url.host().is_some_and(|host| is_loopback(&host));
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback) {
            return Err(EndpointUrlError::NotHttps);
        }
        // The parser drops empty user info.
        if has_user_info || authority.contains('@') || url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointUrlError::NotPlain);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// Returns the text between `scheme://` and the path, or `None` if there is no `://` with an authority after it. The
/// parser also accepts `https:host`, `https:/host` and `https:///host`, which other parsers read as a path.
fn authority(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (is_scheme && !authority.is_empty()).then_some(authority)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Describes the error in our own words: the parser's may change.
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
    fn http_is_allowed_for_loopback_only() {
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
    fn relative_and_malformed_urls_are_distinguished() {
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
    fn a_missing_or_third_slash_does_not_hide_user_info() {
        for text in [
            "https:user:secret@host/x://y",
            "https:/user:secret@host/x://y",
            "https:///user:secret@host/x://y",
            "https:user@host",
            "https:/:secret@host",
            "https://user:secret@host/x://y",
        ] {
            assert_eq!(text.parse::<EndpointUrl>(), Err(EndpointUrlError::NotPlain), "{text}");
        }
        for text in ["https:host/x://y", "https:/host/x://y", "https:///host/x://y"] {
            assert_eq!(text.parse::<EndpointUrl>(), Err(EndpointUrlError::NotAbsolute), "{text}");
        }
        let url: EndpointUrl = "https://HOST:443/x://y/../z/".parse().unwrap();
        assert_eq!(url.as_str(), "https://host/x://z", "the parsed URL is used and logged");
    }

    #[test]
    fn user_info_query_and_fragment_are_refused() {
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
        assert!("https://host/a@b".parse::<EndpointUrl>().is_ok(), "an at sign in the path is not user info");
    }
}
