//! The advice on an error type, from the book's page on errors.

const PAGE: &str = include_str!("../../../../docs/src/reference/errors.md");
const URL: &str = "https://github-token-broker.meigma.dev/reference/errors.html";

/// Why an error occurs, and the remedy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// Whole sentences.
    pub(super) cause: String,
    /// Whole sentences.
    pub(super) remedy: String,
    /// The page that has the facts.
    pub(super) url: String,
}

/// Returns the advice on an error type of the broker's or Lambda's.
pub(super) fn on(error_type: &str) -> Advice {
    documented(error_type).unwrap_or_else(|| Advice {
        cause: "The broker ended, or did not answer.".to_owned(),
        remedy: "See its log, which --verbose shows.".to_owned(),
        url: format!("{URL}#errors-of-lambda"),
    })
}

fn documented(error_type: &str) -> Option<Advice> {
    let (_, rest) = PAGE.split_once(&format!("\n### `{error_type}`\n"))?;
    let (section, _) = rest.split_once("\n##").unwrap_or((rest, ""));
    let paragraph = |name: &str| {
        let (_, rest) = section.split_once(&format!("\n**{name}:** "))?;
        Some(plain(rest.split("\n\n").next()?))
    };
    let url = format!("{URL}#{}", error_type.to_ascii_lowercase());
    Some(Advice { cause: paragraph("Cause")?, remedy: paragraph("What to do")?, url })
}

/// Removes line breaks and the links of Markdown.
fn plain(markdown: &str) -> String {
    let text = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (_, after) = part.split_once(')').unwrap_or(("", part));
        let (before, name) = text.rsplit_once('[').unwrap_or(("", &text));
        format!("{before}{name}{after}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_error_has_advice() {
        let types: Vec<&str> = PAGE.split("\n### `").skip(1).filter_map(|section| section.split('`').next()).collect();
        assert!(types.len() >= 17, "{types:?}");
        for error_type in types {
            let advice = documented(error_type).unwrap_or_else(|| panic!("no advice on {error_type}"));
            for text in [&advice.cause, &advice.remedy] {
                assert!(text.ends_with('.') && !text.contains("](") && !text.contains("**"), "{error_type}: {text}");
            }
        }
    }

    #[test]
    fn errors_of_lambda_lead_to_their_section() {
        for error_type in ["Runtime.ExitError", "Sandbox.Timedout"] {
            assert!(on(error_type).url.ends_with("#errors-of-lambda"));
            let (_, section) = PAGE.split_once("\n## Errors of Lambda\n").unwrap();
            assert!(section.contains(&format!("`{error_type}`")), "{error_type}");
        }
    }

    #[test]
    fn links_become_their_names() {
        assert_eq!(
            plain("Raise [SSM's\nthroughput](scaling.md#ssm), or [wait](a.md)."),
            "Raise SSM's throughput, or wait."
        );
        assert_eq!(plain("no link"), "no link");
    }
}
