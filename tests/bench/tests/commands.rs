//! Tests the output of the commands with a broker of the development profile, whose speed is not tested.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic fails the test, as intended")]

use std::path::Path;
use std::process::{Command, Output};

use sandbox::bootstrap::{self, Profile};
use serde_json::Value;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(arguments).output().unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Builds a broker and strips its debug information, so that zipping takes only seconds.
async fn broker(directory: &Path) -> String {
    let built = bootstrap::build(Profile::Dev).await.unwrap();
    let stripped = directory.join("bootstrap").display().to_string();
    assert!(Command::new("strip").args(["-o", &stripped]).arg(built).status().unwrap().success());
    stripped
}

#[tokio::test]
async fn bench_prints_a_table_and_writes_json_and_a_chart() {
    let directory = tempfile::tempdir().unwrap();
    let broker = &broker(directory.path()).await;
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
    for name in ["cold_wall", "cold_cpu", "later_cpu", "distant_first_wall"] {
        assert!(row(name)["binaries"]["bootstrap"]["median"].as_f64().unwrap() > 0.0, "{name}");
        assert!(row(name)["ratio"].as_f64().unwrap() > 0.0, "{name}");
    }
    // Two requests to GitHub with a round trip of 30 ms, and one to SSM with 2 ms.
    assert!(row("distant_first_wall")["binaries"]["bootstrap"]["median"].as_f64().unwrap() >= 62.0);
    assert_eq!(row("connections")["binaries"]["bootstrap"]["median"], 2.0);
    let quota = rows.iter().any(|row| row["name"] == "quota_cold_wall");
    assert_eq!(quota, !stdout.contains("Left out: the rows with a CPU quota"), "{stdout}");
    assert!(std::fs::read_to_string(svg).unwrap().starts_with("<svg "));
}

#[tokio::test]
async fn limits_names_the_number_and_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let broker = &broker(directory.path()).await;
    let (status, stdout, stderr) = run(&["limits", "--bootstrap", broker, "--invocations", "20"]);
    assert_eq!(status, 1, "{stdout}{stderr}");
    // A binary of the development profile is much larger than the deployed one.
    assert!(stdout.contains("binary, in bytes: grew to "), "{stdout}");
    assert!(stdout.contains("raise `binary_bytes` in .ci/limits.json"), "{stdout}");
    // Numbers within their limits have no remark.
    let (table, remarks) = stdout.split_once("\n\n").unwrap();
    let above = table.lines().filter(|line| line.ends_with("ABOVE")).count();
    assert_eq!(remarks.matches("above the limit of ").count(), above, "{stdout}");
    let others =
        remarks.lines().filter(|line| !line.contains("above the limit of ") && !line.starts_with("Left out: "));
    assert_eq!(others.count(), 0, "{stdout}");
}

#[test]
fn cargos_messages_are_shown() {
    for command in ["bench", "growth", "limits"] {
        let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
        // `ls` in place of cargo rejects its arguments on standard error and fails.
        let output = bench.arg(command).env("CARGO", "/bin/ls").current_dir("/").output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {stderr}");
        let (cargos, own) = stderr.trim_end().rsplit_once('\n').unwrap();
        assert!(cargos.contains("ls: "), "{command}: {stderr}");
        assert_eq!(own, "bench: bootstrap does not compile: see cargo's messages above", "{command}");
    }
}

#[test]
fn the_version_is_the_products() {
    let version = bootstrap::version();
    assert_eq!(run(&["--version"]), (0, format!("bench {version}\n"), String::new()));
    assert_eq!(run(&["limits", "--version"]), (0, format!("bench-limits {version}\n"), String::new()));
}

#[test]
fn unwritable_standard_output_is_an_error() {
    for (redirection, text) in [
        (">&-", "bench: standard output is closed"),
        ("> /dev/full", "bench: cannot write to standard output: No space left on device"),
    ] {
        for arguments in ["--version", "--help", "limits --help"] {
            let script = format!("exec {} {arguments} {redirection}", env!("CARGO_BIN_EXE_bench"));
            let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{script}: {stderr}");
            assert!(stderr.starts_with(text) && stderr.lines().count() == 1, "{script}: {stderr}");
        }
    }
    // Reported before the measurement, which takes minutes.
    let script = format!("exec {} growth >&-", env!("CARGO_BIN_EXE_bench"));
    let output = Command::new("/bin/sh").args(["-c", &script]).env("CARGO", "/bin/false").output().unwrap();
    assert!(output.stderr.starts_with(b"bench: standard output is closed"));
}

#[test]
fn errors_are_exit_status_2() {
    let table: [(&[&str], &str); 7] = [
        (&["bench", "--runs", "0"], "invalid value '0' for '--runs <N>'"),
        (&["limits", "--bogus"], "unexpected argument '--bogus' found"),
        (&["bench", "--bootstrap", "/nowhere/bootstrap"], "bench: there is no bootstrap at /nowhere/bootstrap"),
        (&["bench", "--against", "/nowhere/bootstrap"], "bench: there is no bootstrap at /nowhere/bootstrap"),
        (
            &["bench", "--bootstrap", "/bin/false", "--svg", "/nowhere/a.svg"],
            "bench: cannot write /nowhere/a.svg: No such",
        ),
        (&["bench", "--bootstrap", "/bin/false"], "/false did not start"),
        (&["growth", "--bootstrap", "/etc/passwd"], "bench: cannot start /etc/passwd: Permission denied"),
    ];
    for (arguments, text) in table {
        let (status, stdout, stderr) = run(arguments);
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(text), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: ") || stderr.lines().count() == 1, "{arguments:?}: {stderr}");
    }
}
