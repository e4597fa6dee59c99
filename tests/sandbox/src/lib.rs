//! Stand-ins on the loopback interface for the three services that `github-token-broker` uses: Lambda, SSM and GitHub.
//! The product's end-to-end tests run the real binary with them, and the `sandbox` command runs it for a user.
//!
//! A [`Sandbox`] listens on free ports of 127.0.0.1 and shares nothing with other instances, so tests run in parallel.
//! Its tasks run on the Tokio runtime that started it and end with that runtime.
//!
//! ```no_run
//! # async fn example(bootstrap: &std::path::Path) {
//! use sandbox::{Endpoint, Reply, Sandbox};
//!
//! let sandbox = Sandbox::start().await;
//! sandbox.github.script(Endpoint::Installation, [Reply::status(503), Reply::good()]);
//! let broker = sandbox.launch(bootstrap, |env| {
//!     env.set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug");
//! });
//! let invocation = sandbox.lambda.invoke("null").await;
//! assert!(invocation.is_success(), "{}", invocation.text());
//! sandbox.assert_no_violations();
//! # }
//! ```
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a stand-in that cannot work fails the test"
)]
#![allow(clippy::must_use_candidate, reason = "tests call functions for their effects")]

pub mod app;
pub mod bootstrap;
mod cut;
mod environment;
mod faults;
pub mod github;
mod ids;
pub mod lambda;
mod leaks;
mod limits;
mod locks;
#[cfg(feature = "moto")]
mod moto;
mod output;
pub mod process;
mod proxy;
mod record;
mod server;
mod sigv4;
pub mod ssm;
mod stand_ins;
pub mod stdout;
pub mod tls;
mod wire;

pub use app::AppKey;
pub use environment::Environment;
pub use faults::{Door, Reply};
pub use github::{Endpoint, GitHub};
pub use lambda::{Invocation, Lambda, Outcome, Phase, TraceIds, Unanswered};
pub use leaks::Leak;
pub use limits::{scaled, time_scale};
#[cfg(feature = "moto")]
pub use moto::Moto;
pub use output::{Captured, Stream};
pub use process::Broker;
pub use proxy::{Connect, Proxy};
pub use record::Recorded;
pub use server::ClosedPort;
pub use ssm::Ssm;
pub use stand_ins::{Sandbox, lambda_environment};
pub use tls::CertificateAuthority;
