//! HTTP clients for SSM, GitHub and the container credentials endpoint, with one trust store, one proxy rule and the
//! same limits.

mod answer;
mod client;
mod connection;
mod dialer;
mod first_byte;
mod idle;
mod local_client;
mod lookup;
mod network;
mod no_answer;
mod outgoing;
mod trust_store;

pub(crate) use answer::{Answer, BodyError};
pub(crate) use client::{ATTEMPT_LIMIT, HttpClient};
pub(crate) use first_byte::FirstByte;
pub(crate) use local_client::LocalClient;
pub(crate) use lookup::THREADS as LOOKUP_THREADS;
pub(crate) use network::{Network, plain_client};
pub(crate) use no_answer::NoAnswer;
