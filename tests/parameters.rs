//! The parameters: what is wrong in SSM or on the way to it is told by name, and GitHub is then not called.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use futures_util::future::join_all;
use sandbox::{Broker, ClosedPort, Door, Environment, Invocation, Reply, Sandbox, app, ssm};
use serde_json::{Value, json};

const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");
const MIB: usize = 1024 * 1024;

/// A broker that runs, and an SSM to script.
struct Scene {
    sandbox: Sandbox,
    broker: Broker,
}

impl Scene {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Environment)) -> Self {
        let sandbox = Sandbox::start().await;
        let broker = sandbox.launch(BOOTSTRAP.as_ref(), change);
        Self { sandbox, broker }
    }

    /// One invocation with SSM scripted so, and how often SSM was asked.
    async fn invoke(&self, replies: impl IntoIterator<Item = Reply>) -> (Invocation, usize) {
        let earlier = self.sandbox.ssm.requests().len();
        self.sandbox.ssm.script(replies);
        let invocation = self.sandbox.lambda.invoke("null").await;
        (invocation, self.sandbox.ssm.requests().len() - earlier)
    }

    /// Error type and text of one invocation, and how often SSM was asked.
    async fn failure(&self, reply: Reply) -> (String, String, usize) {
        let (invocation, asked) = self.invoke([reply]).await;
        (invocation.error_type(), invocation.error_message(), asked)
    }

    /// The same with one parameter's value.
    async fn failure_with(&self, name: &str, value: &str) -> (String, String) {
        self.sandbox.ssm.put(name, value);
        let (error_type, text, _) = self.failure(Reply::good()).await;
        (error_type, text)
    }

    /// GitHub heard nothing, and nobody a secret.
    async fn assert_silent(self) {
        assert_eq!(self.sandbox.github.requests().len(), 0);
        assert_eq!(self.sandbox.leaks(&self.broker.stop().await, &[]), []);
    }
}

fn unreadable(why: &str) -> String {
    format!("read GitHub App parameters from SSM: {why}")
}

