//! Applies the payload rule to the raw bytes.

use std::task::{Context, Poll};

use lambda_runtime::LambdaInvocation;
use lambda_runtime::tower::{Layer, Service};
use serde::{Deserialize, Serialize};

/// The result of the payload rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Payload {
    /// Empty or `null`, with any surrounding JSON whitespace.
    Empty,
    /// Anything else.
    Refused,
}

/// Replaces each payload by the result of the rule. Otherwise `lambda_runtime` would parse it as JSON, and quote it in
/// the error if it is not JSON.
pub(super) struct PayloadRule;

/// See [`PayloadRule`].
pub(super) struct PayloadRuleService<S>(S);

impl Payload {
    fn of(body: &[u8]) -> Self {
        let is_space = |byte: &u8| b" \t\r\n".contains(byte);
        let start = body.iter().position(|byte| !is_space(byte)).unwrap_or(body.len());
        let end = body.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
        match body.get(start..end) {
            Some(b"" | b"null") => Self::Empty,
            _ => Self::Refused,
        }
    }
}

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
        // Serialising a unit variant cannot fail.
        invocation.body = serde_json::to_vec(&Payload::of(&invocation.body)).unwrap_or_default().into();
        self.0.call(invocation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_empty_and_null_are_accepted() {
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
}
