//! The rule on payloads, applied to the raw bytes.
//!
//! `lambda_runtime` parses a body as JSON before a handler sees it, so that an empty one or `nulll`
//! would fail with the parser's words. This layer stands before the parser and puts its verdict in
//! the body's place.

use std::task::{Context, Poll};

use lambda_runtime::LambdaInvocation;
use serde::{Deserialize, Serialize};
use tower::{Layer, Service};

/// What the rule says of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// Nothing, or `null`.
    Empty,
    /// Anything else.
    Refused,
}

impl Payload {
    /// Looks at the bytes as they came, without JSON's white space around them.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let start = body.iter().position(|byte| !is_space(byte)).unwrap_or(body.len());
        let end = body.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
        match body.get(start..end) {
            Some(b"" | b"null") => Self::Empty,
            _ => Self::Refused,
        }
    }

    fn as_json(self) -> &'static [u8] {
        match self {
            Self::Empty => br#""empty""#,
            Self::Refused => br#""refused""#,
        }
    }
}

/// Puts the verdict in the payload's place.
#[derive(Clone, Copy, Debug)]
pub struct PayloadRule;

/// See [`PayloadRule`].
#[derive(Clone, Debug)]
pub struct PayloadRuleService<S>(S);

impl<S> Layer<S> for PayloadRule {
    type Service = PayloadRuleService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PayloadRuleService(inner)
    }
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for PayloadRuleService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> S::Future {
        invocation.body = Payload::of(&invocation.body).as_json().into();
        self.0.call(invocation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_and_null_are_let_through() {
        for body in [&b""[..], b"null", b" ", b"\t\r\n ", b" null", b"null\n", b"\r\n\tnull \t"] {
            assert_eq!(Payload::of(body), Payload::Empty, "{body:?}");
        }
        for body in [
            &b"{}"[..],
            b"[]",
            b"0",
            b"false",
            b"\"\"",
            b"\"null\"",
            b"nulll",
            b"nul",
            b"NULL",
            b"null null",
            b"n ull",
            b"null\0",
            b"\0",
            b"\x0bnull",
            b"\xc2\xa0null",
            b"\xef\xbb\xbf",
            b"\xef\xbb\xbfnull",
            b"\xff\xfe",
        ] {
            assert_eq!(Payload::of(body), Payload::Refused, "{body:?}");
        }
    }

    #[test]
    fn the_verdict_reaches_the_handler() {
        for payload in [Payload::Empty, Payload::Refused] {
            assert_eq!(serde_json::from_slice::<Payload>(payload.as_json()).unwrap(), payload);
        }
    }
}