/// SSM's good answer with its list of parameters changed.
fn with_parameters(change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Reply {
    Reply::edit(move |mut answer| {
        if let Some(parameters) = answer["Parameters"].as_array_mut() {
            change(parameters);
        }
        answer
    })
}

#[tokio::test]
async fn an_aws_error_that_does_not_pass_is_told_in_aws_words() {
    let scene = Scene::start().await;
    let denied = "User: arn:aws:sts::123456789012:assumed-role/broker/github-token-broker is not authorized to \
                  perform: ssm:GetParameters on resource: \
                  arn:aws:ssm:eu-central-1:123456789012:parameter/github-token-broker/app/client-id because no \
                  identity-based policy allows the ssm:GetParameters action";
    for (code, message) in [
        ("AccessDeniedException", denied),
        ("ValidationException", "1 validation error detected: Value at 'names' failed to satisfy constraint"),
        ("UnrecognizedClientException", "The security token included in the request is invalid."),
        ("ExpiredTokenException", "The security token included in the request is expired"),
        ("InvalidKeyId", "The ciphertext refers to a customer master key that does not exist"),
        ("KMSAccessDeniedException", "kms:Decrypt"),
    ] {
        let expected = ("ParametersUnreadable".to_owned(), unreadable(&format!("{code}: {message}")), 1);
        assert_eq!(scene.failure(ssm::error(code, message)).await, expected, "{code}");
    }
    scene.assert_silent().await;
}

#[tokio::test]
async fn an_error_code_is_found_wherever_aws_writes_it() {
    let scene = Scene::start().await;
    let code = "AccessDeniedException";
    for (case, reply) in [
        (
            "with its namespace",
            Reply::json(400, &json!({ "__type": "com.amazonaws.ssm#AccessDeniedException", "message": "m" })),
        ),
        ("with Message", Reply::json(400, &json!({ "__type": code, "Message": "m" }))),
        ("in the header", Reply::json(400, &json!({ "message": "m" })).header("x-amzn-errortype", code)),
        (
            "in the header with a URL",
            Reply::json(400, &json!({ "message": "m" })).header(
                "x-amzn-errortype",
                format!("{code}:http://internal.amazon.com/coral/com.amazon.coral.validate/"),
            ),
        ),
    ] {
        let expected = ("ParametersUnreadable".to_owned(), unreadable("AccessDeniedException: m"), 1);
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
}

#[tokio::test]
async fn an_aws_error_that_may_pass_is_told_after_three_attempts() {
    let cases = [
        (ssm::error("ThrottlingException", "Rate exceeded"), "ThrottlingException: Rate exceeded"),
        (
            ssm::error("InternalServerError", "An error occurred on the server side.").with_status(500),
            "InternalServerError: An error occurred on the server side.",
        ),
        (ssm::error("ServiceUnavailable", "later").with_status(503), "ServiceUnavailable: later"),
        (Reply::raw(500, "<html>no code here</html>"), "status 500 without an AWS error code"),
        (Reply::raw(503, ""), "status 503 without an AWS error code"),
    ];
    join_all(cases.map(async |(reply, why)| {
        let scene = Scene::start().await;
        let expected = ("ParametersUnreadable".to_owned(), unreadable(why), 3);
        assert_eq!(scene.failure(reply).await, expected, "{why}");
        scene.assert_silent().await;
    }))
    .await;
}

#[tokio::test]
async fn a_token_comes_when_a_later_attempt_succeeds() {
    let cases = [
        ("throttled", vec![ssm::error("ThrottlingException", "Rate exceeded"), Reply::good()]),
        ("500", vec![Reply::raw(500, ""), Reply::good()]),
        ("reset", vec![Reply::reset(), Reply::good()]),
        (
            "throttled twice",
            vec![ssm::error("ThrottlingException", "Rate exceeded"), Reply::raw(502, ""), Reply::good()],
        ),
    ];
    join_all(cases.map(async |(case, replies)| {
        let scene = Scene::start().await;
        let expected = replies.len();
        let (invocation, asked) = scene.invoke(replies).await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
        assert_eq!(asked, expected, "{case}");
    }))
    .await;
}

#[tokio::test]
async fn a_status_without_a_code_is_told_as_a_status() {
    let scene = Scene::start().await;
    for status in [301, 302, 400, 403, 404, 413] {
        let reply = Reply::raw(status, "<html>AccessDenied</html>").header("location", "https://elsewhere.example/");
        let expected =
            ("ParametersUnreadable".to_owned(), unreadable(&format!("status {status} without an AWS error code")), 1);
        assert_eq!(scene.failure(reply).await, expected, "{status}");
    }
    scene.assert_silent().await;
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_should_be_is_told_without_quoting_it() {
    let scene = Scene::start().await;
    for body in ["not JSON", "{", "[]", r#"{"Parameters":5}"#, r#"{"Parameters":[5]}"#, r#"{"InvalidParameters":"/a"}"#]
    {
        let expected = ("ParametersUnreadable".to_owned(), unreadable("the answer is not what SSM documents"), 1);
        assert_eq!(scene.failure(Reply::raw(200, body)).await, expected, "{body}");
    }
    scene.assert_silent().await;
}

#[tokio::test]
async fn at_most_a_mebibyte_is_read() {
    let cases =
        [("announced", Reply::good().padded(MIB + 1)), ("unannounced", Reply::good().padded_without_length(MIB + 1))];
    join_all(cases.map(async |(case, reply)| {
        let scene = Scene::start().await;
        let (error_type, text, asked) = scene.failure(reply).await;
        assert_eq!(error_type, "ParametersUnreadable", "{case}");
        assert_eq!(text, unreadable("the answer has more than 1 MiB"), "{case}");
        assert!((1..=3).contains(&asked), "{case}: {asked}");
        scene.assert_silent().await;
    }))
    .await;

    let scene = Scene::start().await;
    let (invocation, _) = scene.invoke([Reply::good().padded(MIB)]).await;
    assert!(invocation.is_success(), "{}", invocation.text());
}

#[tokio::test]
async fn without_a_whole_answer_why_is_told() {
    let cases = [
        ("reset", Reply::reset(), "the connection was reset"),
        ("cut off", Reply::good().truncated_length(), "the answer broke off"),
        ("cut off in chunks", Reply::good().truncated_chunks(), "the answer broke off"),
        ("not HTTP", Reply::garbage(), "the answer is not HTTP"),
    ];
    join_all(cases.map(async |(case, reply, why)| {
        let scene = Scene::start().await;
        let (error_type, text, asked) = scene.failure(reply).await;
        assert_eq!(error_type, "ParametersUnreadable", "{case}");
        assert_eq!(text, unreadable(why), "{case}");
        assert!((1..=3).contains(&asked), "{case}: {asked}");
        scene.assert_silent().await;
    }))
    .await;
}

#[tokio::test]
async fn without_a_connection_why_is_told() {
    let closed = ClosedPort::reserve().unwrap();
    let refused = async {
        let scene = Scene::start_with(|env| {
            env.set("AWS_ENDPOINT_URL_SSM", closed.url());
        })
        .await;
        let expected = ("ParametersUnreadable".to_owned(), unreadable("the connection was refused"), 0);
        assert_eq!(scene.failure(Reply::good()).await, expected);
        scene.assert_silent().await;
    };
    let doors = [
        (Door::Reset, "the connection was reset"),
        (Door::ForeignCertificate, "the server's certificate is not valid or not trusted"),
    ];
    let behind_doors = join_all(doors.map(async |(door, why)| {
        let sandbox = Sandbox::start().await;
        sandbox.ssm.set_doors([door]);
        let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
        sandbox.lambda.ready().await;
        let scene = Scene { sandbox, broker };
        let earlier = scene.sandbox.ssm.connections();
        let expected = ("ParametersUnreadable".to_owned(), unreadable(why), 0);
        assert_eq!(scene.failure(Reply::good()).await, expected, "{door:?}");
        assert_eq!(scene.sandbox.ssm.connections() - earlier, 3, "{door:?}");
        scene.assert_silent().await;
    }));
    futures_util::future::join(refused, behind_doors).await;
}

#[tokio::test]
async fn without_credentials_ssm_is_not_asked() {
    for missing in [
        &["AWS_ACCESS_KEY_ID"][..],
        &["AWS_SECRET_ACCESS_KEY"],
        &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
    ] {
        let scene = Scene::start_with(|env| {
            for name in missing {
                env.remove(*name);
            }
        })
        .await;
        let (error_type, text, asked) = scene.failure(Reply::good()).await;
        assert_eq!(error_type, "ParametersUnreadable", "without {missing:?}");
        let why = "no AWS credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        assert_eq!(text, unreadable(why), "without {missing:?}");
        assert_eq!(asked, 0, "without {missing:?}");
        scene.assert_silent().await;
    }
}

#[tokio::test]
async fn an_aws_message_that_shows_credentials_is_hidden() {
    let scene = Scene::start().await;
    for secret in [app::AWS_SECRET_ACCESS_KEY, app::AWS_SESSION_TOKEN] {
        let message = format!("The request signature does not match. The canonical string was\nPOST {secret}\n");
        let (error_type, text, _) = scene.failure(ssm::error("InvalidSignatureException", &message)).await;
        assert_eq!(error_type, "ParametersUnreadable");
        assert!(text.starts_with(&unreadable("InvalidSignatureException: ")), "{text}");
        assert!(!text.contains(secret), "{text}");
    }
    scene.assert_silent().await;
}

#[tokio::test]
async fn names_that_ssm_does_not_know_are_told_in_its_order() {
    let scene = Scene::start().await;
    let (client_id, installation_id, private_key) =
        (app::CLIENT_ID_PARAM, app::INSTALLATION_ID_PARAM, app::PRIVATE_KEY_PARAM);
    let invalid = |names: &[&str]| {
        let names = json!(names);
        Reply::edit(move |mut answer| {
            answer["InvalidParameters"] = names.clone();
            answer
        })
    };
    for names in [
        &[client_id][..],
        &[private_key],
        &[client_id, installation_id],
        &[installation_id, client_id],
        &[private_key, client_id, installation_id],
    ] {
        let text = format!("missing GitHub App SSM parameters: [{}]", names.join(" "));
        assert_eq!(scene.failure(invalid(names)).await, ("ParametersMissing".to_owned(), text, 1), "{names:?}");
    }
    // SSM's own lists; the sandbox answers in the reverse order.
    scene.sandbox.ssm.remove(installation_id);
    let text = format!("missing GitHub App SSM parameters: [{installation_id}]");
    assert_eq!(scene.failure(Reply::good()).await, ("ParametersMissing".to_owned(), text, 1));
    scene.sandbox.ssm.remove(client_id);
    let text = format!("missing GitHub App SSM parameters: [{installation_id} {client_id}]");
    assert_eq!(scene.failure(Reply::good()).await, ("ParametersMissing".to_owned(), text, 1));
    scene.assert_silent().await;
}

#[tokio::test]
async fn a_parameter_in_neither_list_is_empty_or_missing() {
    let scene = Scene::start().await;
    for name in [app::CLIENT_ID_PARAM, app::INSTALLATION_ID_PARAM, app::PRIVATE_KEY_PARAM] {
        for (case, reply) in [
            ("absent", with_parameters(move |parameters| parameters.retain(|one| one["Name"] != name))),
            (
                "without a value",
                with_parameters(move |parameters| {
                    for parameter in parameters.iter_mut().filter(|one| one["Name"] == name) {
                        parameter["Value"] = Value::Null;
                    }
                }),
            ),
            (
                "under another name",
                with_parameters(move |parameters| {
                    for parameter in parameters.iter_mut().filter(|one| one["Name"] == name) {
                        parameter["Name"] = format!("{name}2").into();
                    }
                }),
            ),
        ] {
            let text = format!("SSM parameter {name} is empty or missing");
            assert_eq!(scene.failure(reply).await, ("ParameterInvalid".to_owned(), text, 1), "{name}: {case}");
        }
    }
    let (error_type, text, _) = scene.failure(Reply::raw(200, "{}")).await;
    let first = format!("SSM parameter {} is empty or missing", app::CLIENT_ID_PARAM);
    assert_eq!((error_type.as_str(), text), ("ParameterInvalid", first), "no list at all");
    scene.assert_silent().await;
}

#[tokio::test]
async fn an_empty_value_is_told_with_the_parameters_name() {
    for (name, blanks) in [
        (app::CLIENT_ID_PARAM, &["", " ", "\n", "\r\n\t "][..]),
        (app::INSTALLATION_ID_PARAM, &["", " ", "\n", "\r\n\t "]),
        (app::PRIVATE_KEY_PARAM, &[""]),
    ] {
        let scene = Scene::start().await;
        for blank in blanks {
            let text = format!("SSM parameter {name} is empty or missing");
            assert_eq!(
                scene.failure_with(name, blank).await,
                ("ParameterInvalid".to_owned(), text),
                "{name}: {blank:?}"
            );
        }
        scene.assert_silent().await;
    }
}

#[tokio::test]
async fn the_first_fault_in_the_order_of_the_names_is_told() {
    let scene = Scene::start().await;
    for name in [app::PRIVATE_KEY_PARAM, app::INSTALLATION_ID_PARAM, app::CLIENT_ID_PARAM] {
        let text = format!("SSM parameter {name} is empty or missing");
        assert_eq!(scene.failure_with(name, "").await, ("ParameterInvalid".to_owned(), text));
    }
}

#[tokio::test]
async fn white_space_around_the_ids_does_no_harm() {
    let scene = Scene::start().await;
    let installation_id = app::INSTALLATION_ID;
    for (before, after) in [("", "\n"), ("", "\r\n"), (" ", " "), ("\n\t ", "\n\n")] {
        scene.sandbox.ssm.put(app::CLIENT_ID_PARAM, format!("{before}{}{after}", app::CLIENT_ID));
        scene.sandbox.ssm.put(app::INSTALLATION_ID_PARAM, format!("{before}{installation_id}{after}"));
        let (invocation, _) = scene.invoke([Reply::good()]).await;
        assert!(invocation.is_success(), "{before:?} {after:?}: {}", invocation.text());
    }
    scene.sandbox.assert_no_violations();
}

#[tokio::test]
async fn an_installation_id_is_a_plain_positive_decimal_number() {
    let scene = Scene::start().await;
    let expected = (
        "ParameterInvalid".to_owned(),
        format!("SSM parameter {} is not a GitHub App installation ID", app::INSTALLATION_ID_PARAM),
    );
    for value in [
        "0",
        "00",
        "052345678",
        "+52345678",
        "-52345678",
        "52345678.0",
        "5e7",
        "0x31eb78e",
        "52 345 678",
        "52_345_678",
        "52,345,678",
        "52345678/..",
        "52345678?a=b",
        "52345678%20",
        "\"52345678\"",
        "abc",
        "Iv23liSANDBOX0000000",
        "٥",
        "５２",
        "52345678\u{0}",
        "18446744073709551616",
        "99999999999999999999999999",
    ] {
        assert_eq!(scene.failure_with(app::INSTALLATION_ID_PARAM, value).await, expected, "{value:?}");
    }
    scene.assert_silent().await;
}

#[tokio::test]
async fn an_installation_id_of_any_length_up_to_64_bits_is_good() {
    let scene = Scene::start().await;
    for id in [1, 9, 10, u64::from(u32::MAX) + 1, (1 << 53) + 1, u64::MAX] {
        scene.sandbox.ssm.put(app::INSTALLATION_ID_PARAM, id.to_string());
        scene.sandbox.github.set_installation(id);
        let (invocation, _) = scene.invoke([Reply::good()]).await;
        assert!(invocation.is_success(), "{id}: {}", invocation.text());
    }
    scene.sandbox.assert_no_violations();
}

#[tokio::test]
async fn a_client_id_is_sent_as_it_stands() {
    let scene = Scene::start().await;
    for client_id in ["Iv1.8a61f9b3a7aba766", "Iv23liABCDEFGHIJKLMN", "1234567", "x", &"x".repeat(128)] {
        scene.sandbox.ssm.put(app::CLIENT_ID_PARAM, client_id);
        scene.sandbox.github.set_client_id(client_id);
        let (invocation, _) = scene.invoke([Reply::good()]).await;
        assert!(invocation.is_success(), "{client_id}: {}", invocation.text());
    }
    scene.sandbox.assert_no_violations();
}

#[tokio::test]
async fn what_cannot_be_a_client_id_is_sent_to_nobody() {
    let scene = Scene::start().await;
    let expected = (
        "ParameterInvalid".to_owned(),
        format!("SSM parameter {} is not a GitHub App client ID", app::CLIENT_ID_PARAM),
    );
    let key = sandbox::AppKey::first().pkcs1_pem();
    for value in [&key, "Iv23li Iv23li", "Iv23li\u{0}", "Iv23lié", &"x".repeat(129)] {
        assert_eq!(scene.failure_with(app::CLIENT_ID_PARAM, value).await, expected, "{value:?}");
    }
    scene.assert_silent().await;
}

#[tokio::test]
async fn parameters_are_told_apart_by_name_in_whatever_order_they_come() {
    let scene = Scene::start().await;
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let reply = with_parameters(move |parameters| {
            *parameters = order.iter().filter_map(|index| parameters.get(*index).cloned()).collect();
        });
        let (invocation, _) = scene.invoke([reply]).await;
        assert!(invocation.is_success(), "{order:?}: {}", invocation.text());
    }
    let with_a_stranger = with_parameters(|parameters| {
        parameters.insert(0, json!({ "Name": "/github-token-broker/app", "Value": "1", "Type": "String" }));
    });
    let (invocation, _) = scene.invoke([with_a_stranger]).await;
    assert!(invocation.is_success(), "one that was not asked for: {}", invocation.text());
    scene.sandbox.assert_no_violations();
}

#[tokio::test]
async fn aws_request_id_is_in_the_log_of_a_failure() {
    let scene = Scene::start().await;
    let id = "0c9f2d5e-7b0e-4f57-9c4c-2d6a1f3b8e11";
    for reply in [ssm::error("AccessDeniedException", "no"), Reply::raw(400, "<html>"), Reply::raw(200, "{}")] {
        let case = format!("{reply:?}");
        let (invocation, _) = scene.invoke([reply.header("x-amzn-requestid", id)]).await;
        assert_eq!(scene.broker.log_of(&invocation).await["aws_request_id"], id, "{case}");
    }
}
