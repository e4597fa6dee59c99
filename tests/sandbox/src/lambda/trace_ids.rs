//! The X-Ray trace ID of an invocation.

use crate::ids;

/// The trace IDs of invocations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceIds {
    /// A new one for each invocation, as Lambda does.
    #[default]
    Changing,
    /// The same for all invocations, to measure a function's memory: runtimes set an environment variable to the ID,
    /// and `setenv` of the C library never frees an old value.
    Constant,
}

impl TraceIds {
    /// Returns a value of the header `lambda-runtime-trace-id`.
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
    pub(super) fn header(self) -> String {
        let id = match self {
            Self::Changing => ids::random::<12>(),
            Self::Constant => [0x69; 12],
        };
        let id = ids::hex(&id);
        format!("Root=1-69eae2a0-{id};Parent={};Sampled=0", &id[..16])
    }
}
