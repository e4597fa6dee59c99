//! A stand-in for GitHub's REST API: what an App needs to get, and to give back, an installation token, over TLS.
//!
//! - <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>
//! - <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
//! - <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>

mod answers;
mod checks;
mod jwt;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;

use crate::app::{AppKey, CLIENT_ID, INSTALLATION_ID, REPOSITORY_NAME, REPOSITORY_OWNER};
use crate::faults::{Door, Reply, Script};
use crate::locks::lock;
use crate::record::Recorded;
use crate::server::{Answer, Server};
use crate::tls::CertificateAuthority;

/// The three requests that a broker may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET /repos/{owner}/{repo}/installation`: the preflight.
    Installation,
    /// `POST /app/installations/{id}/access_tokens`: the token call.
    AccessTokens,
    /// `DELETE /installation/token`: the revocation.
    Revoke,
}

impl Endpoint {
    fn of(method: &Method, path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').collect();
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["", "repos", _, _, "installation"]) => Some(Self::Installation),
            ("POST", ["", "app", "installations", _, "access_tokens"]) => Some(Self::AccessTokens),
            ("DELETE", ["", "installation", "token"]) => Some(Self::Revoke),
            _ => None,
        }
    }
}

/// The GitHub stand-in.
#[derive(Debug)]
pub struct GitHub {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// What GitHub knows, and what it saw.
#[derive(Debug)]
struct State {
    keys: Vec<&'static AppKey>,
    client_id: String,
    installation: u64,
    owner: String,
    repository: String,
    permissions: Value,
    base_path: String,
    scripts: HashMap<Endpoint, Script<Reply>>,
    requests: Vec<(Option<Endpoint>, Recorded)>,
    violations: Vec<String>,
    issued: Vec<String>,
    revoked: Vec<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            keys: vec![AppKey::first()],
            client_id: CLIENT_ID.into(),
            installation: INSTALLATION_ID,
            owner: REPOSITORY_OWNER.into(),
            repository: REPOSITORY_NAME.into(),
            permissions: serde_json::json!({ "contents": "read" }),
            base_path: String::new(),
            scripts: HashMap::new(),
            requests: Vec::new(),
            violations: Vec::new(),
            issued: Vec::new(),
            revoked: Vec::new(),
        }
    }
}

impl GitHub {
    /// Starts it with the fixture App and repository.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(authority: &CertificateAuthority) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let server = Server::tls(authority, Arc::new(move |request| Box::pin(answer(shared.clone(), request)))).await?;
        Ok(Self { server, state })
    }

    /// The keys that the App has at GitHub, in place of [`AppKey::first`].
    pub fn set_keys(&self, keys: impl IntoIterator<Item = &'static AppKey>) {
        lock(&self.state).keys = keys.into_iter().collect();
    }

    /// The App's client ID, in place of the fixture's.
    pub fn set_client_id(&self, client_id: &str) {
        lock(&self.state).client_id = client_id.into();
    }

    /// The installation that covers the repository, in place of the fixture's.
    pub fn set_installation(&self, id: u64) {
        lock(&self.state).installation = id;
    }

    /// The repository that the App is installed on, in place of the fixture's; others get 404.
    pub fn set_repository(&self, owner: &str, name: &str) {
        let mut state = lock(&self.state);
        state.owner = owner.into();
        state.repository = name.into();
    }

    /// The permissions that the broker is to ask for, in place of `{"contents":"read"}`.
    pub fn set_permissions(&self, permissions: Value) {
        lock(&self.state).permissions = permissions;
    }

    /// Serves below a path such as `/api/v3`, as GitHub Enterprise Server does.
    pub fn set_base_path(&self, path: &str) {
        lock(&self.state).base_path = path.trim_end_matches('/').into();
    }

    /// What to answer to an endpoint's requests to come; the last repeats. Nothing: good answers again.
    pub fn script(&self, endpoint: Endpoint, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.state).scripts.entry(endpoint).or_default().replace(replies);
    }

    /// How to meet the connections to come; the last repeats.
    pub fn set_doors(&self, doors: impl IntoIterator<Item = Door>) {
        self.server.set_doors(doors);
    }

    /// Cuts the connections that are open, without a word to the broker: what it sends is lost.
    ///
    /// # Panics
    ///
    /// When the system has no packet filters for sockets.
    pub fn cut_connections(&self) {
        self.server.cut_connections();
    }

    /// The endpoints called so far, in order. Unknown ones are only among the [`violations`](Self::violations).
    pub fn calls(&self) -> Vec<Endpoint> {
        lock(&self.state).requests.iter().filter_map(|(endpoint, _)| *endpoint).collect()
    }

    /// Every request so far, also to places that are no endpoint.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.state).requests.iter().map(|(_, request)| request.clone()).collect()
    }

    /// An endpoint's requests so far.
    pub fn requests_to(&self, endpoint: Endpoint) -> Vec<Recorded> {
        let state = lock(&self.state);
        let requests = state.requests.iter().filter(|(called, _)| *called == Some(endpoint));
        requests.map(|(_, request)| request.clone()).collect()
    }

    /// What was wrong with requests: empty for a broker that keeps to its contract.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.state).violations.clone()
    }

    /// The tokens given out so far, scripted ones included.
    pub fn issued(&self) -> Vec<String> {
        lock(&self.state).issued.clone()
    }

    /// The tokens for which a revocation was asked and answered with 204.
    pub fn revoked(&self) -> Vec<String> {
        lock(&self.state).revoked.clone()
    }

    /// Every `Authorization: Bearer` seen so far: JWTs, and tokens being revoked.
    pub fn bearers(&self) -> Vec<String> {
        let state = lock(&self.state);
        state.requests.iter().filter_map(|(_, request)| request.bearer().map(String::from)).collect()
    }

    /// How many TCP connections it accepted.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The value for `GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL`, the base path included.
    pub fn url(&self) -> String {
        format!("https://{}{}", self.address(), lock(&self.state).base_path)
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Bytes>) -> Answer {
    let recorded = Recorded::new(&request);
    let (reply, response) = lock(&state).answer(recorded);
    Answer::scripted(&reply, response).await
}

