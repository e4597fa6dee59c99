//! HTTP towards SSM, GitHub and the container credentials endpoint: one trust store, one proxy rule, one set of limits.

mod answer;
mod client;
mod no_answer;
mod preconnect;
mod trust_store;

pub(crate) use answer::{Answer, BodyError};
pub(crate) use client::{ATTEMPT_LIMIT, HttpClient, Network, plain_client};
pub(crate) use no_answer::NoAnswer;
