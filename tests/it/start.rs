//! The start of the function: one log line under Lambda, one sentence anywhere else, and never a panic.

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt;

use sandbox::{ClosedPort, Environment, Outcome, Phase, Sandbox, app, process};
use serde_json::json;

use crate::init_fault::assert_refuses_to_start;
use crate::scene::{Scene, assert_no_requests, launch, lines_above_debug, set};

const LOG_LEVEL: &str = "GITHUB_TOKEN_BROKER_LOG_LEVEL";
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

#[tokio::test]
async fn outside_lambda_it_prints_one_sentence() {
    type Change = fn(&mut Environment);
    let sandbox = Sandbox::start().await;
    let cases: [(&str, Change); 4] = [
        ("unset", |env| {
            env.remove(RUNTIME_API);
        }),
        ("blank", |env| {
            env.set(RUNTIME_API, " ");
        }),
        ("empty environment", |env| *env = Environment::default()),
        ("faulty configuration", |env| {
            env.remove(RUNTIME_API).remove("AWS_REGION").set(LOG_LEVEL, "?");
        }),
    ];
    for (case, change) in cases {
        let broker = launch(&sandbox, change);
        assert_eq!(broker.wait_exit().await.code(), Some(2), "{case}");
        assert_eq!(broker.stdout(), "", "{case}");
        let text = broker.stderr();
        assert_eq!(text.lines().count(), 1, "{case}: {text}");
        assert!(text.starts_with("github-token-broker ") && text.ends_with(".\n"), "{case}: {text}");
        assert!(text.contains("Lambda") && text.contains("`cargo run -p sandbox`"), "{case}: {text}");
        assert!(!text.contains("panicked"), "{case}: {text}");
    }
    assert_no_requests(&sandbox, "not under Lambda");
    assert_eq!(sandbox.lambda.runtime_api_connections(), 0);
}

#[tokio::test]
async fn a_malformed_runtime_api_address_is_an_error() {
    let sandbox = Sandbox::start().await;
    let port = sandbox.lambda.runtime_api().port();
    let addresses = [
        format!("http://127.0.0.1:{port}"),
        format!("127.0.0.1:{port}/path"),
        format!("user@127.0.0.1:{port}"),
        format!("127.0.0.1 :{port}"),
        format!("127.0.0.1:+{port}"),
        format!("127.0.0.1:{port}?"),
        format!(":{port}"),
        "127.0.0.1:port".into(),
        "127.0.0.1:99999".into(),
        "[::1".into(),
        "{}".into(),
        "ä:80".into(),
    ];
    let addresses = addresses.into_iter().map(OsString::from).chain([OsString::from_vec(b"127.0.0.1:\xff".to_vec())]);
    for address in addresses {
        let broker = launch(&sandbox, set(RUNTIME_API, &address));
        let status = broker.wait_exit().await;
        assert!(status.code().is_some_and(|code| code != 0), "{address:?}: {status}");
        assert_eq!(broker.stderr(), "", "{address:?}");
        let lines = broker.log_lines();
        let [line] = lines.as_slice() else { panic!("{address:?}: {lines:#?}") };
        let seen = [&line["level"], &line["msg"], &line["error_type"]];
        assert_eq!(seen, ["ERROR", "load config", "ConfigurationInvalid"], "{address:?}");
        assert!(line["error"].as_str().is_some_and(|text| text.starts_with(RUNTIME_API)), "{address:?}: {line}");
    }
    assert_no_requests(&sandbox, "malformed");
    assert_eq!(sandbox.lambda.runtime_api_connections(), 0);
}

#[tokio::test]
async fn lambdas_other_variables_are_not_needed() {
    let scene = Scene::start_with(|env| {
        for variable in [
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_XRAY_CONTEXT_MISSING",
            "AWS_XRAY_DAEMON_ADDRESS",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "PATH",
            "TZ",
            "_HANDLER",
        ] {
            env.remove(variable);
        }
    })
    .await;
    scene.mint("without them").await;
}

