//! Runs `lambda_runtime`'s loop over the Lambda Runtime API.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, Runtime, service_fn};

use super::handler;
use super::invocation_log::{InvocationLog, Outcomes};
use super::payload::{Payload, PayloadRule};
use super::runtime_api_error::RuntimeApiError;
use crate::broker::Broker;

/// Handles invocations until an error makes that impossible, and returns the error.
pub(super) async fn handle_invocations(broker: Arc<Broker>) -> RuntimeApiError {
    let outcomes = Outcomes::default();
    let line = InvocationLog(outcomes.clone());
    let handle =
        service_fn(move |event: LambdaEvent<Payload>| handler::handle(broker.clone(), outcomes.clone(), event));
    match Runtime::new(handle).layer(PayloadRule).layer(line).run().await {
        Ok(()) => RuntimeApiError::Ended,
        Err(error) => error.into(),
    }
}
