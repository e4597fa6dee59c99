//! Checks the function and the version in a request, in the same order and with the same messages as Lambda.

use http::{Request, StatusCode};
use percent_encoding::percent_decode_str;

use super::refusal::{Refusal, invalid_parameter, not_found, violation};
use super::{FUNCTION_NAME, FUNCTION_VERSION};
use crate::app::{AWS_ACCOUNT_ID, AWS_REGION};

// Patterns and length: the parameters `FunctionName` and `Qualifier` of
// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
const FUNCTION_NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const QUALIFIER_PATTERN: &str = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
const MAX_QUALIFIER: usize = 128;

/// A reference to a function: its name, a partial ARN or a full ARN, with or without a qualifier.
#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    region: &'a str,
    account: &'a str,
    name: &'a str,
    qualifier: Option<&'a str>,
}

/// Rejects a request for anything but the only version of the only function.
pub(super) fn check<B>(request: &Request<B>, name: &str) -> Result<(), Refusal> {
    let query = request.uri().query().unwrap_or_default();
    let qualifier = query.split('&').find_map(|parameter| parameter.strip_prefix("Qualifier="));
    let name = percent_decode_str(name).decode_utf8_lossy();
    let qualifier = qualifier.map(|qualifier| percent_decode_str(qualifier).decode_utf8_lossy());
    check_names(&name, qualifier.as_deref())
}

fn check_names(name: &str, qualifier: Option<&str>) -> Result<(), Refusal> {
    let target = Target::parse(name);
    let mut violations = qualifier.map_or(Vec::new(), qualifier_violations);
    if target.is_none() {
        let pattern = format!("Member must satisfy regular expression pattern: {FUNCTION_NAME_PATTERN}");
        violations.insert(0, violation("functionName", name, &pattern));
    }
    let Some(target) = target.filter(|_| violations.is_empty()) else {
        return Err(Refusal::validation(&violations));
    };
    if target.region != AWS_REGION {
        let (there, here) = (target.region, AWS_REGION);
        return Err(not_found(&format!("Functions from '{there}' are not reachable in this region ('{here}')")));
    }
    if target.qualifier.is_some_and(|own| qualifier.is_some_and(|other| other != own)) {
        let text = "The derived qualifier from the function name does not match the specified qualifier.";
        return Err(invalid_parameter(text));
    }
    target.with_default(qualifier).must_exist()
}

impl<'a> Target<'a> {
    /// Parses a reference; `None` when it does not match the pattern.
    fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = after_service(text)?.split(':').collect();
        let mut parts = parts.as_slice();
        let region = take(&mut parts, is_region).unwrap_or(AWS_REGION);
        let account = take(&mut parts, is_account).unwrap_or(AWS_ACCOUNT_ID);
        take(&mut parts, |part| part == "function");
        let (name, qualifier) = match *parts {
            [name] => (name, None),
            [name, qualifier] => (name, Some(qualifier)),
            _ => return None,
        };
        let is_target = consists_of(name, "-_.")
            && qualifier.is_none_or(|text| ["$LATEST", "$LATEST.PUBLISHED"].contains(&text) || consists_of(text, "-_"));
        is_target.then_some(Self { region, account, name, qualifier })
    }

    fn with_default(self, qualifier: Option<&'a str>) -> Self {
        Self { qualifier: self.qualifier.or(qualifier).or(Some(FUNCTION_VERSION)), ..self }
    }

    fn must_exist(&self) -> Result<(), Refusal> {
        let Self { region, account, name, qualifier } = self;
        let qualifier = qualifier.unwrap_or(FUNCTION_VERSION);
        if (*account, *name, qualifier) == (AWS_ACCOUNT_ID, FUNCTION_NAME, FUNCTION_VERSION) {
            return Ok(());
        }
        let arn = format!("arn:aws:lambda:{region}:{account}:function:{name}:{qualifier}");
        Err(not_found(&format!("Function not found: {arn}")))
    }
}

