//! Records the failure before a retry, for the error of a call that reaches the deadline in that retry.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::error::Unreadable;
use crate::known_secrets::KnownSecrets;

/// Records the failure of a call's last attempt.
#[derive(Clone, Debug)]
pub(super) struct LastFailure {
    failure: Arc<Mutex<Option<Unreadable>>>,
    known_secrets: KnownSecrets,
}

impl LastFailure {
    pub(super) fn new(known_secrets: KnownSecrets) -> Self {
        Self { failure: Arc::default(), known_secrets }
    }

    pub(super) fn take(&self) -> Option<Unreadable> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for LastFailure {
    fn name(&self) -> &'static str {
        "LastFailure"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let failure = Unreadable::attempt(error, context.response(), &self.known_secrets);
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        }
        Ok(())
    }
}
