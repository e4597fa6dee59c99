//! A stand-in for GitHub's REST API over TLS, with the endpoints that create and revoke an installation token.
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

/// The state of GitHub and the recorded requests.
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
    /// Starts the stand-in with the fixture's App and repository.
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

    /// Sets the App's keys at GitHub instead of [`AppKey::first`].
    pub fn set_keys(&self, keys: impl IntoIterator<Item = &'static AppKey>) {
        lock(&self.state).keys = keys.into_iter().collect();
    }

    /// Sets the App's client ID instead of the fixture's.
    pub fn set_client_id(&self, client_id: &str) {
        lock(&self.state).client_id = client_id.into();
    }

    /// Sets the installation that covers the repository instead of the fixture's.
    pub fn set_installation(&self, id: u64) {
        lock(&self.state).installation = id;
    }

    /// Sets the repository on which the App is installed instead of the fixture's. Others get 404.
    pub fn set_repository(&self, owner: &str, name: &str) {
        let mut state = lock(&self.state);
        state.owner = owner.into();
        state.repository = name.into();
    }

    /// Sets the permissions that the broker must request instead of `{"contents":"read"}`.
    pub fn set_permissions(&self, permissions: Value) {
        lock(&self.state).permissions = permissions;
    }

    /// Serves below a path such as `/api/v3`, as GitHub Enterprise Server does.
    pub fn set_base_path(&self, path: &str) {
        lock(&self.state).base_path = path.trim_end_matches('/').into();
    }

    /// Sets the replies to an endpoint's further requests. The last one repeats. An empty script restores the good
    /// responses.
    pub fn script(&self, endpoint: Endpoint, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.state).scripts.entry(endpoint).or_default().replace(replies);
    }

    /// Sets the behaviour for further connections. The last one repeats.
    pub fn set_doors(&self, doors: impl IntoIterator<Item = Door>) {
        self.server.set_doors(doors);
    }

    /// Cuts the open connections silently: everything that the broker sends is lost.
    ///
    /// # Panics
    ///
    /// When the system has no packet filters for sockets.
    pub fn cut_connections(&self) {
        self.server.cut_connections();
    }

    /// Returns the endpoints called so far, in order. Requests to unknown endpoints are only in the
    /// [`violations`](Self::violations).
    pub fn calls(&self) -> Vec<Endpoint> {
        lock(&self.state).requests.iter().filter_map(|(endpoint, _)| *endpoint).collect()
    }

    /// Returns all requests so far, including those to unknown endpoints.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.state).requests.iter().map(|(_, request)| request.clone()).collect()
    }

    /// Returns an endpoint's requests so far.
    pub fn requests_to(&self, endpoint: Endpoint) -> Vec<Recorded> {
        let state = lock(&self.state);
        let requests = state.requests.iter().filter(|(called, _)| *called == Some(endpoint));
        requests.map(|(_, request)| request.clone()).collect()
    }

    /// Returns the violations of the contract in requests so far.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.state).violations.clone()
    }

    /// Returns the tokens issued so far, including scripted ones.
    pub fn issued(&self) -> Vec<String> {
        lock(&self.state).issued.clone()
    }

    /// Returns the tokens whose revocation got status 204.
    pub fn revoked(&self) -> Vec<String> {
        lock(&self.state).revoked.clone()
    }

    /// Returns every `Authorization: Bearer` received so far: JWTs, and tokens being revoked.
    pub fn bearers(&self) -> Vec<String> {
        let state = lock(&self.state);
        state.requests.iter().filter_map(|(_, request)| request.bearer().map(String::from)).collect()
    }

    /// Returns the number of accepted TCP connections.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL`, including the base path.
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

    /// Returns the good response, or the refusal of an invalid request.
    fn verdict(&mut self, endpoint: Endpoint, path: &str, request: &Recorded) -> Response<Bytes> {
        match checks::check(self, endpoint, path, request) {
            Ok(response) => response,
            Err(breach) => {
                self.violations.push(format!("GitHub: {} {}: {}", request.method, request.target, breach.what));
                answers::refused(breach.status, breach.message)
            }
        }
    }

    /// Records issued and revoked tokens.
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