/// Returns the part after the optional `arn:aws:lambda:`.
fn after_service(text: &str) -> Option<&str> {
    let Some(arn) = text.strip_prefix("arn:") else { return Some(text) };
    let (partition, rest) = arn.split_once(":lambda:")?;
    let is_partition = partition.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    (partition.is_empty() || partition.starts_with("aws") && is_partition).then_some(rest)
}

/// Takes the first part if it matches and another one follows.
fn take<'a>(parts: &mut &[&'a str], wanted: impl Fn(&str) -> bool) -> Option<&'a str> {
    match **parts {
        [first, ref rest @ ..] if !rest.is_empty() && wanted(first) => {
            *parts = rest;
            Some(first)
        }
        _ => None,
    }
}

fn is_region(text: &str) -> bool {
    let is_lower = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let (country, rest) = text.split_once('-').unwrap_or_default();
    let iso = rest.strip_prefix("iso").and_then(|rest| rest.split_once('-')).filter(|(letter, _)| letter.len() <= 1);
    let place = rest.strip_prefix("gov-").or(iso.map(|(_, place)| place)).unwrap_or(rest);
    let (direction, number) = place.split_once('-').unwrap_or_default();
    let is_digit = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    country.len() == 2 && is_lower(country) && is_lower(direction) && is_digit
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn consists_of(text: &str, punctuation: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| character.is_ascii_alphanumeric() || punctuation.contains(character))
}

fn qualifier_violations(qualifier: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let mut require = |is_met: bool, constraint: &str| {
        if !is_met {
            violations.push(violation("qualifier", qualifier, constraint));
        }
    };
    let max = format!("Member must have length less than or equal to {MAX_QUALIFIER}");
    require(qualifier.len() <= MAX_QUALIFIER, &max);
    require(!qualifier.is_empty(), "Member must have length greater than or equal to 1");
    let is_qualifier = qualifier == "$LATEST.PUBLISHED" || consists_of(qualifier, "-_$");
    require(is_qualifier, &format!("Member must satisfy regular expression pattern: {QUALIFIER_PATTERN}"));
    violations
}

impl Refusal {
    /// Returns the error for values that the service's model does not allow.
    pub(super) fn validation(violations: &[String]) -> Self {
        let plural = if violations.len() == 1 { "" } else { "s" };
        let message = format!("{} validation error{plural} detected: {}", violations.len(), violations.join("; "));
        // Unlike Lambda's other errors, this one has no `Type`.
        let body = serde_json::json!({ "message": message });
        Self { status: StatusCode::BAD_REQUEST, error_type: "ValidationException", body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_those_of_all_partitions() {
        for text in ["eu-central-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "cn-north-1"] {
            assert!(is_region(text), "{text}");
        }
        for text in ["", "eu-central", "eu-central-12", "us-gov-1-2", "EU-central-1", "github-token-broker", "a-b-c-1"]
        {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn names_are_parsed_by_the_pattern() {
        let (region, account) = (AWS_REGION, AWS_ACCOUNT_ID);
        let target = |name, qualifier| Target { region, account, name, qualifier };
        for (text, expected) in [
            ("name", target("name", None)),
            ("my-function-1", target("my-function-1", None)),
            ("name:3", target("name", Some("3"))),
            ("name:$LATEST.PUBLISHED", target("name", Some("$LATEST.PUBLISHED"))),
            ("function:name", target("name", None)),
            ("arn:aws:lambda:eu-central-1:123456789012:function:name:prod", target("name", Some("prod"))),
            ("arn:aws-us-gov:lambda:us-gov-west-1:name", Target { region: "us-gov-west-1", ..target("name", None) }),
            ("210987654321:function:name", Target { account: "210987654321", ..target("name", None) }),
        ] {
            assert_eq!(Target::parse(text), Some(expected), "{text}");
        }
        for text in ["", "a b", "name:", "name:a.b", "name:$OTHER", "arn:aws:s3:name", "arn:nic:lambda:name", "a:b:c"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
