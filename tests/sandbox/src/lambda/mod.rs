//! A stand-in for the Lambda service: the Runtime API that a function polls, and the Invoke API that callers use.
//!
//! - <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
//! - <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
//!
//! Only one instance of the function handles invocations, one after the other; Lambda would start more instances.
//! Lambda kills an instance after a timeout; here it continues, and a late post gets `InvalidRequestID`.

mod invocation;
mod invoke_api;
mod refusal;
mod report;
mod runtime_api;
mod target;
mod trace_ids;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::HeaderValue;
use serde_json::Value;
use tokio::select;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{sleep_until, timeout};

pub use invocation::{Invocation, Outcome, Post, Posted};
pub use trace_ids::TraceIds;

use crate::faults::{Reply, Script};
use crate::limits;
use crate::locks::lock;
use crate::output::Output;
use crate::server::Server;

/// The function's name.
pub const FUNCTION_NAME: &str = "github-token-broker";
/// The function's only version.
pub const FUNCTION_VERSION: &str = "$LATEST";
/// The function's memory in MB.
pub const MEMORY_SIZE_MB: u32 = 128;
/// The function's default timeout, see [`Lambda::set_timeout`].
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The state of the function.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Not started, or still initialising.
    Starting,
    /// The function has polled for its first invocation.
    Ready,
    /// The function has posted to `/runtime/init/error`.
    InitError(Post),
    /// The function's process has exited.
    Exited(ExitStatus),
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => formatter.write_str("it is still starting"),
            Self::Ready => formatter.write_str("it is ready"),
            Self::InitError(post) => write!(formatter, "it reported {}", String::from_utf8_lossy(&post.body)),
            Self::Exited(status) => write!(formatter, "it ended with {status}"),
        }
    }
}

/// Something took longer than the outer limit. The text includes the function's output.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{waited_for} did not arrive within {} s\n{output}", limits::outer().as_secs())]
pub struct Unanswered {
    waited_for: &'static str,
    output: String,
}

/// The Lambda stand-in.
#[derive(Debug)]
pub struct Lambda {
    runtime_api: Server,
    invoke_api: Server,
    service: Arc<Service>,
}

/// The state that both APIs share.
#[derive(Debug)]
struct Service {
    timeout: Mutex<Duration>,
    trace_ids: Mutex<TraceIds>,
    phase: watch::Sender<Phase>,
    turn: tokio::sync::Mutex<()>,
    offered: Mutex<Option<Offered>>,
    offer: Notify,
    running: Mutex<Option<Running>>,
    polls: AtomicUsize,
    poll_script: Mutex<Script<Reply>>,
    post_script: Mutex<Script<Reply>>,
    posts: Mutex<Vec<Post>>,
    output: Mutex<Output>,
    started: Mutex<Instant>,
    /// The duration of init, until an invocation has reported it.
    init: Mutex<Option<Duration>>,
    process: Mutex<Option<u32>>,
}

/// An invocation that waits for the function's next request.
#[derive(Debug)]
struct Offered {
    request_id: String,
    payload: Vec<u8>,
    client_context: Option<HeaderValue>,
    delivered: oneshot::Sender<Delivery>,
    posted: oneshot::Sender<Post>,
}

/// The time at which the function got an invocation, and its deadline.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    at: Instant,
    deadline: Instant,
}

/// The invocation that the function handles.
#[derive(Debug)]
struct Running {
    request_id: String,
    posted: oneshot::Sender<Post>,
}

impl Lambda {
    /// Starts the stand-in, with the Invoke API on this port (0: any free one).
    ///
    /// # Errors
    ///
    /// When the port is in use.
    pub async fn start(invoke_port: u16) -> io::Result<Self> {
        let service = Arc::new(Service::default());
        let runtime_api = Server::plain(0, runtime_api::handler(service.clone())).await?;
        let invoke_api = Server::plain(invoke_port, invoke_api::handler(service.clone())).await?;
        Ok(Self { runtime_api, invoke_api, service })
    }

    /// Invokes the function with exactly these bytes, JSON or not, and waits for the result.
    ///
    /// # Panics
    ///
    /// When there is no result within the outer limit.
    pub async fn invoke(&self, payload: impl Into<Vec<u8>>) -> Invocation {
        self.try_invoke(payload).await.unwrap_or_else(|unanswered| panic!("{unanswered}"))
    }

    /// Like [`invoke`](Self::invoke), without the panic.
    ///
    /// # Errors
    ///
    /// When there is no result within the outer limit.
    pub async fn try_invoke(&self, payload: impl Into<Vec<u8>>) -> Result<Invocation, Unanswered> {
        self.service.invoke(payload.into(), None).await
    }

    /// Waits until the function polls for its first invocation, posts an init error, or ends.
    ///
    /// # Panics
    ///
    /// When none of them happens within the outer limit.
    pub async fn ready(&self) -> Phase {
        self.try_ready().await.unwrap_or_else(|unanswered| panic!("{unanswered}"))
    }

    /// Like [`ready`](Self::ready), without the panic.
    ///
    /// # Errors
    ///
    /// When none of them happens within the outer limit.
    pub async fn try_ready(&self) -> Result<Phase, Unanswered> {
        let mut phase = self.service.phase.subscribe();
        let settled = phase.wait_for(|phase| !matches!(phase, Phase::Starting));
        match timeout(limits::outer(), settled).await {
            Ok(Ok(phase)) => Ok(phase.clone()),
            _ => Err(self.service.unanswered("the function's first request for an invocation")),
        }
    }

