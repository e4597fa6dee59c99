//! No connection can be opened. The peer then gets no request.

use sandbox::{CertificateAuthority, ClosedPort, Door, Environment, Sandbox};

use super::joined;
use super::row::Failure;
use crate::steps::Step;

const NOT_TRUSTED: &str = "the server's certificate is not valid or not trusted";
const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";

pub(super) fn rows() -> Vec<Failure> {
    joined([doors(), closed_ports(), foreign_authorities(), without_credentials()])
}

fn unconnected(step: Step, name: &str, why: &str) -> Failure {
    let error_type = if step == Step::Ssm { "ParametersUnreadable" } else { "GitHubUnavailable" };
    Failure::of(step, name, [], error_type, format!("{}: {why}", step.request()))
}

fn set_door(step: Step, door: Door, sandbox: &Sandbox) {
    match step {
        Step::Ssm => sandbox.ssm.set_doors([door]),
        Step::Preflight | Step::Token => sandbox.github.set_doors([door]),
    }
}

/// A step that meets this door with each connection, from the function's start on.
pub(super) fn behind(door: Door, row: Failure, step: Step) -> Failure {
    row.given(move |sandbox| set_door(step, door, sandbox)).started_with(|_, _| {})
}

/// Three attempts.
fn doors() -> Vec<Failure> {
    let rows = [(Door::Reset, "the connection was reset"), (Door::ForeignCertificate, NOT_TRUSTED)];
    let rows = rows.into_iter().flat_map(|(door, why)| {
        [Step::Ssm, Step::Preflight].map(|step| {
            let row = unconnected(step, &format!("{door:?} instead of a connection"), why);
            behind(door, row.connecting(Some(3)), step)
        })
    });
    rows.collect()
}

fn closed_ports() -> Vec<Failure> {
    let rows = [(Step::Ssm, "AWS_ENDPOINT_URL_SSM"), (Step::Preflight, BASE_URL)];
    rows.map(|(step, variable)| {
        let closed = ClosedPort::reserve().unwrap();
        unconnected(step, "a closed port", "the connection was refused").connecting(None).started_with(move |_, env| {
            env.set(variable, closed.url());
        })
    })
    .into()
}

fn foreign_authorities() -> Vec<Failure> {
    let other = CertificateAuthority::new();
    let of_ssm = |name| unconnected(Step::Ssm, name, NOT_TRUSTED).connecting(None);
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
        // The stand-ins' certificates are for 127.0.0.1; this address leads there too.
        unconnected(Step::Preflight, "a certificate for another host", NOT_TRUSTED).connecting(None).started_with(
            |sandbox, env| {
                without_proxy(sandbox, env);
                env.set(BASE_URL, sandbox.github.url().replace("127.0.0.1", "0.0.0.0"));
            },
        ),
    ]
}

fn without_credentials() -> Vec<Failure> {
    let rows: [&'static [&'static str]; 3] = [
        &["AWS_ACCESS_KEY_ID"],
        &["AWS_SECRET_ACCESS_KEY"],
        &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
    ];
    rows.map(|missing| {
        let why = "no AWS credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
                   and AWS_CONTAINER_CREDENTIALS_FULL_URI is not set";
        unconnected(Step::Ssm, &format!("without {missing:?}"), why).connecting(Some(0)).started_with(move |_, env| {
            for name in missing {
                env.remove(*name);
            }
        })
    })
    .into()
}

fn without_proxy(sandbox: &Sandbox, env: &mut Environment) {
    env.remove("HTTPS_PROXY").set("AWS_ENDPOINT_URL_SSM", sandbox.ssm.url());
}
