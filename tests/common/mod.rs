//! What the test files of the whole program share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sandbox::lambda::Posted;
use sandbox::{Broker, Environment, Outcome, Sandbox};
use serde_json::{Value, json};

/// The program under test.
pub(crate) const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");

/// Starts it as Lambda would, with the sandbox's environment after `change`.
pub(crate) fn launch(sandbox: &Sandbox, change: impl FnOnce(&mut Environment)) -> Broker {
    sandbox.launch(BOOTSTRAP.as_ref(), change)
}

/// The change that sets a variable.
pub(crate) fn set(name: &str, value: impl Into<OsString>) -> impl FnOnce(&mut Environment) {
    move |env| {
        env.set(name, value);
    }
}

/// The change that unsets a variable.
pub(crate) fn unset(name: &str) -> impl FnOnce(&mut Environment) {
    move |env| {
        env.remove(name);
    }
}

/// Whether a text is the expected one. An expected text that ends with `…` leaves open how it goes on, not whether it
/// does: those words are the program's own.
pub(crate) fn is_text(text: &str, expected: &str) -> bool {
    match expected.strip_suffix('…') {
        Some(beginning) => text.starts_with(beginning) && text.len() > beginning.len(),
        None => text == expected,
    }
}

/// Starts the program with a fault in its configuration and checks all that the contract says of one: a single ERROR
/// line, the same text for the Runtime API and for whoever invokes, a non-zero exit status, nothing on standard error,
/// no call to SSM or GitHub. Returns the text.
pub(crate) async fn assert_refuses_to_start(
    sandbox: &Sandbox,
    case: &str,
    expected: &str,
    change: impl FnOnce(&mut Environment),
) -> String {
    let posts_before = sandbox.lambda.posts().len();
    let broker = launch(sandbox, change);
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.outcome, Outcome::InitError, "{case}: {} {}", invocation.text(), broker.stdout());
    let status = broker.wait_exit().await;
    assert!(status.code().is_some_and(|code| code != 0), "{case}: {status}");
    assert_eq!(broker.stderr(), "", "{case}");

    let lines = broker.log_lines();
    let [line] = lines.as_slice() else { panic!("{case}: {lines:#?}") };
    let text = line["error"].as_str().unwrap_or_default().to_owned();
    assert!(is_text(&text, expected), "{case}\n     got: {text}\nexpected: {expected}");
    let seen = [&line["level"], &line["msg"], &line["error_type"]];
    assert_eq!(seen, ["ERROR", "load config", "ConfigurationInvalid"], "{case}");

    let posts = sandbox.lambda.posts().split_off(posts_before);
    let [post] = posts.as_slice() else { panic!("{case}: {posts:#?}") };
    assert_eq!(post.to, Posted::InitError, "{case}");
    let posted = json!({ "errorType": "ConfigurationInvalid", "errorMessage": text });
    assert_eq!(post.json(), posted, "{case}");
    assert_eq!(invocation.json(), posted, "{case}: what the caller reads");
    assert_eq!((sandbox.ssm.connections(), sandbox.github.connections()), (0, 0), "{case}: SSM and GitHub connections");
    text
}

/// Neither SSM nor GitHub has heard a request; connections may have been opened for later ones.
pub(crate) fn assert_nobody_was_called(sandbox: &Sandbox, case: &str) {
    assert_eq!((sandbox.ssm.requests().len(), sandbox.github.requests().len()), (0, 0), "{case}: SSM, GitHub requests");
}

/// The log lines that are not DEBUG ones, which the contract leaves open.
pub(crate) fn lines_above_debug(lines: Vec<Value>) -> Vec<Value> {
    lines.into_iter().filter(|line| line["level"] != "DEBUG").collect()
}

/// A request to a [`PlainServer`].
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and target, as in `GET /`.
    pub(crate) call: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// What stands behind `Bearer `.
    pub(crate) fn bearer(&self) -> &str {
        self.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
    }
}

/// An answer of a [`PlainServer`]: status, further headers, body.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// HTTP without TLS, as it is allowed on the loopback, whose answers may depend on the request: the sandbox's do not,
/// and a peer that echoes what it hears must.
#[derive(Debug)]
pub(crate) struct PlainServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl PlainServer {
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_raw(move |request| Some(bytes_of(answer(request))))
    }

    /// Answers with these very bytes, HTTP or not, and closes; `None`: says nothing until the peer closes.
    pub(crate) fn start_raw(answer: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let (heard, answer) = (requests.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, answer) = (heard.clone(), answer.clone());
                std::thread::spawn(move || drop(converse(&stream, &heard, &*answer)));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn converse(
    mut stream: &TcpStream,
    heard: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request) -> Option<Vec<u8>> + ?Sized),
) -> std::io::Result<()> {
    let request = read_request(stream)?;
    heard.lock().unwrap().push(request.clone());
    match answer(&request) {
        Some(bytes) => stream.write_all(&bytes),
        None => stream.read_to_end(&mut Vec::new()).map(drop),
    }
}

/// An answer as it goes over the wire.
pub(crate) fn bytes_of((status, headers, body): Answer) -> Vec<u8> {
    let headers: String = headers.into_iter().map(|(name, value)| [name, ": ", &value, "\r\n"].concat()).collect();
    let top =
        format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [top.as_bytes(), &body].concat()
}

fn read_request(stream: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut call = String::new();
    // A connection that was opened for later may be closed without a request.
    if reader.read_line(&mut call)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { call: call.trim_end().trim_end_matches(" HTTP/1.1").to_owned(), headers, body })
}

/// An SSM that answers with the sandbox's parameters, over HTTP without TLS.
pub(crate) fn ssm_answer(headers: Vec<(&'static str, String)>) -> Answer {
    let parameter = |name: &str, value: String| json!({ "Name": name, "Type": "String", "Value": value });
    let body = json!({
        "InvalidParameters": [],
        "Parameters": [
            parameter(sandbox::app::CLIENT_ID_PARAM, sandbox::app::CLIENT_ID.into()),
            parameter(sandbox::app::INSTALLATION_ID_PARAM, sandbox::app::INSTALLATION_ID.to_string()),
            parameter(sandbox::app::PRIVATE_KEY_PARAM, sandbox::AppKey::first().pkcs1_pem()),
        ],
    });
    (200, headers, body.to_string().into_bytes())
}
