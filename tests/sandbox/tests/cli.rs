//! Tests the command, which builds the real broker itself.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as intended")]

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sandbox::{Endpoint, Proxy, Reply, Sandbox, app};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Creates the command with a clean environment and a working directory outside the workspace.
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

/// Returns the default directory of cargo or rustup below `HOME`, which the command does not get.
fn default_home(name: &str) -> String {
    let directory = if name == "CARGO_HOME" { ".cargo" } else { ".rustup" };
    format!("{}/{directory}", std::env::var("HOME").unwrap())
}

/// Creates the command with `--live` and with stand-ins instead of the real services.
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
async fn repository_option_sets_the_tokens_repository() {
    let (status, stdout, stderr) = run(command(&["--repository", "my-org/my-repo"])).await;
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains(r#""repositories":["my-org/my-repo"]"#) && !stderr.contains("BREACH"), "{stdout}{stderr}");
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
async fn live_reports_the_cause_of_an_error() {
    type Break = fn(&Sandbox);
    let table: [(Break, &str, &str); 5] = [
        (
            |sandbox| sandbox.ssm.remove(app::CLIENT_ID_PARAM),
            "ParametersMissing",
            "SSM has no parameters of these names",
        ),
        (|sandbox| sandbox.ssm.put(app::PRIVATE_KEY_PARAM, "none"), "PrivateKeyInvalid", "The private key's parameter"),
        (
            |sandbox| sandbox.github.set_keys([sandbox::AppKey::second()]),
            "GitHubRejectedApp",
            "GitHub does not accept the App's signature",
        ),
        (
            |sandbox| sandbox.github.set_repository("octo-org", "other"),
            "RepositoryNotInstalled",
            "The App is not installed",
        ),
        (
            |sandbox| sandbox.github.script(Endpoint::AccessTokens, [Reply::status(422)]),
            "PermissionsNotGranted",
            "The installation lacks",
        ),
    ];
    for (break_it, error_type, cause) in table {
        let sandbox = Sandbox::start().await;
        break_it(&sandbox);
        let (status, stdout, stderr) = run(live(&sandbox, &[])).await;
        assert_eq!((status, stdout.as_str()), (1, ""), "{error_type}: {stderr}");
        assert!(stderr.contains(&format!("{error_type}: ")), "{error_type}: {stderr}");
        assert!(stderr.contains(&format!("Cause: {cause}")), "{error_type}: {stderr}");
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

/// Writes a profile with a credential process, as SSO tools do.
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
    let table: [(&[&str], &str); 13] = [
        (&["--serve", "--live"], "'--serve' cannot be used with '--live'"),
        (&["--serve", "--payload", "x"], "'--serve' cannot be used with '--payload <TEXT>'"),
        (&["--serve", "--verbose"], "'--serve' cannot be used with '--verbose'"),
        (&["--show-token"], "--show-token requires --live"),
        (&["--port", "1"], "--port requires --serve"),
        (&["--repository", "my-repo"], "invalid value 'my-repo' for '--repository <OWNER/NAME>': there is no /"),
        (&["--repository", "a/b/c"], "invalid value 'a/b/c' for '--repository <OWNER/NAME>': there is more than one /"),
        (&["--repository", "a/b", "--live"], "'--repository <OWNER/NAME>' cannot be used with '--live'"),
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
async fn live_reports_a_missing_region_or_credentials() {
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

/// A program in a separate directory, which is first in `PATH`.
struct StandIn {
    directory: tempfile::TempDir,
}

impl StandIn {
    fn new(name: &str, script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        // Another process writes the file, because a program that this process has open for writing cannot be executed,
        // and other tests fork meanwhile.
        let write = format!("cat > '{0}' && chmod +x '{0}'", path.display());
        let mut shell =
            std::process::Command::new("/bin/sh").args(["-c", &write]).stdin(Stdio::piped()).spawn().unwrap();
        shell.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
        Self { directory }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn search_path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.directory.path().display())
    }
}

#[tokio::test]
async fn cargo_runs_in_the_workspace() {
    let cargo = StandIn::new("cargo", r#"echo "error: in $PWD" >&2; exit 101"#);
    let mut command = command(&[]);
    command.env("CARGO", cargo.path("cargo"));
    let (status, stdout, stderr) = run(command).await;
    assert_eq!((status, stdout.as_str()), (2, ""));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let expected =
        format!("error: in {}\nsandbox: bootstrap does not compile: see cargo's messages above\n", workspace.display());
    assert_eq!(stderr, expected);
}

#[tokio::test]
async fn the_version_is_the_products() {
    let (status, stdout, stderr) = run(command(&["--version"])).await;
    assert_eq!((status, stdout, stderr.as_str()), (0, format!("sandbox {}\n", sandbox::bootstrap::version()), ""));
}

#[tokio::test]
async fn unwritable_standard_output_is_an_error() {
    let (reader, pipe) = std::io::pipe().unwrap();
    drop(reader);
    let pipe = || Stdio::from(pipe.try_clone().unwrap());
    let full = || Stdio::from(std::fs::File::create("/dev/full").unwrap());
    let sandbox = Sandbox::start().await;
    for (case, mut command, stdout, text) in [
        ("a token, full", command(&[]), full(), "No space left on device"),
        ("a token, broken", command(&[]), pipe(), "Broken pipe"),
        ("a live token, full", live(&sandbox, &[]), full(), "No space left on device"),
        ("the help, full", command(&["--help"]), full(), "No space left on device"),
        ("the version, broken", command(&["--version"]), pipe(), "Broken pipe"),
    ] {
        let output = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{case}: {stderr}");
        let last = stderr.lines().last().unwrap();
        assert!(
            last.starts_with("sandbox: cannot write to standard output: ") && last.contains(text),
            "{case}: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{case}: {stderr}");
    }
}

#[tokio::test]
async fn closed_standard_output_is_an_error() {
    for arguments in ["", "--version", "--live"] {
        let command = command(&[]);
        let script = format!("exec {} {arguments} >&-", env!("CARGO_BIN_EXE_sandbox"));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).env_clear();
        shell.envs(command.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
        let (status, _, stderr) = run(shell).await;
        assert_eq!((status, stderr.lines().count()), (2, 1), "{arguments}: {stderr}");
        assert!(stderr.starts_with("sandbox: standard output is closed"), "{arguments}: {stderr}");
    }
    let mut to_nowhere = command(&["--version"]);
    assert!(to_nowhere.stdout(Stdio::null()).status().await.unwrap().success());
}

#[tokio::test]
async fn unwritable_standard_error_is_ignored() {
    // Cargo does not ignore it when it has something to build.
    let bootstrap = sandbox::bootstrap::build(sandbox::bootstrap::Profile::Dev).await.unwrap();
    let mut command = command(&["--bootstrap", bootstrap.to_str().unwrap()]);
    command.stderr(std::fs::File::create("/dev/full").unwrap()).stdout(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.starts_with(br#"{"token":"ghs_"#));
}

#[tokio::test]
async fn live_reports_the_revocation_of_a_token() {
    for (reply, text) in [
        (Reply::good(), "The token that GitHub issued was revoked."),
        (Reply::status(500), "The token that GitHub issued could not be revoked (failed: GitHub refused)"),
    ] {
        let sandbox = Sandbox::start().await;
        let wider = |mut answer: Value| {
            answer["permissions"]["contents"] = "write".into();
            answer
        };
        sandbox.github.script(Endpoint::AccessTokens, [Reply::edit(wider)]);
        sandbox.github.script(Endpoint::Revoke, [reply]);
        let (status, _, stderr) = run(live(&sandbox, &[])).await;
        assert_eq!(status, 1, "{stderr}");
        assert!(stderr.contains("GrantMismatch: ") && stderr.contains(text), "{stderr}");
        assert!(stderr.contains("the token's SHA-256: "), "{stderr}");
        assert_eq!(stderr.matches("The token that GitHub issued").count(), 1, "{stderr}");
    }
}

#[tokio::test]
async fn live_prints_the_endpoints_that_it_calls() {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    let (_, _, stderr) = run(live(&sandbox, &[])).await;
    let header = format!("it calls SSM at {} and GitHub at {}.\n", sandbox.ssm.url(), sandbox.github.url());
    assert!(stderr.contains(&header), "{stderr}");
    let called = sandbox.ssm.requests().len();
    let mut ignoring = live(&sandbox, &[]);
    ignoring.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true").env("HTTPS_PROXY", proxy.url());
    let (status, _, stderr) = run(ignoring).await;
    assert_eq!(status, 1, "{stderr}");
    assert!(stderr.contains("it calls SSM's endpoint in eu-central-1 and GitHub at https://127.0.0.1"), "{stderr}");
    assert_eq!(sandbox.ssm.requests().len(), called);
    let targets = proxy.requests().into_iter().map(|request| request.target);
    assert!(targets.clone().any(|target| target == "ssm.eu-central-1.amazonaws.com:443"), "{:?}", proxy.requests());
}

#[tokio::test]
async fn the_log_of_the_broker_is_shown_on_request() {
    let line = r#""msg":"mint GitHub installation token""#;
    let (_, _, stderr) = run(command(&["--verbose"])).await;
    assert!(stderr.contains(r#""msg":"minted GitHub installation token""#), "{stderr}");
    let sandbox = Sandbox::start().await;
    sandbox.ssm.remove(app::CLIENT_ID_PARAM);
    let (status, stdout, stderr) = run(live(&sandbox, &["--verbose"])).await;
    assert_eq!((status, stdout.as_str()), (1, ""), "{stderr}");
    assert!(stderr.contains("The broker's log:\n{") && stderr.contains(line), "{stderr}");
    let (_, _, stderr) = run(live(&sandbox, &[])).await;
    assert!(!stderr.contains(line) && stderr.contains("With --verbose, the broker's log follows"), "{stderr}");
    let mut wrong = live(&sandbox, &["--verbose"]);
    wrong.env("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", "..");
    let (_, _, stderr) = run(wrong).await;
    assert!(
        stderr.contains(r#""msg":"load config""#) && stderr.contains("/reference/errors.html#configurationinvalid"),
        "{stderr}"
    );
}

/// Starts `--serve` with this program as `aws`, and returns the printed instructions.
async fn serve(script: &str) -> (tokio::process::Child, StandIn, String) {
    let aws = StandIn::new("aws", script);
    let mut command = command(&["--serve"]);
    let path = format!("{}:{}", aws.directory.path().display(), std::env::var("PATH").unwrap());
    let mut child = command.env("PATH", path).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut instructions = String::new();
    while !instructions.contains("with FunctionError") {
        instructions += &(lines.next_line().await.unwrap().unwrap() + "\n");
    }
    (child, aws, instructions)
}

/// Returns the commands under a heading, which are indented further than headings.
fn commands<'a>(instructions: &'a str, heading: &str) -> Vec<&'a str> {
    let section = instructions.split("\n\n").find(|section| section.trim_start().starts_with(heading)).unwrap();
    section.split(":\n").skip(1).map(|part| part.split("\n  only").next().unwrap()).collect()
}

async fn shell(command: &str, search_path: &str) -> String {
    let mut shell = Command::new("/bin/sh");
    let output = shell.args(["-c", command]).env("PATH", search_path).output().await.unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn serve_prints_commands_that_work_as_printed() {
    // Like both CLIs, writes the response to the file named last, and the log in base64 to standard output.
    let script = r#"
        case $* in
            --version) echo "aws-cli/2.31.0 Python/3.13.7" ;;
            *"--query LogResult --output text "*) eval "file=\${$#}"; echo ANSWER > "$file"; echo TE9HCg== ;;
            *) eval "file=\${$#}"; echo ANSWER > "$file"; echo METADATA ;;
        esac"#;
    let (_child, aws, instructions) = serve(script).await;
    let first = instructions.lines().find(|line| line.starts_with("  ") && line.ends_with(':')).unwrap();
    assert_eq!(first, "  AWS CLI 2 (installed here):", "{instructions}");
    for cli in ["AWS CLI 1", "AWS CLI 2"] {
        let [invoke, log] = commands(&instructions, cli).try_into().unwrap();
        assert_eq!(shell(invoke, &aws.search_path()).await, "ANSWER\nMETADATA\n", "{invoke}");
        assert_eq!(shell(log, &aws.search_path()).await, "LOG\n", "{log}");
    }
    assert!(invoke(&instructions).await.text().await.unwrap().starts_with(r#"{"token":"ghs_"#));
}

#[tokio::test]
async fn the_log_ends_with_lambdas_report() {
    let (_child, _aws, instructions) = serve("exit 1").await;
    for has_init in [true, false] {
        let answer = invoke(&instructions).await;
        let log = BASE64_STANDARD.decode(answer.headers()["x-amz-log-result"].as_bytes()).unwrap();
        let log = String::from_utf8(log).unwrap();
        let report = log.lines().find(|line| line.starts_with("REPORT RequestId: ")).unwrap();
        let memory = report.split("\tMemory Size: 128 MB\tMax Memory Used: ").nth(1).unwrap();
        let mb: u32 = memory.split(" MB\t").next().unwrap().parse().unwrap();
        assert!((4..=128).contains(&mb), "{report}");
        assert_eq!(report.contains("\tInit Duration: "), has_init, "{report}");
    }
}

/// Invokes the URL in the instructions, with the log.
async fn invoke(instructions: &str) -> reqwest::Response {
    let url = instructions.split("curl --data null ").nth(1).unwrap().split_whitespace().next().unwrap();
    let client = reqwest::Client::builder().tls_backend_preconfigured(no_tls()).no_proxy().build().unwrap();
    client.post(url).header("x-amz-log-type", "Tail").body("null").send().await.unwrap()
}

/// Returns a TLS configuration without roots, because everything here is plain HTTP.
fn no_tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

#[tokio::test]
async fn a_broker_that_does_not_start_is_explained() {
    let (status, _, stderr) = run(command(&["--serve", "--bootstrap", "/bin/false"])).await;
    assert_eq!(status, 1, "{stderr}");
    assert_eq!(stderr, "The broker did not start: it ended with exit status: 1\n");
}
