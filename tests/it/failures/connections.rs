//! Failures to connect. The peer then gets no request.

use sandbox::{CertificateAuthority, ClosedPort, Door, Environment, Sandbox};

use super::joined;
use super::row::{AT_START, Failure};
use crate::steps::Step;

const NOT_TRUSTED: &str = "the server's certificate is not valid or not trusted";
const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";

pub(super) fn rows() -> Vec<Failure> {
    joined([doors(), closed_ports(), foreign_authorities(), without_credentials()])
}

fn failed(step: Step, name: &str, why: &str) -> Failure {
    let error_type = if step == Step::Ssm { "ParametersUnreadable" } else { "GitHubUnavailable" };
    Failure::of(step, name, [], error_type, format!("{}: {why}", step.request()))
}

fn set_door(step: Step, door: Door, sandbox: &Sandbox) {
    match step {
        Step::Ssm => sandbox.ssm.set_doors([door]),
        Step::Preflight | Step::Token => sandbox.github.set_doors([door]),
    }
}

/// Sets the peer's door for the step's connections from the start of the function on.
pub(super) fn behind(door: Door, row: Failure, step: Step) -> Failure {
    row.given(move |sandbox| set_door(step, door, sandbox)).started_with(|_, _| {})
}

/// Expects three attempts after the connections during init.
fn doors() -> Vec<Failure> {
    let rows = [(Door::Reset, "the connection was reset"), (Door::ForeignCertificate, NOT_TRUSTED)];
    let rows = rows.into_iter().flat_map(|(door, why)| {
        [Step::Ssm, Step::Preflight].map(|step| {
            let row = failed(step, &format!("{door:?} instead of a connection"), why);
            behind(door, row.unconnected().connecting(AT_START + 3), step)
        })
    });
    rows.collect()
}

fn closed_ports() -> Vec<Failure> {
    let rows = [(Step::Ssm, "AWS_ENDPOINT_URL_SSM"), (Step::Preflight, BASE_URL)];
    rows.map(|(step, variable)| {
        let closed = ClosedPort::reserve().unwrap();
        failed(step, "a closed port", "the connection was refused").unconnected().started_with(move |_, env| {
            env.set(variable, closed.url());
        })
    })
    .into()
}

fn foreign_authorities() -> Vec<Failure> {
    let other = CertificateAuthority::new();
    let of_ssm = |name| failed(Step::Ssm, name, NOT_TRUSTED).unconnected();
    vec![
        of_ssm("another authority in SSL_CERT_FILE").started_with(move |_, env| {
            env.set("SSL_CERT_FILE", other.pem_path());
        }),
        of_ssm("no SSL_CERT_FILE").started_with(|_, env| {
            env.remove("SSL_CERT_FILE");
        }),
        of_ssm("a blank SSL_CERT_FILE").started_with(|_, env| {
            env.set("SSL_CERT_FILE", " ");
        }),
        // The stand-ins' certificates are for 127.0.0.1. This address reaches them too.
        failed(Step::Preflight, "a certificate for another host", NOT_TRUSTED).unconnected().started_with(
            |sandbox, env| {
                without_proxy(sandbox, env);
                env.set(BASE_URL, sandbox.github.url().replace("127.0.0.1", "0.0.0.0"));
            },
        ),
    ]
}

/// SSM is not called at all. Init connected to GitHub.
fn without_credentials() -> Vec<Failure> {
    let rows: [&'static [&'static str]; 3] = [
        &["AWS_ACCESS_KEY_ID"],
        &["AWS_SECRET_ACCESS_KEY"],
        &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
    ];
    rows.map(|missing| {
        let why = "no AWS credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
                   and AWS_CONTAINER_CREDENTIALS_FULL_URI is not set";
        failed(Step::Ssm, &format!("without {missing:?}"), why).unconnected().connecting(1).started_with(
            move |_, env| {
                for name in missing {
                    env.remove(*name);
                }
            },
        )
    })
    .into()
}

fn without_proxy(sandbox: &Sandbox, env: &mut Environment) {
    env.remove("HTTPS_PROXY").set("AWS_ENDPOINT_URL_SSM", sandbox.ssm.url());
}
