//! Errors in the configuration.

use super::endpoint_url::EndpointUrlError;

/// An error in an environment variable. The text names the variable and the expected value, and never quotes the actual
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The variable is unset or blank.
    #[error("{0} is required")]
    Required(&'static str),
    /// The variable's bytes are not UTF-8.
    #[error("{0} is not valid UTF-8")]
    NotUtf8(&'static str),
    /// A character that the variable does not allow.
    #[error("{0} contains unsupported characters")]
    UnsupportedCharacters(&'static str),
    /// A path segment that would change the URL's path.
    #[error(r#"{0} must not be "." or "..""#)]
    DotSegment(&'static str),
    /// Not an absolute literal name of an SSM parameter.
    #[error("{0} must be an absolute literal SSM parameter path")]
    ParameterPath(&'static str),
    /// Not JSON, not an object, or an object with other values than strings.
    #[error("{0} must be a JSON object of string-to-string entries: {1}")]
    NotAnObjectOfStrings(&'static str, &'static str),
    /// An empty set of permissions.
    #[error("{0} must request at least one permission")]
    NoPermission(&'static str),
    /// A permission without a name or a level.
    #[error("{0} entries must have non-empty keys and values")]
    BlankPermission(&'static str),
    /// A URL without a scheme or a host.
    #[error("{0} must be absolute")]
    NotAbsolute(&'static str),
    /// A URL that would send secrets unencrypted.
    #[error("{0} must use https unless the host is loopback")]
    NotHttps(&'static str),
    /// A URL with more than scheme, host, port and path.
    #[error("{0} must not contain user info, a query or a fragment")]
    NotPlain(&'static str),
    /// Not a URL, with the reason.
    #[error("parse {0}: {1}")]
    MalformedUrl(&'static str, &'static str),
    /// Not the URL of a proxy.
    #[error("{0} must be the http or https URL of a proxy")]
    ProxyUrl(&'static str),
    /// A certificate file that cannot be read, with the reason.
    #[error("{0} names a file that cannot be read: {1}")]
    UnreadableFile(&'static str, &'static str),
    /// A certificate file without a usable certificate.
    #[error("{0} names a file without a usable PEM certificate")]
    NoCertificate(&'static str),
    /// More than Lambda itself accepts. The limit keeps responses and log lines short.
    #[error("the variables {0}* must not exceed 4096 bytes in total")]
    TooLong(&'static str),
    /// A variable that libraries would interpret differently from this function.
    #[error("{0} must not be set")]
    MustBeUnset(&'static str),
    /// Two variables, one of which would have no effect.
    #[error("{0} and {1} must not both be set")]
    Conflict(&'static str, &'static str),
    /// Not a whole number.
    #[error("{0} must be a whole number")]
    NotANumber(&'static str),
    /// Not the address of a Lambda Runtime API.
    #[error("{0} must be the host and port of the Lambda Runtime API")]
    RuntimeApiAddress(&'static str),
    /// The TLS library or the HTTP client rejected its settings: a bug in this program's build.
    #[error("the HTTP client cannot be set up")]
    HttpClient,
}

impl ConfigError {
    /// Converts an error of the URL that messages call `name`.
    pub(super) fn endpoint(name: &'static str, error: EndpointUrlError) -> Self {
        match error {
            EndpointUrlError::NotAbsolute => Self::NotAbsolute(name),
            EndpointUrlError::NotHttps => Self::NotHttps(name),
            EndpointUrlError::NotPlain => Self::NotPlain(name),
            EndpointUrlError::Malformed(why) => Self::MalformedUrl(name, why),
        }
    }
}