impl State {
    fn answer(&mut self, mut request: Recorded) -> (Reply, Response<Bytes>) {
        let path = request.path().strip_prefix(&self.base_path).map(String::from);
        let endpoint = path.as_deref().and_then(|path| Endpoint::of(&request.method, path));
        let (reply, response) = match (endpoint, path) {
            (Some(endpoint), Some(path)) => self.answer_at(endpoint, &path, &request),
            _ => self.answer_nowhere(&request),
        };
        request.status = response.status();
        self.requests.push((endpoint, request));
        (reply, response)
    }

    fn answer_at(&mut self, endpoint: Endpoint, path: &str, request: &Recorded) -> (Reply, Response<Bytes>) {
        let verdict = self.verdict(endpoint, path, request);
        let reply = self.scripts.entry(endpoint).or_default().next().unwrap_or_else(Reply::good);
        let response = answers::with_usual_headers(reply.compose(|| verdict));
        self.remember(endpoint, request, &response);
        (reply, response)
    }

    fn answer_nowhere(&mut self, request: &Recorded) -> (Reply, Response<Bytes>) {
        self.violations.push(format!("GitHub: unexpected {} {}", request.method, request.target));
        (Reply::good(), answers::with_usual_headers(answers::refused(404, "Not Found")))
    }

    /// The good answer, or the refusal where the request breaks a rule.
    fn verdict(&mut self, endpoint: Endpoint, path: &str, request: &Recorded) -> Response<Bytes> {
        match checks::check(self, endpoint, path, request) {
            Ok(response) => response,
            Err(breach) => {
                self.violations.push(format!("GitHub: {} {}: {}", request.method, request.target, breach.what));
                answers::refused(breach.status, breach.message)
            }
        }
    }

    /// Keeps the tokens that go out and those that come back.
    fn remember(&mut self, endpoint: Endpoint, request: &Recorded, response: &Response<Bytes>) {
        if !response.status().is_success() {
            return;
        }
        match endpoint {
            Endpoint::Installation => {}
            Endpoint::AccessTokens => self.issued.extend(token(response.body())),
            Endpoint::Revoke => self.revoked.extend(request.bearer().map(String::from)),
        }
    }
}

fn token(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body["token"].as_str().filter(|token| !token.is_empty()).map(String::from)
}
