//! A stand-in for SSM with `GetParameters` in the AWS JSON 1.1 protocol over TLS.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::app::{
    AWS_ACCOUNT_ID, AWS_REGION, AppKey, CLIENT_ID, CLIENT_ID_PARAM, INSTALLATION_ID, INSTALLATION_ID_PARAM,
    PRIVATE_KEY_PARAM,
};
use crate::faults::{Door, Reply, Script};
use crate::locks::lock;
use crate::record::Recorded;
use crate::server::{Answer, Server, json_response};
use crate::tls::CertificateAuthority;
use crate::{ids, sigv4};

/// The SSM stand-in.
#[derive(Debug)]
pub struct Ssm {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    parameters: BTreeMap<String, String>,
    script: Script<Reply>,
    requests: Vec<Recorded>,
    violations: Vec<String>,
}

impl Ssm {
    /// Starts the stand-in with the fixture's three parameters under their default names.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(authority: &CertificateAuthority) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let server = Server::tls(authority, Arc::new(move |request| Box::pin(answer(shared.clone(), request)))).await?;
        let ssm = Self { server, state };
        ssm.put(CLIENT_ID_PARAM, CLIENT_ID);
        ssm.put(INSTALLATION_ID_PARAM, INSTALLATION_ID.to_string());
        ssm.put(PRIVATE_KEY_PARAM, AppKey::first().pkcs1_pem());
        Ok(ssm)
    }

    /// Writes a parameter. Unlike the real SSM, accepts empty values.
    pub fn put(&self, name: impl Into<String>, value: impl Into<String>) {
        lock(&self.state).parameters.insert(name.into(), value.into());
    }

    /// Deletes a parameter.
    pub fn remove(&self, name: &str) {
        lock(&self.state).parameters.remove(name);
    }

    /// Sets the replies to further requests. The last one repeats. An empty script restores the good responses.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.state).script.replace(replies);
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

    /// Returns all requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.state).requests.clone()
    }

    /// Returns the violations of the contract in requests so far.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.state).violations.clone()
    }

    /// Returns the number of accepted TCP connections.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `AWS_ENDPOINT_URL_SSM`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address())
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Bytes>) -> Answer {
    let mut recorded = Recorded::new(&request);
    let (reply, response) = {
        let mut state = lock(&state);
        let reply = state.script.next().unwrap_or_else(Reply::good);
        let breach = breach(&recorded);
        state.violations.extend(breach.clone());
        let response = reply.compose(|| match breach {
            None => parameters(&state.parameters, &recorded.json()),
            Some(breach) => refusal(&breach),
        });
        recorded.status = response.status();
        state.requests.push(recorded);
        (reply, with_protocol_headers(response))
    };
    Answer::scripted(&reply, response).await
}

fn breach(request: &Recorded) -> Option<String> {
    let expected = [("x-amz-target", "AmazonSSM.GetParameters"), ("content-type", "application/x-amz-json-1.1")];
    let header = expected.into_iter().find(|(name, value)| request.header(name) != Some(value));
    if request.method != Method::POST || request.target != "/" {
        Some(format!("SSM: {} {} instead of POST /", request.method, request.target))
    } else if let Some((name, value)) = header {
        Some(format!("SSM: the header {name} is not {value}"))
    } else if let Err(why) = sigv4::verify(request, "ssm") {
        Some(format!("SSM: {why}"))
    } else {
        body_breach(&request.json())
    }
}

fn body_breach(body: &Value) -> Option<String> {
    if body.as_object().is_none_or(|members| members.len() != 2 || !members.contains_key("Names")) {
        Some("SSM: the body is not Names and WithDecryption".into())
    } else if body["WithDecryption"] != true {
        Some("SSM: WithDecryption is not true".into())
    } else {
        names(body).is_empty().then(|| "SSM: no Names".into())
    }
}

fn names(body: &Value) -> Vec<&str> {
    body["Names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns the parameters in the reverse of the requested order, because SSM does not guarantee an order.
fn parameters(stored: &BTreeMap<String, String>, body: &Value) -> Response<Bytes> {
    let mut names = names(body);
    names.reverse();
    let mut found: Vec<Value> = Vec::new();
    let mut invalid = Vec::new();
    for name in names {
        match stored.get(name) {
            Some(value) => found.push(parameter(name, value)),
            None => invalid.push(name),
        }
    }
    found.dedup();
    json_response(StatusCode::OK, &json!({ "InvalidParameters": invalid, "Parameters": found }))
}

fn parameter(name: &str, value: &str) -> Value {
    json!({
        "ARN": format!("arn:aws:ssm:{AWS_REGION}:{AWS_ACCOUNT_ID}:parameter{name}"),
        "DataType": "text",
        "LastModifiedDate": 1_745_421_512.345,
        "Name": name,
        "Type": if name.contains("key") { "SecureString" } else { "String" },
        "Value": value,
        "Version": 3,
    })
}

fn refusal(breach: &str) -> Response<Bytes> {
    json_response(StatusCode::BAD_REQUEST, &json!({ "__type": "IncompleteSignature", "message": breach }))
}

/// Returns an SSM error as a scripted reply: `ssm::error("ThrottlingException", "Rate exceeded")`.
pub fn error(code: &str, message: &str) -> Reply {
    Reply::json(400, &json!({ "__type": code, "message": message }))
}

/// Adds the protocol's headers. A scripted request ID is kept.
fn with_protocol_headers(mut response: Response<Bytes>) -> Response<Bytes> {
    let id = HeaderValue::from_str(&ids::uuid()).expect("a UUID is visible ASCII");
    response.headers_mut().entry("x-amzn-requestid").or_insert(id);
    let content_type = HeaderValue::from_static("application/x-amz-json-1.1");
    response.headers_mut().insert("content-type", content_type);
    response
}