#[tokio::test]
async fn lambda_runtimes_variables_are_checked() {
    let sandbox = Sandbox::start().await;
    let memory = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    for (variable, value, fault) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "", "is required"),
        ("AWS_LAMBDA_FUNCTION_VERSION", " ", "is required"),
        (memory, "", "is required"),
        (memory, "128 MB", "must be a whole number"),
        (memory, " 128", "must be a whole number"),
        (memory, "99999999999", "must be a whole number"),
    ] {
        assert_refuses_to_start(&sandbox, value, &format!("{variable} {fault}"), set(variable, value)).await;
    }
}

#[tokio::test]
async fn an_unreachable_runtime_api_ends_the_function() {
    let sandbox = Sandbox::start().await;
    let closed = ClosedPort::reserve().unwrap();
    let broker = launch(&sandbox, set(RUNTIME_API, closed.address().to_string()));
    let status = broker.wait_exit().await;
    assert!(status.code().is_some_and(|code| code != 0), "{status}");
    assert_eq!(broker.stderr(), "");
    let errors: Vec<_> = broker.log_lines().into_iter().filter(|line| line["level"] == "ERROR").collect();
    let [line] = errors.as_slice() else { panic!("{errors:#?}") };
    assert!(line["error"].as_str().is_some_and(|text| text.contains("Runtime API")), "{line}");
    assert_no_requests(&sandbox, "unreachable");
}

#[tokio::test]
async fn an_error_is_logged_even_without_a_runtime_api() {
    let sandbox = Sandbox::start().await;
    let closed = ClosedPort::reserve().unwrap();
    // The backlog accepts connections, but nothing responds.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [closed.address(), silent.local_addr().unwrap()] {
        let broker = launch(&sandbox, |env| {
            env.set(RUNTIME_API, address.to_string()).remove("AWS_REGION");
        });
        let status = broker.wait_exit().await;
        assert!(status.code().is_some_and(|code| code != 0), "{address}: {status}");
        assert_eq!(broker.stderr(), "", "{address}");
        let faults: Vec<_> = broker.log_lines().into_iter().filter(|line| line["msg"] == "load config").collect();
        let [line] = faults.as_slice() else { panic!("{address}: {faults:#?}") };
        assert_eq!(line["error"], "AWS_REGION is required", "{address}");
    }
}

#[tokio::test]
async fn a_good_start_logs_the_configuration_in_one_line() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |env| {
        env.set("GITHUB_TOKEN_BROKER_PERMISSIONS", r#"{"pull_requests":"write","contents":"read"}"#)
            .set("GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM", "/c")
            .set("GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM", "/i")
            .set("GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM", "/p")
            .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", "https://ghes.example.com/api/v3/");
    });
    assert!(matches!(sandbox.lambda.ready().await, Phase::Ready));
    let captured = broker.stop().await;
    let lines = process::log_lines(&captured);
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    let timestamp = line["timestamp"].as_str().unwrap();
    assert_eq!(
        *line,
        json!({
            "timestamp": timestamp,
            "level": "INFO",
            "msg": "starting github-token-broker",
            "version": env!("CARGO_PKG_VERSION"),
            "repository": format!("{}/{}", app::REPOSITORY_OWNER, app::REPOSITORY_NAME),
            "permissions": { "contents": "read", "pull_requests": "write" },
            "client_id_param": "/c",
            "installation_id_param": "/i",
            "private_key_param": "/p",
            "github_api_base_url": "https://ghes.example.com/api/v3",
        })
    );
    let beginning = format!(r#"{{"timestamp":"{timestamp}","level":"INFO","msg":"starting github-token-broker","#);
    let text = String::from_utf8(captured.stdout).unwrap();
    assert!(text.starts_with(&beginning), "{text}");
    assert_eq!(captured.stderr, b"");
    assert_no_requests(&sandbox, "start");
    assert!(sandbox.lambda.posts().is_empty());
}

