//! The command, with the real broker, which it builds itself.
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::path::Path;
use std::process::Output;

use sandbox::{Endpoint, Reply, Sandbox, app};
use serde_json::Value;
use tokio::process::Command;

/// The command in a clean environment, in a directory outside the workspace.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    let ambient = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        ["AWS_", "GITHUB_TOKEN_BROKER_", "SSL_CERT_"].iter().any(|prefix| name.starts_with(prefix))
    });
    ambient.for_each(|name| {
        command.env_remove(name);
    });
    command
        .args(arguments)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nowhere")
        .current_dir("/")
        .kill_on_drop(true);
    for name in ["CARGO_HOME", "RUSTUP_HOME"] {
        command.env(name, std::env::var(name).unwrap_or_else(|_| default_home(name)));
    }
    command
}

/// The directory of cargo or rustup if no variable names it: below `HOME`, which the command does not get.
fn default_home(name: &str) -> String {
    let directory = if name == "CARGO_HOME" { ".cargo" } else { ".rustup" };
    format!("{}/{directory}", std::env::var("HOME").unwrap())
}

/// `--live` as a deployer would run it, with stand-ins instead of the real services.
fn live(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = command(&[&["--live"], arguments].concat());
    command
        .env("AWS_REGION", app::AWS_REGION)
        .env("AWS_ACCESS_KEY_ID", app::AWS_ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", app::AWS_SECRET_ACCESS_KEY)
        .env("AWS_SESSION_TOKEN", app::AWS_SESSION_TOKEN)
        .env("AWS_ENDPOINT_URL_SSM", sandbox.ssm.url())
        .env("SSL_CERT_FILE", sandbox.ca.pem_path())
        .env("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", sandbox.github.url())
        .env("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", app::REPOSITORY_OWNER)
        .env("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", app::REPOSITORY_NAME);
    command
}

async fn run(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[tokio::test]
async fn without_options_it_prints_the_steps_and_the_token() {
    let (status, stdout, stderr) = run(command(&[])).await;
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.starts_with(r#"{"token":"ghs_"#) && stdout.ends_with("}\n"), "{stdout}");
    assert_eq!(stdout.lines().count(), 1);
    assert!(stderr.contains("Finished `dev` profile"), "cargo's own output: {stderr}");
    for step in ["  init ", "  SSM ", "  preflight ", "  token ", "  answer "] {
        assert!(stderr.contains(step), "{step}: {stderr}");
    }
    let token = serde_json::from_str::<Value>(&stdout).unwrap()["token"].as_str().unwrap().to_owned();
    assert!(!stderr.contains(&token) && !stderr.contains("BREACH"), "{stderr}");
}

#[tokio::test]
async fn an_error_of_the_broker_is_exit_status_1() {
    let (status, stdout, stderr) = run(command(&["--payload", "{}"])).await;
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.contains("InvocationInputRejected: github-token-broker does not accept invocation input"));
}

#[tokio::test]
async fn a_broker_that_exits_is_reported() {
    let (status, stdout, stderr) = run(command(&["--bootstrap", "/bin/false"])).await;
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.contains("Runtime.ExitError"), "{stderr}");
}

#[tokio::test]
async fn live_hides_the_token_by_default() {
    let sandbox = Sandbox::start().await;
    let (status, stdout, stderr) = run(live(&sandbox, &[])).await;
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.starts_with(r#"{"token":"hidden: 540 characters, SHA-256 "#), "{stdout}");
    assert!(!(stdout + &stderr).contains(&sandbox.github.issued()[0]));
    assert!(stderr.contains("Parameters, key, installation and permissions are right."), "{stderr}");
    let (status, stdout, _) = run(live(&sandbox, &["--show-token"])).await;
    assert_eq!(status, 0);
    assert!(stdout.contains(&sandbox.github.issued()[1]));
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn live_says_what_is_wrong() {
    type Break = fn(&Sandbox);
    let table: [(Break, &str, &str); 5] = [
        (|sandbox| sandbox.ssm.remove(app::CLIENT_ID_PARAM), "ParametersMissing", "the parameters"),
        (|sandbox| sandbox.ssm.put(app::PRIVATE_KEY_PARAM, "none"), "PrivateKeyInvalid", "the key"),
        (
            |sandbox| sandbox.github.set_keys([sandbox::AppKey::second()]),
            "GitHubRejectedApp",
            "the key, or the client ID",
        ),
        (|sandbox| sandbox.github.set_repository("octo-org", "other"), "RepositoryNotInstalled", "the installation"),
        (
            |sandbox| sandbox.github.script(Endpoint::AccessTokens, [Reply::status(422)]),
            "PermissionsNotGranted",
            "the permissions",
        ),
    ];
    for (break_it, error_type, culprit) in table {
        let sandbox = Sandbox::start().await;
        break_it(&sandbox);
        let (status, stdout, stderr) = run(live(&sandbox, &[])).await;
        assert_eq!((status, stdout.as_str()), (1, ""), "{error_type}: {stderr}");
        assert!(stderr.contains(&format!("{error_type}: ")), "{error_type}: {stderr}");
        assert!(stderr.contains(&format!("What is wrong: {culprit}")), "{error_type}: {stderr}");
    }
}

#[tokio::test]
async fn credentials_come_from_a_profile_too() {
    for (secret, status) in [(app::AWS_SECRET_ACCESS_KEY, 0), ("another", 1)] {
        let sandbox = Sandbox::start().await;
        let directory = tempfile::tempdir().unwrap();
        let config = write_profile(directory.path(), secret);
        let mut command = live(&sandbox, &[]);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env_remove("AWS_REGION");
        command.env("AWS_CONFIG_FILE", config).env("AWS_PROFILE", "deployer");
        let (exit, _, stderr) = run(command).await;
        assert_eq!(exit, status, "{stderr}");
        assert_eq!(sandbox.violations().is_empty(), status == 0, "{:?}", sandbox.violations());
    }
}

/// A profile with a credential process, as SSO tools set up.
fn write_profile(directory: &Path, secret: &str) -> std::path::PathBuf {
    let credentials = directory.join("credentials.json");
    let content = serde_json::json!({
        "Version": 1,
        "AccessKeyId": app::AWS_ACCESS_KEY_ID,
        "SecretAccessKey": secret,
        "SessionToken": app::AWS_SESSION_TOKEN,
    });
    std::fs::write(&credentials, content.to_string()).unwrap();
    let config = directory.join("config");
    let process = format!("credential_process = /bin/cat {}", credentials.display());
    std::fs::write(&config, format!("[profile deployer]\nregion = {}\n{process}\n", app::AWS_REGION)).unwrap();
    config
}

#[tokio::test]
async fn wrong_usage_is_one_line_and_exit_status_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let table: [(&[&str], &str); 9] = [
        (&["--serve", "--live"], "'--serve' cannot be used with '--live'"),
        (&["--serve", "--payload", "x"], "'--serve' cannot be used with '--payload <TEXT>'"),
        (&["--show-token"], "--show-token goes with --live"),
        (&["--port", "1"], "--port goes with --serve"),
        (&["--bogus"], "unexpected argument '--bogus' found"),
        (&["--bootstrap", "/nowhere/bootstrap"], "there is no bootstrap at /nowhere/bootstrap"),
        (&["--bootstrap", "/etc/passwd"], "cannot start /etc/passwd: Permission denied"),
        (&["--serve", "--bootstrap", "/bin/false", "--port", &port], "is in use"),
        (&["--live"], "--live needs GITHUB_TOKEN_BROKER_REPOSITORY_OWNER and GITHUB_TOKEN_BROKER_REPOSITORY_NAME"),
    ];
    for (arguments, text) in table {
        let (status, stdout, stderr) = run(command(arguments)).await;
        assert_eq!((status, stdout.as_str(), stderr.lines().count()), (2, "", 1), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("sandbox: ") && stderr.contains(text), "{arguments:?}: {stderr}");
    }
}

#[tokio::test]
async fn live_without_region_or_credentials_says_so() {
    let sandbox = Sandbox::start().await;
    for (unset, text) in
        [("AWS_REGION", "--live needs an AWS region"), ("AWS_ACCESS_KEY_ID", "--live needs AWS credentials")]
    {
        let mut command = live(&sandbox, &[]);
        command.env_remove(unset);
        let (status, stdout, stderr) = run(command).await;
        assert_eq!((status, stdout.as_str(), stderr.lines().count()), (2, "", 1), "{unset}: {stderr}");
        assert!(stderr.contains(text), "{unset}: {stderr}");
    }
}
