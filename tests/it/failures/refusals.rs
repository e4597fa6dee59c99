//! GitHub responds to the preflight or the token call with a status other than 2xx, or incompletely.

use sandbox::Reply;

use super::joined;
use super::row::{Failure, REVOKED, TOKEN};
use super::token;
use crate::leaks::{BODY, secret_body};
use crate::steps::Step;

const MIB: usize = 1024 * 1024;
const STEPS: [Step; 2] = [Step::Preflight, Step::Token];

const REFUSED: &str = "GitHubRefused";
const UNAVAILABLE: &str = "GitHubUnavailable";
const RATE_LIMITED: &str = "GitHubRateLimited";
const REJECTED: &str = "GitHubRejectedApp";
const NOT_INSTALLED: &str = "RepositoryNotInstalled";
const NOT_GRANTED: &str = "PermissionsNotGranted";

const ELSEWHERE: (&str, &str) = ("location", "https://s3cret-of-a-peers-body.example/repositories/1296269");
const NONE_LEFT: (&str, &str) = ("x-ratelimit-remaining", "0");

/// A status, a header, the number of attempts, and the error types of preflight and token call.
type Status = (u16, Option<(&'static str, &'static str)>, usize, [&'static str; 2]);

const STATUSES: [Status; 32] = [
    (300, None, 1, [REFUSED, REFUSED]),
    (301, Some(ELSEWHERE), 1, [NOT_INSTALLED, REFUSED]),
    (301, None, 1, [NOT_INSTALLED, REFUSED]),
    (302, Some(ELSEWHERE), 1, [REFUSED, REFUSED]),
    (304, None, 1, [REFUSED, REFUSED]),
    (307, Some(ELSEWHERE), 1, [REFUSED, REFUSED]),
    (308, Some(ELSEWHERE), 1, [REFUSED, REFUSED]),
    (400, None, 1, [REFUSED, REFUSED]),
    (401, None, 1, [REJECTED, REJECTED]),
    (401, Some(NONE_LEFT), 1, [REJECTED, REJECTED]),
    (403, None, 1, [REFUSED, REFUSED]),
    (403, Some(("x-ratelimit-remaining", "17")), 1, [REFUSED, REFUSED]),
    (403, Some(NONE_LEFT), 1, [RATE_LIMITED, RATE_LIMITED]),
    (403, Some(("retry-after", "1")), 1, [RATE_LIMITED, RATE_LIMITED]),
    (403, Some(("retry-after", "60")), 1, [RATE_LIMITED, RATE_LIMITED]),
    (404, None, 1, [NOT_INSTALLED, REFUSED]),
    (404, Some(NONE_LEFT), 1, [NOT_INSTALLED, REFUSED]),
    (408, None, 1, [REFUSED, REFUSED]),
    (410, None, 1, [REFUSED, REFUSED]),
    (418, None, 1, [REFUSED, REFUSED]),
    (422, None, 1, [REFUSED, NOT_GRANTED]),
    (422, Some(NONE_LEFT), 1, [REFUSED, NOT_GRANTED]),
    (429, None, 3, [RATE_LIMITED, RATE_LIMITED]),
    (451, None, 1, [REFUSED, REFUSED]),
    (500, None, 3, [UNAVAILABLE, UNAVAILABLE]),
    (501, None, 1, [UNAVAILABLE, UNAVAILABLE]),
    (502, None, 3, [UNAVAILABLE, UNAVAILABLE]),
    (503, None, 3, [UNAVAILABLE, UNAVAILABLE]),
    (504, None, 3, [UNAVAILABLE, UNAVAILABLE]),
    (505, None, 1, [UNAVAILABLE, UNAVAILABLE]),
    (599, None, 1, [UNAVAILABLE, UNAVAILABLE]),
    (999, None, 1, [UNAVAILABLE, UNAVAILABLE]),
];

pub(super) fn rows() -> Vec<Failure> {
    joined([statuses(), last_statuses(), broken_answers()])
}

fn refused(step: Step, name: String, replies: Vec<Reply>, status: u16, error_type: &'static str) -> Failure {
    let message = format!("GitHub {} request failed with status {status}", step.name());
    Failure::of(step, name, replies, error_type, message)
}

fn statuses() -> Vec<Failure> {
    let rows = STATUSES.into_iter().flat_map(|(status, header, attempts, error_types)| {
        STEPS.into_iter().zip(error_types).map(move |(step, error_type)| {
            // HTTP allows no body with 304.
            let body = if status == 304 { String::new() } else { secret_body().to_string() };
            let reply = Reply::raw(status, body);
            let (name, reply) = match header {
                None => (status.to_string(), reply),
                Some((header, value)) => (format!("{status}, {header}: {value}"), reply.header(header, value)),
            };
            refused(step, name, vec![reply], status, error_type).attempted(attempts)
        })
    });
    rows.collect()
}

/// When attempts fail in different ways, the last failure is reported.
fn last_statuses() -> Vec<Failure> {
    let rows: [(&[u16], u16, [&str; 2]); 3] = [
        (&[500, 503, 404], 404, [NOT_INSTALLED, REFUSED]),
        (&[502, 401], 401, [REJECTED, REJECTED]),
        (&[429, 500, 503, 200], 503, [UNAVAILABLE, UNAVAILABLE]),
    ];
    let rows = rows.into_iter().flat_map(|(statuses, last, error_types)| {
        STEPS.into_iter().zip(error_types).map(move |(step, error_type)| {
            let replies = statuses.iter().map(|status| Reply::status(*status)).collect();
            refused(step, format!("{statuses:?}"), replies, last, error_type).attempted(statuses.len().min(3))
        })
    });
    rows.collect()
}

fn broken_answers() -> Vec<Failure> {
    let of_step = |step| [no_answers(step), malformed(step), broken_off(step), too_long(step)];
    STEPS.into_iter().flat_map(of_step).flatten().collect()
}

/// Retried, because no byte of a response was received.
fn no_answers(step: Step) -> Vec<Failure> {
    let rows = [
        ("reset", Reply::reset(), "the connection was reset"),
        ("closed", Reply::bytes(""), "the connection was closed before a response"),
    ];
    rows.map(|(name, reply, why)| {
        Failure::of(step, name, [reply], UNAVAILABLE, format!("{}: {why}", step.request())).attempted(3).unanswered()
    })
    .into()
}

/// The token call is not retried, because GitHub may have created a token.
fn malformed(step: Step) -> Vec<Failure> {
    let (not_http, closed) = ("the response is not HTTP", "the connection was closed before a response");
    let rows = [
        ("not HTTP", Reply::garbage(), not_http),
        (
            "conflicting lengths",
            Reply::bytes("HTTP/1.1 201 Created\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"),
            not_http,
        ),
        ("HTTP/9.9", Reply::bytes("HTTP/9.9 201 Created\r\ncontent-length: 2\r\n\r\n{}"), not_http),
        ("a bad header", Reply::bytes("HTTP/1.1 201 Created\r\nb d: x\r\n\r\n{}"), not_http),
        ("the first byte", Reply::bytes("H"), closed),
        ("half a head", Reply::bytes("HTTP/1.1 201 Created\r\ncontent-le"), closed),
    ];
    let attempts = if step == Step::Token { 1 } else { 3 };
    rows.map(|(name, reply, why)| {
        let message = format!("{}: {why}", step.request());
        Failure::of(step, name, [reply], UNAVAILABLE, message).attempted(attempts).unanswered()
    })
    .into()
}

/// Not retried, because part of a response was received.
fn broken_off(step: Step) -> Vec<Failure> {
    let rows = [("cut off", good(step).truncated_length()), ("cut off in chunks", good(step).truncated_chunks())];
    rows.map(|(name, reply)| partly_read(step, name, reply, UNAVAILABLE, "it was cut off")).into()
}

/// The body of an error response is not read at all.
fn too_long(step: Step) -> Vec<Failure> {
    let rows = [
        ("a byte over 1 MiB", good(step).padded(MIB + 1)),
        ("a byte over 1 MiB, without length", good(step).padded_without_length(MIB + 1)),
        ("8 MiB", good(step).padded(8 * MIB)),
        ("8 MiB without length", good(step).padded_without_length(8 * MIB)),
    ];
    let too_long =
        rows.map(|(name, reply)| partly_read(step, name, reply, "GitHubResponseInvalid", "it is larger than 1 MiB"));
    let error = Reply::raw(410, BODY).padded(8 * MIB);
    too_long.into_iter().chain([refused(step, "410 with 8 MiB".into(), vec![error], 410, REFUSED)]).collect()
}

fn good(step: Step) -> Reply {
    if step == Step::Token { token::good() } else { Reply::good() }
}

/// The part that was read contains the token, which is revoked.
fn partly_read(step: Step, name: &str, reply: Reply, error_type: &'static str, why: &str) -> Failure {
    let row = Failure::of(step, name, [reply], error_type, format!("{}: {why}", step.read()));
    if step == Step::Token { row.revoking(REVOKED).hiding([TOKEN.to_owned()]) } else { row }
}
