//! Describes the SSM and GitHub endpoints that a broker calls in this environment. The rules are the broker's.

use reqwest::Url;
use sandbox::Environment;

/// Describes the SSM endpoint.
pub(super) fn ssm(environment: &Environment) -> String {
    let configured = ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"].into_iter().find_map(|name| text(environment, name));
    if let Some(url) = configured.filter(|_| !is_true(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        return format!("SSM at {}", shown(&url));
    }
    let kind = match ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"].map(|name| is_true(environment, name)) {
        [false, false] => "",
        [true, false] => "FIPS ",
        [false, true] => "dual-stack ",
        [true, true] => "dual-stack FIPS ",
    };
    format!("SSM's {kind}endpoint in {}", text(environment, "AWS_REGION").unwrap_or_default())
}

/// Describes the GitHub endpoint.
pub(super) fn github(environment: &Environment) -> String {
    let url = text(environment, "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL");
    format!("GitHub at {}", shown(url.as_deref().unwrap_or("https://api.github.com")))
}

/// Removes user info, query and fragment, which may contain secrets and which the broker rejects.
fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) if url.has_host() => {
            let path = url.path().trim_end_matches('/');
            format!("{}{path}", url.origin().ascii_serialization())
        }
        _ => "an invalid URL".into(),
    }
}

/// Returns a variable's value, or `None` when it is unset or blank.
fn text(environment: &Environment, name: &str) -> Option<String> {
    let value = environment.get(name)?.to_string_lossy().trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

fn is_true(environment: &Environment, name: &str) -> bool {
    text(environment, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let mut environment = Environment::default();
        environment.set("AWS_REGION", "eu-central-1");
        for (name, value) in variables {
            environment.set(*name, *value);
        }
        environment
    }

    #[test]
    fn ssm_is_the_configured_one_unless_ignored() {
        let (ssm_url, url) = (("AWS_ENDPOINT_URL_SSM", "https://ssm.example/"), ("AWS_ENDPOINT_URL", "https://other"));
        let ignore = |value| ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", value);
        for (variables, expected) in [
            (&[][..], "SSM's endpoint in eu-central-1"),
            (&[url], "SSM at https://other"),
            (&[ssm_url, url], "SSM at https://ssm.example"),
            (&[("AWS_ENDPOINT_URL_SSM", " "), url], "SSM at https://other"),
            (&[ssm_url, ignore("True")], "SSM's endpoint in eu-central-1"),
            (&[ssm_url, ignore("false")], "SSM at https://ssm.example"),
            (&[("AWS_USE_FIPS_ENDPOINT", "true")], "SSM's FIPS endpoint in eu-central-1"),
            (&[("AWS_USE_DUALSTACK_ENDPOINT", "true")], "SSM's dual-stack endpoint in eu-central-1"),
        ] {
            assert_eq!(ssm(&environment(variables)), expected, "{variables:?}");
        }
    }

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, expected) in [
            ("https://ghes.example:8443/api/v3/", "https://ghes.example:8443/api/v3"),
            ("https://user:secret@ghes.example/api?secret#secret", "https://ghes.example/api"),
            ("ghes.example/secret", "an invalid URL"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
        assert_eq!(github(&environment(&[])), "GitHub at https://api.github.com");
    }
}
