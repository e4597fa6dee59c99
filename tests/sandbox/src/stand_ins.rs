//! Starts all stand-ins together.

use std::io;
use std::path::Path;

use crate::app::{self, AppKey};
use crate::environment::Environment;
use crate::github::GitHub;
use crate::lambda::{FUNCTION_NAME, FUNCTION_VERSION, Lambda, MEMORY_SIZE_MB};
use crate::leaks::{self, Leak};
use crate::process::Broker;
use crate::ssm::Ssm;
use crate::tls::CertificateAuthority;

/// Lambda, SSM and GitHub on the loopback interface.
#[derive(Debug)]
pub struct Sandbox {
    /// Signs the certificates of SSM and GitHub.
    pub ca: CertificateAuthority,
    /// The Lambda service.
    pub lambda: Lambda,
    /// The parameter store with the App's parameters.
    pub ssm: Ssm,
    /// The App's GitHub.
    pub github: GitHub,
}

impl Sandbox {
    /// Starts all stand-ins.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start() -> Self {
        Self::start_at(0).await.expect("free loopback ports")
    }

    /// Starts all stand-ins, with the Invoke API on this port (0: any free one).
    ///
    /// # Errors
    ///
    /// When the port is in use.
    pub async fn start_at(invoke_port: u16) -> io::Result<Self> {
        let ca = CertificateAuthority::new();
        let lambda = Lambda::start(invoke_port).await?;
        let ssm = Ssm::start(&ca).await?;
        let github = GitHub::start(&ca).await?;
        Ok(Self { ca, lambda, ssm, github })
    }

    /// Starts the broker as Lambda does, with [`environment`](Self::environment) after `change`. If `SANDBOX_BOOTSTRAP`
    /// is set, that program is started instead, for example a release for another architecture.
    ///
    /// # Panics
    ///
    /// When the program cannot be started.
    pub fn launch(&self, program: &Path, change: impl FnOnce(&mut Environment)) -> Broker {
        let mut environment = self.environment();
        change(&mut environment);
        let other = std::env::var_os("SANDBOX_BOOTSTRAP").filter(|path| !path.is_empty());
        let program = other.as_deref().map_or(program, Path::new);
        Broker::spawn(program, &environment, &self.lambda)
            .unwrap_or_else(|why| panic!("cannot start {}: {why}", program.display()))
    }

    /// Returns the variables that Lambda sets, with the fixture's credentials and the stand-ins' endpoints.
    pub fn environment(&self) -> Environment {
        let mut environment = lambda_environment(&self.lambda);
        environment
            .set("AWS_REGION", app::AWS_REGION)
            .set("AWS_DEFAULT_REGION", app::AWS_REGION)
            .set("AWS_ACCESS_KEY_ID", app::AWS_ACCESS_KEY_ID)
            .set("AWS_SECRET_ACCESS_KEY", app::AWS_SECRET_ACCESS_KEY)
            .set("AWS_SESSION_TOKEN", app::AWS_SESSION_TOKEN)
            .set("AWS_ENDPOINT_URL_SSM", self.ssm.url())
            .set("SSL_CERT_FILE", self.ca.pem_path())
            .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", self.github.url())
            .set("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", app::REPOSITORY_OWNER)
            .set("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", app::REPOSITORY_NAME);
        environment
    }

    /// Replaces the App's key both in SSM and at GitHub.
    pub fn replace_key(&self, key: &'static AppKey) {
        self.ssm.put(app::PRIVATE_KEY_PARAM, key.pkcs1_pem());
        self.github.set_keys([key]);
    }

    /// Returns the violations of the contract in requests to SSM and GitHub.
    pub fn violations(&self) -> Vec<String> {
        [self.ssm.violations(), self.github.violations()].concat()
    }

    /// Asserts that all requests were valid.
    ///
    /// # Panics
    ///
    /// When one was not.
    pub fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "requests that violate the contract: {violations:#?}");
    }

    /// Returns all secrets so far: the lines of both keys, the AWS credentials, every JWT and its signature, and every
    /// token.
    pub fn secrets(&self) -> Vec<String> {
        let keys = [AppKey::first(), AppKey::second()];
        let mut secrets: Vec<String> = keys.iter().flat_map(|key| key.secret_lines()).collect();
        secrets.extend([app::AWS_ACCESS_KEY_ID, app::AWS_SECRET_ACCESS_KEY, app::AWS_SESSION_TOKEN].map(String::from));
        let bearers = self.github.bearers();
        secrets.extend(bearers.iter().filter_map(|bearer| bearer.rsplit('.').next()).map(String::from));
        secrets.extend(bearers);
        secrets.extend(self.github.issued());
        secrets
    }

    /// Returns the leaks of [`secrets`](Self::secrets) and of `further` ones in the broker's output and posts. Only a
    /// response may contain a token. Stop the broker first, so that its output is complete.
    pub fn leaks(&self, captured: &crate::Captured, further: &[&str]) -> Vec<Leak> {
        let mut secrets = self.secrets();
        secrets.extend(further.iter().copied().map(String::from));
        let tokens = self.github.issued();
        let found = leaks::search(captured, &self.lambda.posts(), &secrets);
        found.into_iter().filter(|leak| !leak.is_token_in_response(&tokens)).collect()
    }
}

/// Returns the variables that Lambda sets for every function, except region and credentials.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub fn lambda_environment(lambda: &Lambda) -> Environment {
    let mut environment = Environment::default();
    environment
        .set("AWS_LAMBDA_RUNTIME_API", lambda.runtime_api().to_string())
        .set("AWS_LAMBDA_FUNCTION_NAME", FUNCTION_NAME)
        .set("AWS_LAMBDA_FUNCTION_VERSION", FUNCTION_VERSION)
        .set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_SIZE_MB.to_string())
        .set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .set("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{FUNCTION_NAME}"))
        .set("AWS_LAMBDA_LOG_STREAM_NAME", "2026/04/23/[$LATEST]0123456789abcdef0123456789abcdef")
        .set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR")
        .set("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000")
        .set("LAMBDA_TASK_ROOT", "/var/task")
        .set("LAMBDA_RUNTIME_DIR", "/var/runtime")
        .set("LANG", "en_US.UTF-8")
        .set("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin")
        .set("TZ", ":UTC")
        .set("_HANDLER", "bootstrap")
        .inherit("LLVM_PROFILE_FILE");
    environment
}
