//! GitHub grants another scope than configured. The token is then revoked and not returned.

use std::time::Duration;

use sandbox::{Endpoint, Reply, scaled};
use serde_json::{Value, json};

use super::joined;
use super::row::{Failure, REVOKED, TOKEN};
use crate::leaks::secret_body;
use crate::scene::granting;
use crate::steps::Step;

/// Short enough to be quoted if it were not part of the token.
const TOKEN_END: &str = "ZYXWVUTSRQPONMLKJIHGFEDCBA-_0a1b2c3d4e5f6g7h8i9j";
const OWN: &str = "octo-org/octo-repo";

pub(super) fn rows() -> Vec<Failure> {
    joined([repositories(), permissions(), of_three_permissions(), hidden(), failed_revocations(), late()])
}

fn mismatch(name: &str, reply: Reply, difference: &str) -> Failure {
    let message = format!("GitHub granted another scope than configured: {difference}");
    Failure::of(Step::Token, name, [reply], "GrantMismatch", message).hiding([TOKEN.to_owned()])
}

fn granted(grant: &Value, difference: &str) -> Failure {
    mismatch(&grant.to_string(), granting(TOKEN, grant), difference).revoking(REVOKED)
}

fn another_repository(name: &str) -> Failure {
    let grant = json!({ "repositories": [{ "full_name": "octo-org/other" }] });
    mismatch(name, granting(TOKEN, &grant), "repository octo-org/other")
}

fn repositories() -> Vec<Failure> {
    let rows: [(&[&str], &str); 7] = [
        (&[], "no repository"),
        (&["octo-org/other"], "repository octo-org/other"),
        (&["other/octo-repo"], "repository other/octo-repo"),
        (&["octo-repo"], "repository octo-repo"),
        (&["octo-org/octo-repo2"], "repository octo-org/octo-repo2"),
        (&[OWN, "octo-org/b"], "repository octo-org/b"),
        (&["octo-org/b", OWN], "repository octo-org/b"),
    ];
    let named = rows.into_iter().map(|(names, difference)| {
        let repositories: Vec<Value> = names.iter().map(|name| json!({ "full_name": name })).collect();
        granted(&json!({ "repositories": repositories }), difference)
    });
    let own = [json!({ "full_name": OWN })];
    let all = [
        json!({ "repository_selection": "all" }),
        json!({ "repositories": null, "repository_selection": "all" }),
        json!({ "repositories": own, "repository_selection": "all" }),
    ];
    let all = all.map(|grant| granted(&grant, "all repositories of the installation"));
    let other = granted(&json!({ "repository_selection": "Selected" }), "repository selection Selected");
    named.chain(all).chain([other]).collect()
}

fn permissions() -> Vec<Failure> {
    let rows = [
        (json!({}), "permission contents is missing"),
        (json!({ "metadata": "read" }), "permission contents is missing"),
        (json!({ "contents": "write" }), "permission contents: write instead of read"),
        (json!({ "contents": "Read" }), "permission contents: Read instead of read"),
        (json!({ "contents": "read", "issues": "read" }), "permission issues: read"),
        (json!({ "contents": "read", "metadata": "write" }), "permission metadata: write"),
    ];
    let rows = rows.map(|(permissions, difference)| granted(&json!({ "permissions": permissions }), difference));
    let beside_the_repository = json!({ "repositories": [{ "full_name": OWN }], "permissions": {} });
    rows.into_iter().chain([granted(&beside_the_repository, "permission contents is missing")]).collect()
}

/// Requests three permissions, each of which must be granted at its level.
fn of_three_permissions() -> Vec<Failure> {
    let rows = [
        (json!({ "contents": "read", "metadata": "read" }), "permission issues is missing"),
        (json!({ "contents": "read", "issues": "write" }), "permission metadata is missing"),
        (
            json!({ "contents": "read", "issues": "read", "metadata": "read" }),
            "permission issues: read instead of write",
        ),
        (
            json!({ "contents": "read", "issues": "write", "metadata": "read", "actions": "read" }),
            "permission actions: read",
        ),
    ];
    rows.map(|(permissions, difference)| {
        let requested = r#"{"contents":"read","issues":"write","metadata":"read"}"#;
        granted(&json!({ "permissions": permissions }), difference)
            .given(|sandbox| sandbox.github.set_permissions(serde_json::from_str(requested).unwrap()))
            .started_with(move |_, env| {
                env.set("GITHUB_TOKEN_BROKER_PERMISSIONS", requested);
            })
    })
    .into()
}

/// The difference contains part of the token.
fn hidden() -> Vec<Failure> {
    let rows = [
        ("the token's end as repository", json!({ "repositories": [{ "full_name": TOKEN_END }] })),
        ("the token's end as level", json!({ "permissions": { "contents": TOKEN_END } })),
        ("the token's end as permission", json!({ "permissions": { "contents": "read", TOKEN_END: "read" } })),
        ("the token as repository", json!({ "repositories": [{ "full_name": TOKEN }] })),
        ("the token as name", json!({ "repositories": [{ "full_name": format!("octo-org/{TOKEN}") }] })),
        ("the token as level", json!({ "permissions": { "contents": TOKEN } })),
        ("the token as permission", json!({ "permissions": { "contents": "read", TOKEN: "read" } })),
    ];
    let hiding = |row: Failure| row.revoking(REVOKED).hiding([TOKEN_END.to_owned()]);
    rows.map(|(name, grant)| hiding(mismatch(name, granting(TOKEN, &grant), "…"))).into()
}

/// A revocation has one attempt. Its failure does not change the caller's error.
fn failed_revocations() -> Vec<Failure> {
    let refused = "failed: GitHub refused";
    let rows = [
        ("401", Reply::json(401, &secret_body()), refused),
        ("404", Reply::status(404), refused),
        ("429", Reply::status(429), refused),
        ("500", Reply::json(500, &secret_body()), refused),
        ("503", Reply::status(503).header("retry-after", "1"), refused),
        ("a redirect", Reply::redirect(302, "/elsewhere"), refused),
        ("a reset", Reply::reset(), "failed: no answer"),
        ("not HTTP", Reply::garbage(), "failed: no answer"),
        ("no answer", Reply::hang(), "failed: deadline exceeded"),
        ("a dripping head", Reply::good().dripping_head(), "failed: deadline exceeded"),
    ];
    rows.map(|(name, reply, outcome)| {
        another_repository(&format!("{name} for the revocation"))
            .given(move |sandbox| sandbox.github.script(Endpoint::Revoke, [reply.clone()]))
            .within(Duration::from_secs(3))
            .revoking(outcome)
    })
    .into()
}

fn late() -> Vec<Failure> {
    let grant = json!({ "permissions": { "contents": "write" } });
    let answer = Duration::from_millis(1_700);
    let late = granting(TOKEN, &grant).after(answer);
    // The last second before the deadline is reserved. The rest allows for a slow machine.
    let timeout = answer + Duration::from_secs(1) + scaled(Duration::from_millis(300));
    vec![
        another_repository("a revocation takes no longer than an attempt")
            .given(|sandbox| sandbox.github.script(Endpoint::Revoke, [Reply::hang()]))
            .taking(Duration::ZERO..scaled(Duration::from_secs(5)))
            .revoking("failed: it took longer than 3 seconds"),
        mismatch("half a second is kept for a revocation", late, "permission contents: write instead of read")
            .within(timeout)
            .revoking(REVOKED),
    ]
}
