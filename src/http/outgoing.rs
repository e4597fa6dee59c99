//! Converts requests to the form that is written to a connection.

use hyper::header::{HOST, HeaderValue};
use hyper::{Request as HyperRequest, Uri};
use reqwest::{Body, Request, Url};

use super::no_answer::NoAnswer;

const INVALID_REQUEST: NoAnswer = NoAnswer("the request could not be sent");

/// Converts a request: its target becomes the path, and its host becomes a `Host` header
/// (<https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1>).
pub(super) fn request(request: Request) -> Result<HyperRequest<Body>, NoAnswer> {
    let target = target(request.url())?;
    let host = host(request.url())?;
    let mut request = HyperRequest::<Body>::try_from(request).map_err(|_| INVALID_REQUEST)?;
    *request.uri_mut() = target;
    request.headers_mut().entry(HOST).or_insert(host);
    Ok(request)
}

fn target(url: &Url) -> Result<Uri, NoAnswer> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", url.path()).parse().map_err(|_| INVALID_REQUEST)
}

/// Returns the `Host` header. The scheme's default port is omitted.
fn host(url: &Url) -> Result<HeaderValue, NoAnswer> {
    let host = url.host_str().unwrap_or_default();
    let text = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    HeaderValue::try_from(text).map_err(|_| INVALID_REQUEST)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    #[test]
    fn the_target_is_the_path_and_the_host_a_header() {
        for (url, target, host) in [
            ("https://api.github.com", "/", "api.github.com"),
            ("https://api.github.com:443/a", "/a", "api.github.com"),
            ("https://ghes.example:8443/api/v3/a%20b?c=d", "/api/v3/a%20b?c=d", "ghes.example:8443"),
            ("http://[::1]:80/", "/", "[::1]"),
            ("http://127.0.0.1:8080/", "/", "127.0.0.1:8080"),
        ] {
            let request = request(Request::new(Method::GET, url.parse().unwrap())).unwrap();
            assert_eq!(
                (request.uri().to_string().as_str(), &request.headers()[HOST]),
                (target, &HeaderValue::from_static(host)),
                "{url}"
            );
        }
    }
}
