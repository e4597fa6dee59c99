//! A token that is not returned is revoked, authenticated by the token itself.

use sandbox::Endpoint;
use serde_json::json;

use crate::scene::{Scene, granting};
use crate::steps::Step;

#[tokio::test]
async fn a_revocation_authenticates_with_its_token() {
    const TOKEN: &str = "ghs_fixture_0123456789abcdefghijklmnopqrstuvwxyz";
    let scene = Scene::start().await;
    let grant = json!({ "repositories": [{ "full_name": "octo-org/other" }] });
    scene.invoke_with(Step::Token, [granting(TOKEN, &grant)]).await;
    let requests = scene.sandbox.github.requests_to(Endpoint::Revoke);
    let [request] = requests.as_slice() else { panic!("{requests:#?}") };
    assert_eq!((request.method.as_str(), request.target.as_str()), ("DELETE", "/installation/token"));
    assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(request.body, "");
    assert_eq!(scene.sandbox.github.revoked(), [TOKEN]);
    scene.end().await;
}
