//! Checks a token's scope and fails closed.

use std::collections::BTreeMap;

use super::error::GrantDifference;
use crate::config::{Permissions, Repository};
use crate::known_secrets::KnownSecrets;
use crate::peer_text::Scope;

/// The only repository selection that is valid for one repository.
const SELECTED: &str = "selected";

/// The scope that GitHub granted. Every member is optional in GitHub's response.
pub(super) struct Grant {
    /// Full names.
    pub(super) repositories: Option<Vec<String>>,
    /// `all` or `selected`.
    pub(super) repository_selection: Option<String>,
    /// Names and levels.
    pub(super) permissions: Option<BTreeMap<String, String>>,
}

impl Grant {
    /// Checks that every member that is present is exactly the configured one. An error quotes no secret.
    pub(super) fn check(
        &self,
        repository: &Repository,
        permissions: &Permissions,
        secrets: &KnownSecrets,
    ) -> Result<(), GrantDifference> {
        let quoted = |text: &str| Scope::new(text, secrets);
        if let Some(names) = &self.repositories {
            one_repository(names, &repository.to_string(), quoted)?;
        }
        match self.repository_selection.as_deref() {
            None | Some(SELECTED) => {}
            Some(all) if all.eq_ignore_ascii_case("all") => return Err(GrantDifference::AllRepositories),
            Some(other) => return Err(GrantDifference::Selection(quoted(other))),
        }
        self.permissions.as_ref().map_or(Ok(()), |granted| same_permissions(granted, permissions, quoted))
    }
}

fn one_repository(names: &[String], expected: &str, quoted: impl Fn(&str) -> Scope) -> Result<(), GrantDifference> {
    if let Some(other) = names.iter().find(|name| !name.eq_ignore_ascii_case(expected)) {
        return Err(GrantDifference::Repository(quoted(other)));
    }
    match names {
        [_] => Ok(()),
        [] => Err(GrantDifference::NoRepository),
        _ => Err(GrantDifference::RepositoryTwice),
    }
}

fn same_permissions(
    granted: &BTreeMap<String, String>,
    requested: &Permissions,
    quoted: impl Fn(&str) -> Scope,
) -> Result<(), GrantDifference> {
    for (name, level) in granted {
        match requested.level(name) {
            Some(requested) if requested == level => {}
            Some(requested) => {
                let (name, requested) = (name.clone(), requested.to_owned());
                return Err(GrantDifference::Level { name, requested, granted: quoted(level) });
            }
            // GitHub adds it to every grant.
            None if name == "metadata" && level == "read" => {}
            None => return Err(GrantDifference::Permission(quoted(name), quoted(level))),
        }
    }
    let missing = requested.iter().find(|(name, _)| !granted.contains_key(*name));
    missing.map_or(Ok(()), |(name, _)| Err(GrantDifference::NoPermission(name.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    fn difference(grant: &Grant) -> String {
        let environment: Environment =
            [("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", "Owner"), ("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", "name")]
                .into_iter()
                .collect();
        let repository = Repository::from_environment(&environment).unwrap();
        let permissions = r#"{"contents":"read","issues":"write"}"#.parse().unwrap();
        let secrets = KnownSecrets::default();
        secrets.add_token(&"ghs_0123456789abcdef".into());
        match grant.check(&repository, &permissions, &secrets) {
            Ok(()) => "none".to_owned(),
            Err(difference) => difference.to_string(),
        }
    }

    #[test]
    fn repositories_are_exactly_the_configured_one() {
        for (repositories, selection, expected) in [
            (None, None, "none"),
            (None, Some("selected"), "none"),
            (None, Some("all"), "all repositories of the installation"),
            (None, Some("ALL"), "all repositories of the installation"),
            (Some(vec!["owner/NAME"]), Some("selected"), "none"),
            (Some(vec!["Owner/name"]), Some("all"), "all repositories of the installation"),
            (Some(vec!["Owner/other"]), Some("all"), "repository Owner/other"),
            (None, Some("Selected"), "repository selection Selected"),
            (Some(vec!["Owner/name"]), Some("none"), "repository selection none"),
            (None, Some(""), "repository selection (hidden)"),
            (Some(vec![]), None, "no repository"),
            (Some(vec!["Owner/other"]), None, "repository Owner/other"),
            (Some(vec!["Owner/name", "Owner/other"]), None, "repository Owner/other"),
            (Some(vec!["Owner/name", "Owner/name"]), None, "the repository more than once"),
            (Some(vec![""]), None, "repository (hidden)"),
            (Some(vec!["x/ghs_0123456789abcdef"]), None, "repository (hidden)"),
        ] {
            let grant = Grant {
                repositories: repositories.clone().map(|names| names.into_iter().map(str::to_owned).collect()),
                repository_selection: selection.map(str::to_owned),
                permissions: None,
            };
            assert_eq!(difference(&grant), expected, "{repositories:?} {selection:?}");
        }
    }

    #[test]
    fn permissions_are_exactly_those_requested() {
        for (permissions, expected) in [
            (r#"{"contents":"read","issues":"write"}"#, "none"),
            (r#"{"contents":"read","issues":"write","metadata":"read"}"#, "none"),
            (r#"{"contents":"read","issues":"write","metadata":"write"}"#, "permission metadata: write"),
            (r#"{"contents":"write","issues":"write"}"#, "permission contents: write instead of read"),
            (r#"{"contents":"read","issues":"read"}"#, "permission issues: read instead of write"),
            (r#"{"contents":"read"}"#, "permission issues is missing"),
            ("{}", "permission contents is missing"),
            (r#"{"actions":"read","contents":"read","issues":"write"}"#, "permission actions: read"),
        ] {
            let permissions_granted = serde_json::from_str(permissions).unwrap();
            let grant =
                Grant { repositories: None, repository_selection: None, permissions: Some(permissions_granted) };
            assert_eq!(difference(&grant), expected, "{permissions}");
        }
    }
}
