//! `sandbox bench`, `growth` and `limits`, with a broker of the development profile: what they say and write, not how
//! fast it is.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sandbox")).args(arguments).output().unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// The command without options builds one, and says where. Without debug information, it is zipped in seconds.
fn broker(directory: &Path) -> String {
    let (status, _, stderr) = run(&[]);
    assert_eq!(status, 0, "{stderr}");
    let built = stderr.lines().find_map(|line| line.strip_prefix("The broker is ")?.split(';').next()).unwrap();
    let stripped = directory.join("bootstrap").display().to_string();
    assert!(Command::new("strip").args(["-o", &stripped, built]).status().unwrap().success());
    stripped
}

#[test]
fn bench_shows_a_table_and_writes_json_and_a_chart() {
    let directory = tempfile::tempdir().unwrap();
    let broker = &broker(directory.path());
    let file = |name| directory.path().join(name).display().to_string();
    let (json, svg) = (file("bench.json"), file("bench.svg"));
    let arguments = [
        "bench",
        "--bootstrap",
        broker,
        "--against",
        broker,
        "--runs",
        "1",
        "--invocations",
        "10",
        "--json",
        &json,
        "--svg",
        &svg,
    ];
    let (status, stdout, stderr) = run(&arguments);
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains("process start to first token, wall"), "{stdout}");
    let json: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let row = |name| rows.iter().find(|row| row["name"] == name).unwrap();
    for name in ["cold_wall", "cold_cpu", "later_cpu", "far_first_wall"] {
        assert!(row(name)["binaries"]["bootstrap"]["median"].as_f64().unwrap() > 0.0, "{name}");
        assert!(row(name)["ratio"].as_f64().unwrap() > 0.0, "{name}");
    }
    // Two requests to GitHub, 30 ms away, and one to SSM, 2 ms away.
    assert!(row("far_first_wall")["binaries"]["bootstrap"]["median"].as_f64().unwrap() >= 62.0);
    assert_eq!(row("connections")["binaries"]["bootstrap"]["median"], 2.0);
    let quota = rows.iter().any(|row| row["name"] == "quota_cold_wall");
    assert_eq!(quota, !stdout.contains("Left out: the rows with a CPU quota"), "{stdout}");
    assert!(std::fs::read_to_string(svg).unwrap().starts_with("<svg "));
}

#[test]
fn what_is_above_a_limit_is_told_with_the_place_to_change_it() {
    let directory = tempfile::tempdir().unwrap();
    let (status, stdout, stderr) = run(&["limits", "--bootstrap", &broker(directory.path())]);
    assert_eq!((status, stderr.as_str()), (1, ""), "{stdout}");
    // The development profile's binary is far larger than what is deployed.
    assert!(stdout.contains("binary, in bytes: grew to "), "{stdout}");
    assert!(stdout.contains("raise `binary_bytes` in .ci/limits.json"), "{stdout}");
    assert!(!stdout.contains("crates linked: grew"), "{stdout}");
}

#[test]
fn every_mistake_in_their_use_is_one_line_and_exit_status_2() {
    let table: [(&[&str], &str); 7] = [
        (&["bench", "--runs", "0"], "invalid value '0' for '--runs <N>'"),
        (&["bench", "--bootstrap", "/nowhere/bootstrap"], "there is no bootstrap at /nowhere/bootstrap"),
        (&["bench", "--against", "/nowhere/bootstrap"], "there is no bootstrap at /nowhere/bootstrap"),
        (&["bench", "--bootstrap", "/bin/false", "--svg", "/nowhere/a.svg"], "cannot write /nowhere/a.svg"),
        (&["bench", "--bootstrap", "/bin/false"], "/false does not start"),
        (&["growth", "--bootstrap", "/etc/passwd"], "cannot start /etc/passwd"),
        (&["limits", "--bogus"], "unexpected argument '--bogus' found"),
    ];
    for (arguments, text) in table {
        let (status, stdout, stderr) = run(arguments);
        assert_eq!((status, stdout.as_str(), stderr.lines().count()), (2, "", 1), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("sandbox: ") && stderr.contains(text), "{arguments:?}: {stderr}");
    }
}
