//! What to do about each error type, in plain words.

/// Who or what is at fault, and what to do.
#[derive(Debug)]
pub(super) struct Advice {
    /// Completes "What is wrong: …".
    pub(super) culprit: &'static str,
    /// Whole sentences.
    pub(super) remedy: &'static str,
    /// The page that has the facts.
    pub(super) page: &'static str,
}

/// The advice on an error type of the broker's or Lambda's.
pub(super) fn on(error_type: &str) -> Advice {
    let (culprit, remedy) = on_configuration(error_type).or_else(|| on_github(error_type)).unwrap_or(UNKNOWN);
    let page = if error_type == "ConfigurationInvalid" {
        "docs/src/reference/environment.md"
    } else {
        "docs/src/reference/errors.md"
    };
    Advice { culprit, remedy, page }
}

type Text = (&'static str, &'static str);

const UNKNOWN: Text = ("the broker itself", "It ended or hung instead of answering. Its log may say why.");

fn on_configuration(error_type: &str) -> Option<Text> {
    Some(match error_type {
        "InvocationInputRejected" => {
            ("the payload", "The broker takes no input. Callers send `null`; here, leave --payload out.")
        }
        "ConfigurationInvalid" => ("a variable", "Correct the variable that the message names."),
        "DeadlineExceeded" => (
            "the network, or a service that is slow",
            "The step that the message names did not end in time. From here: check the network, HTTPS_PROXY and NO_PROXY. \
             In a VPC: check the route to the internet, or SSM's VPC endpoint.",
        ),
        "ParametersMissing" => (
            "the parameters: SSM does not know the names in the message",
            "Write them with `aws ssm put-parameter`, or name the right ones in GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM, \
             GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM and GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM. If they exist, the \
             region or the account is another one: compare with `aws sts get-caller-identity`.",
        ),
        "ParameterInvalid" => (
            "the parameters: one is empty or is not what its name says",
            "Write the parameter that the message names again. The installation ID is the number at the end of the \
             installation's address in GitHub's settings.",
        ),
        "ParametersUnreadable" => (
            "access to the parameters",
            "An AWS error code in the message: the role needs ssm:GetParameters on the three parameters, and kms:Decrypt \
             on the key of the SecureString where that is not the AWS managed one; expired credentials need a new login. \
             No code: the way to SSM; check the region, the network, HTTPS_PROXY and SSL_CERT_FILE.",
        ),
        "PrivateKeyInvalid" => (
            "the key: the parameter holds no RSA private key in PEM",
            "Store the .pem file as GitHub gave it: \
             `aws ssm put-parameter --type SecureString --overwrite --name … --value file://app.private-key.pem`. \
             A lost key cannot be had again: make a new one in the App's settings.",
        ),
        _ => return None,
    })
}

fn on_github(error_type: &str) -> Option<Text> {
    on_app(error_type).or_else(|| on_answer(error_type))
}

fn on_app(error_type: &str) -> Option<Text> {
    Some(match error_type {
        "GitHubRejectedApp" => (
            "the key, or the client ID",
            "GitHub does not accept the App's signature: key and client ID belong to different Apps, the key was deleted, \
             or this machine's clock is off. Compare both with the App's settings page, which shows the client ID and \
             each key's fingerprint.",
        ),
        "RepositoryNotInstalled" => (
            "the installation: the App is not installed on this repository",
            "Install it there (the App's settings, Install App), or correct GITHUB_TOKEN_BROKER_REPOSITORY_OWNER and \
             GITHUB_TOKEN_BROKER_REPOSITORY_NAME: a renamed repository needs its new name.",
        ),
        "InstallationMismatch" => (
            "the installation: the parameter names another one than covers the repository",
            "Both IDs are in the message. Write the repository's into the installation ID's parameter.",
        ),
        "InstallationSuspended" => (
            "the installation: it is suspended",
            "Its owner can unsuspend it in GitHub's settings, under Installed GitHub Apps.",
        ),
        "PermissionsNotGranted" => (
            "the permissions: the installation was not granted all that is asked for",
            "Compare GITHUB_TOKEN_BROKER_PERMISSIONS with the App's permissions. New ones must also be accepted by the \
             installation's owner. The repository must still be among those of the installation.",
        ),
        "GrantMismatch" => (
            "the permissions: GitHub granted something else than was asked for",
            "The message says what differs. Compare GITHUB_TOKEN_BROKER_PERMISSIONS with the App's permissions.",
        ),
        _ => return None,
    })
}

fn on_answer(error_type: &str) -> Option<Text> {
    Some(match error_type {
        "GitHubRateLimited" => {
            ("GitHub's rate limit", "Try again later. If it comes back, look for what else uses the same App.")
        }
        "GitHubRefused" => (
            "something that GitHub does not allow",
            "The status is in the message. 403: an IP allow list or a policy of the organisation, perhaps.",
        ),
        "GitHubUnavailable" => (
            "the way to GitHub, or GitHub itself",
            "Check the network, HTTPS_PROXY and GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL; for a company's own CA set \
             SSL_CERT_FILE. Otherwise see githubstatus.com.",
        ),
        "GitHubResponseInvalid" => (
            "what answers in GitHub's place",
            "The answer is not GitHub's: a proxy's page, or GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL without the /api/v3 \
             of an Enterprise Server.",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All types that docs/src/reference/errors.md lists in its first table.
    fn documented() -> Vec<String> {
        let page = page("docs/src/reference/errors.md");
        let rows = page.split("\n## ").next().unwrap_or_default();
        let cells = rows.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        cells.map(|(error_type, _)| error_type.to_owned()).filter(|name| name != "errorType").collect()
    }

    fn page(path: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
    }

    #[test]
    fn every_documented_error_has_advice_of_its_own() {
        let types = documented();
        assert!(types.len() >= 17, "{types:?}");
        for error_type in types.iter().filter(|error_type| *error_type != "InternalError") {
            assert_ne!(on(error_type).culprit, UNKNOWN.0, "{error_type}");
        }
    }

    #[test]
    fn advice_names_the_page_that_has_the_facts() {
        for error_type in documented().iter().map(String::as_str).chain(["Runtime.ExitError", "Sandbox.Timedout"]) {
            let facts = page(on(error_type).page);
            assert!(facts.contains(&format!("`{error_type}`")), "{error_type}: {}", on(error_type).page);
        }
        assert!(page(on("ConfigurationInvalid").page).contains("`GITHUB_TOKEN_BROKER_REPOSITORY_OWNER`"));
    }
}
