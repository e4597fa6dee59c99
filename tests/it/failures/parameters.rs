//! Missing or invalid parameters. GitHub is then not called.

use sandbox::{AppKey, Reply, app};
use serde_json::{Value, json};

use super::joined;
use super::row::Failure;
use crate::leaks::BODY;
use crate::scene::with;
use crate::steps::Step;

const CLIENT_ID: &str = app::CLIENT_ID_PARAM;
const INSTALLATION_ID: &str = app::INSTALLATION_ID_PARAM;
const PRIVATE_KEY: &str = app::PRIVATE_KEY_PARAM;

pub(super) fn rows() -> Vec<Failure> {
    joined([unknown(), removed(), left_out(), empty(), not_installation_ids(), not_client_ids()])
}

fn invalid(name: impl Into<String>, replies: impl IntoIterator<Item = Reply>, message: impl Into<String>) -> Failure {
    Failure::of(Step::Ssm, name, replies, "ParameterInvalid", message)
}

fn missing(names: &[&str], replies: impl IntoIterator<Item = Reply>) -> Failure {
    let names = names.join(" ");
    let message = format!("missing GitHub App SSM parameters: [{names}]");
    Failure::of(Step::Ssm, names, replies, "ParametersMissing", message)
}

fn is_empty(name: &str) -> String {
    format!("SSM parameter {name} is empty or missing")
}

/// Names that SSM reports as invalid, in SSM's order.
fn unknown() -> Vec<Failure> {
    let rows: [&'static [&'static str]; 5] = [
        &[CLIENT_ID],
        &[PRIVATE_KEY],
        &[CLIENT_ID, INSTALLATION_ID],
        &[INSTALLATION_ID, CLIENT_ID],
        &[PRIVATE_KEY, CLIENT_ID, INSTALLATION_ID],
    ];
    let answer = |names: &[&str]| with("InvalidParameters", json!(names));
    let twice = [vec![PRIVATE_KEY; 10_000], vec![CLIENT_ID; 10_000]].concat();
    let each_once = missing(&[PRIVATE_KEY, CLIENT_ID], [answer(&twice)]);
    rows.into_iter().map(|names| missing(names, [answer(names)])).chain([each_once]).collect()
}

/// Parameters that do not exist. The sandbox's SSM returns names in reverse order.
fn removed() -> Vec<Failure> {
    let rows: [&'static [&'static str]; 3] = [&[INSTALLATION_ID], &[INSTALLATION_ID, CLIENT_ID], &[PRIVATE_KEY]];
    rows.map(|names| missing(names, []).given(move |sandbox| names.iter().for_each(|name| sandbox.ssm.remove(name))))
        .into()
}

/// Parameters that are in neither of SSM's lists.
fn left_out() -> Vec<Failure> {
    type Edit = fn(&mut Vec<Value>, &str);
    let edits: [(&str, Edit); 3] = [
        ("absent", |parameters, name| parameters.retain(|one| one["Name"] != name)),
        ("without a value", |parameters, name| find(parameters, name)["Value"] = Value::Null),
        ("under another name", |parameters, name| find(parameters, name)["Name"] = format!("{name}2").into()),
    ];
    let of_each = [CLIENT_ID, INSTALLATION_ID, PRIVATE_KEY].into_iter().flat_map(|name| {
        edits.map(|(case, edit)| {
            let reply = Reply::edit(move |mut answer| {
                edit(answer["Parameters"].as_array_mut().unwrap(), name);
                answer
            });
            invalid(format!("{name} {case}"), [reply], is_empty(name))
        })
    });
    of_each.chain([invalid("no list at all", [Reply::raw(200, "{}")], is_empty(CLIENT_ID))]).collect()
}

fn find<'a>(parameters: &'a mut [Value], name: &str) -> &'a mut Value {
    parameters.iter_mut().find(|one| one["Name"] == name).unwrap()
}

/// Empty values. The first one in the order of the names is reported.
fn empty() -> Vec<Failure> {
    let rows: [(&[&'static str], &str); 12] = [
        (&[CLIENT_ID], ""),
        (&[CLIENT_ID], " "),
        (&[CLIENT_ID], "\n"),
        (&[CLIENT_ID], "\r\n\t "),
        (&[INSTALLATION_ID], ""),
        (&[INSTALLATION_ID], " "),
        (&[INSTALLATION_ID], "\n"),
        (&[INSTALLATION_ID], "\r\n\t "),
        (&[PRIVATE_KEY], ""),
        (&[INSTALLATION_ID, PRIVATE_KEY], ""),
        (&[CLIENT_ID, INSTALLATION_ID, PRIVATE_KEY], ""),
        (&[CLIENT_ID, PRIVATE_KEY], ""),
    ];
    rows.map(|(names, value)| {
        invalid(format!("{names:?} = {value:?}"), [], is_empty(names[0]))
            .given(move |sandbox| names.iter().for_each(|name| sandbox.ssm.put(*name, value)))
    })
    .into()
}

fn not_installation_ids() -> Vec<Failure> {
    let key = AppKey::first().pkcs1_pem();
    let rows = [
        "0",
        "00",
        "052345678",
        "+52345678",
        "-52345678",
        "52345678.0",
        "5e7",
        "0x31eb78e",
        "52 345 678",
        "52_345_678",
        "52,345,678",
        "52345678/..",
        "52345678?a=b",
        "52345678%20",
        "\"52345678\"",
        "abc",
        "Iv23liSANDBOX0000000",
        "٥",
        "５２",
        "52345678\u{0}",
        "18446744073709551616",
        "99999999999999999999999999",
        BODY,
        &key,
    ];
    rows.map(|value| stored(INSTALLATION_ID, value, "a GitHub App installation ID")).into()
}

/// A private key that is stored here by mistake must not be sent to GitHub as a JWT's issuer.
fn not_client_ids() -> Vec<Failure> {
    let key = AppKey::first();
    let rows =
        [&key.pkcs1_pem(), &key.secret_lines().concat(), "Iv23li Iv23li", "Iv23li\u{0}", "Iv23lié", &"x".repeat(129)];
    rows.map(|value| stored(CLIENT_ID, value, "a GitHub App client ID")).into()
}

fn stored(parameter: &'static str, value: &str, kind: &str) -> Failure {
    let shown: String = value.chars().take(40).collect();
    let row = invalid(format!("{parameter} = {shown:?}"), [], format!("SSM parameter {parameter} is not {kind}"));
    let value = value.to_owned();
    row.given(move |sandbox| sandbox.ssm.put(parameter, value.clone()))
}