/// Returns the levels of all lines above DEBUG: of init, a minted token, a rejected payload and a failure, in this
/// order.
async fn levels(sandbox: &Sandbox, change: impl FnOnce(&mut Environment)) -> Vec<String> {
    let broker = launch(sandbox, change);
    sandbox.ssm.script([]);
    let minted = sandbox.lambda.invoke("null").await;
    let refused = sandbox.lambda.invoke("{}").await;
    sandbox.ssm.script([sandbox::ssm::error("AccessDeniedException", "no")]);
    let failed = sandbox.lambda.invoke("null").await;
    let outcomes = [minted.outcome, refused.outcome, failed.outcome];
    assert_eq!(outcomes, [Outcome::Response, Outcome::Error, Outcome::Error], "{}", broker.captured().describe());
    // Waits for an ERROR line, which every level includes.
    broker.log_of(&failed).await;
    let captured = broker.stop().await;
    assert_eq!(captured.stderr, b"");
    let lines = lines_above_debug(process::log_lines(&captured));
    lines.iter().map(|line| line["level"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_level_drops_the_lines_below_it() {
    let sandbox = Sandbox::start().await;
    for (spellings, expected) in [
        (&["debug", "DEBUG", "Debug", " dEbUg\n"][..], &["INFO", "INFO", "WARN", "ERROR"][..]),
        (&["info", "INFO", "Info"], &["INFO", "INFO", "WARN", "ERROR"]),
        (&["warn", "WARN", "Warn"], &["WARN", "ERROR"]),
        (&["error", "ERROR", "eRROR"], &["ERROR"]),
    ] {
        for level in spellings {
            assert_eq!(levels(&sandbox, set(LOG_LEVEL, *level)).await, expected, "{level:?}");
        }
    }
}

#[tokio::test]
async fn an_unknown_level_means_info_and_one_warning() {
    let sandbox = Sandbox::start().await;
    for level in ["verbose", "trace", "warning", "0", "debug,info", "{}"] {
        let mut levels = levels(&sandbox, set(LOG_LEVEL, level)).await;
        // The contract does not define the order of the first two lines.
        levels[..2].sort();
        assert_eq!(levels, ["INFO", "WARN", "INFO", "WARN", "ERROR"], "{level}");
    }
    let broker = launch(&sandbox, set(LOG_LEVEL, "verbose"));
    assert!(matches!(sandbox.lambda.ready().await, Phase::Ready));
    let lines = process::log_lines(&broker.stop().await);
    let warning = lines.iter().find(|line| line["level"] == "WARN").unwrap();
    assert!(warning["msg"].as_str().is_some_and(|text| text.contains(LOG_LEVEL)), "{warning}");
}

#[tokio::test]
async fn lambdas_level_is_used_when_ours_is_unset() {
    let sandbox = Sandbox::start().await;
    for (own, lambdas, expected) in [
        (None, "ERROR", &["ERROR"][..]),
        (None, "Warn", &["WARN", "ERROR"]),
        (None, "DEBUG", &["INFO", "INFO", "WARN", "ERROR"]),
        (Some(" "), "error", &["ERROR"]),
        (Some("info"), "ERROR", &["INFO", "INFO", "WARN", "ERROR"]),
        (Some("error"), "DEBUG", &["ERROR"]),
        (Some("warn"), "no level", &["WARN", "ERROR"]),
    ] {
        let levels = levels(&sandbox, |env| {
            env.set("AWS_LAMBDA_LOG_LEVEL", lambdas);
            own.map(|own| env.set(LOG_LEVEL, own));
        })
        .await;
        assert_eq!(levels, expected, "{own:?} {lambdas}");
    }
}

#[tokio::test]
async fn no_level_hides_an_init_error() {
    let sandbox = Sandbox::start().await;
    for level in ["warn", "error", "nonsense"] {
        assert_refuses_to_start(&sandbox, level, "AWS_REGION is required", |env| {
            env.set(LOG_LEVEL, level).remove("AWS_REGION");
        })
        .await;
    }
}
