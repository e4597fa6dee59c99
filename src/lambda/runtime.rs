//! `lambda_runtime`'s loop over the Lambda Runtime API.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, Runtime, service_fn};

use super::handler;
use super::invocation_log::{Endings, InvocationLog};
use super::payload::{Payload, PayloadRule};
use super::runtime_api_error::RuntimeApiError;
use crate::broker::Broker;

/// Handles invocations until that is no longer possible.
pub(super) async fn handle_invocations(broker: Arc<Broker>) -> RuntimeApiError {
    let endings = Endings::default();
    let line = InvocationLog(endings.clone());
    let handle = service_fn(move |event: LambdaEvent<Payload>| handler::handle(broker.clone(), endings.clone(), event));
    match Runtime::new(handle).layer(PayloadRule).layer(line).run().await {
        Ok(()) => RuntimeApiError::Ended,
        Err(error) => error.into(),
    }
}