    /// Sets the timeout of further invocations. Lambda allows 1 s to 900 s; here any value is allowed.
    pub fn set_timeout(&self, timeout: Duration) {
        *lock(&self.service.timeout) = timeout;
    }

    /// Sets the replies to the function's polls, instead of invocations from [`invoke`](Self::invoke). The last one
    /// repeats. There is no good response to edit. An empty script restores the normal behaviour.
    pub fn script_polls(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.service.poll_script).replace(replies);
    }

    /// Sets the replies to the function's posts. The last one repeats. An empty script restores the normal behaviour.
    pub fn script_posts(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.service.post_script).replace(replies);
    }

    /// Returns the number of the function's polls.
    pub fn polls(&self) -> usize {
        self.service.polls.load(Ordering::SeqCst)
    }

    /// Sets the trace IDs of further invocations.
    pub fn set_trace_ids(&self, trace_ids: TraceIds) {
        *lock(&self.service.trace_ids) = trace_ids;
    }

    /// Returns the function's post to `/runtime/init/error` as JSON, if there was one.
    pub fn init_error(&self) -> Option<Value> {
        lock(&self.service.posts).iter().find(|post| post.to == Posted::InitError).map(Post::json)
    }

    /// Returns all posts of the function in order: responses, errors and init errors.
    pub fn posts(&self) -> Vec<Post> {
        lock(&self.service.posts).clone()
    }

    /// Returns the value for `AWS_LAMBDA_RUNTIME_API`.
    pub fn runtime_api(&self) -> SocketAddr {
        self.runtime_api.address()
    }

    /// Returns the number of TCP connections that the Runtime API accepted.
    pub fn runtime_api_connections(&self) -> usize {
        self.runtime_api.connections()
    }

    /// Returns the URL of the Invoke API, for `aws lambda invoke --endpoint-url`.
    pub fn invoke_url(&self) -> String {
        format!("http://{}", self.invoke_api.address())
    }

    /// Registers the start of a function in this process, with `output` as its log.
    pub(crate) fn starting(&self, process: Option<u32>, output: Output) {
        *lock(&self.service.output) = output;
        *lock(&self.service.process) = process;
        *lock(&self.service.init) = None;
        *lock(&self.service.started) = Instant::now();
        self.service.phase.send_replace(Phase::Starting);
    }

    /// Returns the callback for the exit of the function's process.
    pub(crate) fn on_exit(&self) -> impl FnOnce(ExitStatus) + Send + 'static {
        let service = self.service.clone();
        move |status| service.exited(status)
    }
}

impl Default for Service {
    fn default() -> Self {
        Self {
            timeout: Mutex::new(DEFAULT_TIMEOUT),
            trace_ids: Mutex::default(),
            phase: watch::Sender::new(Phase::Starting),
            turn: tokio::sync::Mutex::default(),
            offered: Mutex::default(),
            offer: Notify::new(),
            running: Mutex::default(),
            polls: AtomicUsize::default(),
            poll_script: Mutex::default(),
            post_script: Mutex::default(),
            posts: Mutex::default(),
            output: Mutex::default(),
            started: Mutex::new(Instant::now()),
            init: Mutex::default(),
            process: Mutex::default(),
        }
    }
}

impl Service {
    async fn invoke(&self, payload: Vec<u8>, client_context: Option<HeaderValue>) -> Result<Invocation, Unanswered> {
        let _turn = self.turn.lock().await;
        let invoked = timeout(limits::outer(), self.run(payload, client_context)).await;
        lock(&self.offered).take();
        lock(&self.running).take();
        invoked.map_err(|_| self.unanswered("an answer to an invocation"))
    }

    async fn run(&self, payload: Vec<u8>, client_context: Option<HeaderValue>) -> Invocation {
        let request_id = crate::ids::uuid();
        let (delivered, delivery) = oneshot::channel();
        let (posted, post) = oneshot::channel();
        let offered = Offered { request_id: request_id.clone(), payload, client_context, delivered, posted };
        lock(&self.offered).replace(offered);
        self.offer.notify_one();
        let delivery = select! {
            biased;
            Ok(delivery) = delivery => delivery,
            ended = self.ended() => return Invocation::ended(request_id, ended, None),
        };
        select! {
            biased;
            Ok(post) = post => Invocation::posted(request_id, post, delivery),
            ended = self.ended() => Invocation::ended(request_id, ended, Some(delivery)),
            () = sleep_until(delivery.deadline.into()) => Invocation::timed_out(request_id, delivery),
        }
    }

    /// Waits until the function can no longer accept invocations.
    async fn ended(&self) -> Phase {
        let mut phase = self.phase.subscribe();
        let ended = phase.wait_for(|phase| matches!(phase, Phase::InitError(_) | Phase::Exited(_))).await;
        ended.map_or(Phase::Starting, |phase| phase.clone())
    }

    /// Sets the phase, unless there was an init error, which is more specific than the exit after it.
    fn exited(&self, status: ExitStatus) {
        self.phase.send_if_modified(|phase| {
            let says_more = !matches!(phase, Phase::InitError(_));
            if says_more {
                *phase = Phase::Exited(status);
            }
            says_more
        });
    }

    fn unanswered(&self, waited_for: &'static str) -> Unanswered {
        Unanswered { waited_for, output: lock(&self.output).captured().describe() }
    }
}
