//! The Runtime API for the function.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::{Delivery, Offered, Phase, Post, Posted, Running, Service};
use crate::app::{AWS_ACCOUNT_ID, AWS_REGION};
use crate::faults::Reply;
use crate::lambda::FUNCTION_NAME;
use crate::locks::lock;
use crate::server::{Answer, Handler, json_response};

const PREFIX: &str = "/2018-06-01/runtime/";

pub(super) fn handler(service: Arc<Service>) -> Handler {
    Arc::new(move |request| {
        let service = service.clone();
        Box::pin(async move { service.runtime_api(request).await })
    })
}

/// Returns the function's ARN.
pub(super) fn function_arn() -> String {
    format!("arn:aws:lambda:{AWS_REGION}:{AWS_ACCOUNT_ID}:function:{FUNCTION_NAME}")
}

impl Service {
    async fn runtime_api(&self, request: Request<Bytes>) -> Answer {
        let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.polled().await,
            (&Method::POST, ["invocation", id, "response"]) => {
                self.posted(Posted::Response((*id).into()), request).await
            }
            (&Method::POST, ["invocation", id, "error"]) => self.posted(Posted::Error((*id).into()), request).await,
            (&Method::POST, ["init", "error"]) => self.posted(Posted::InitError, request).await,
            _ => error(StatusCode::NOT_FOUND, "ResourceNotFound", "no such path in the Runtime API").into(),
        }
    }

    async fn polled(&self) -> Answer {
        self.polls.fetch_add(1, Ordering::SeqCst);
        let scripted = lock(&self.poll_script).next();
        match scripted {
            Some(reply) => Answer::scripted(&reply, reply.compose(Response::default)).await,
            None => self.next().await.into(),
        }
    }

    async fn posted(&self, to: Posted, request: Request<Bytes>) -> Answer {
        let usual = self.accept(to, request);
        let reply = lock(&self.post_script).next().unwrap_or_else(Reply::good);
        Answer::scripted(&reply, reply.compose(|| usual)).await
    }

    /// Waits for an invocation and returns it. If the function disconnects earlier, no invocation is lost.
    async fn next(&self) -> Response<Bytes> {
        self.phase.send_if_modified(|phase| {
            let first = matches!(phase, Phase::Starting);
            if first {
                *lock(&self.init) = Some(lock(&self.started).elapsed());
                *phase = Phase::Ready;
            }
            first
        });
        loop {
            let offered = lock(&self.offered).take();
            match offered {
                Some(offered) => return self.deliver(offered),
                None => self.offer.notified().await,
            }
        }
    }

    fn deliver(&self, offered: Offered) -> Response<Bytes> {
        let timeout = *lock(&self.timeout);
        let (at, now) = (Instant::now(), SystemTime::now());
        let deadline = now.duration_since(UNIX_EPOCH).unwrap_or_default() + timeout;
        let trace_id = lock(&self.trace_ids).header();
        let mut response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &offered.request_id)
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header("lambda-runtime-invoked-function-arn", function_arn())
            .header("lambda-runtime-trace-id", trace_id)
            .body(offered.payload.into())
            .expect("headers of visible ASCII");
        if let Some(client_context) = offered.client_context {
            response.headers_mut().insert("lambda-runtime-client-context", client_context);
        }
        lock(&self.running).replace(Running { request_id: offered.request_id, posted: offered.posted });
        // Fails when the invoker has already timed out.
        offered.delivered.send(Delivery { at, deadline: at + timeout }).ok();
        response
    }

    fn accept(&self, to: Posted, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let post = Post { to, headers: head.headers, body: body.into(), at: Instant::now() };
        lock(&self.posts).push(post.clone());
        let accepted = match &post.to {
            Posted::InitError => self.phase.send_replace(Phase::InitError(post)).is_starting(),
            Posted::Response(id) | Posted::Error(id) => {
                let running = lock(&self.running).take_if(|running| running.request_id == *id);
                running.is_some_and(|running| running.posted.send(post).is_ok())
            }
        };
        if accepted {
            json_response(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
        } else {
            error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
        }
    }
}

impl Phase {
    fn is_starting(&self) -> bool {
        matches!(self, Self::Starting)
    }
}

fn error(status: StatusCode, error_type: &str, text: &str) -> Response<Bytes> {
    json_response(status, &json!({ "errorMessage": text, "errorType": error_type }))
}
