//! What can be wrong with the configuration.

use super::endpoint_url::EndpointUrlError;

/// A fault in the environment; the text names the variable and what was expected, and never quotes
/// the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The variable is unset or blank.
    #[error("{0} is required")]
    Required(&'static str),
    /// The variable's bytes are not UTF-8.
    #[error("{0} is not valid UTF-8")]
    NotUtf8(&'static str),
    /// Something other than the characters that the variable allows.
    #[error("{0} contains unsupported characters")]
    UnsupportedCharacters(&'static str),
    /// A path segment that would change the URL's path.
    #[error(r#"{0} must not be "." or "..""#)]
    DotSegment(&'static str),
    /// Not the name of an SSM parameter as this program takes them.
    #[error("{0} must be an absolute literal SSM parameter path")]
    ParameterPath(&'static str),
    /// Not JSON, not an object, or not of strings.
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
    /// A URL over which secrets would travel in the clear.
    #[error("{0} must use https unless the host is loopback")]
    NotHttps(&'static str),
    /// A URL with more than scheme, host, port and path.
    #[error("{0} must not contain user info, a query or a fragment")]
    NotPlain(&'static str),
    /// Not a URL, and why.
    #[error("parse {0}: {1}")]
    MalformedUrl(&'static str, &'static str),
    /// Not the URL of a proxy.
    #[error("{0} must be the http or https URL of a proxy")]
    ProxyUrl(&'static str),
    /// A file of certificates that cannot be read, and why.
    #[error("{0} names a file that cannot be read: {1}")]
    UnreadableFile(&'static str, &'static str),
    /// A file of certificates with none in it.
    #[error("{0} names a file without a usable PEM certificate")]
    NoCertificate(&'static str),
    /// More than Lambda itself accepts, so that answers and log lines stay short.
    #[error("the variables {0}* have more than 4096 bytes together")]
    TooLong(&'static str),
    /// A variable that libraries would read otherwise than the function.
    #[error("{0} must not be set")]
    MustBeUnset(&'static str),
    /// Two variables of which one would be without effect.
    #[error("{0} and {1} must not both be set")]
    Conflict(&'static str, &'static str),
    /// Not a whole number.
    #[error("{0} must be a whole number")]
    NotANumber(&'static str),
    /// Not the address of a Lambda Runtime API.
    #[error("{0} must be the host and port of the Lambda Runtime API")]
    RuntimeApiAddress(&'static str),
    /// The TLS library or the HTTP client refused its settings: a fault of this program's build.
    #[error("the HTTP client cannot be set up")]
    HttpClient,
}

impl ConfigError {
    /// The fault of a URL that is called `name`.
    pub(super) fn endpoint(name: &'static str, error: EndpointUrlError) -> Self {
        match error {
            EndpointUrlError::NotAbsolute => Self::NotAbsolute(name),
            EndpointUrlError::NotHttps => Self::NotHttps(name),
            EndpointUrlError::NotPlain => Self::NotPlain(name),
            EndpointUrlError::Malformed(why) => Self::MalformedUrl(name, why),
        }
    }
}
