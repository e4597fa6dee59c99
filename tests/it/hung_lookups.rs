//! A name server that does not answer: few threads wait for it, and the process's end does not.
//!
//! `getaddrinfo` reads the aliases of names without a dot from the file in `HOSTALIASES`
//! (<https://man7.org/linux/man-pages/man7/hostname.7.html>). Here it is a FIFO to which nobody writes, so that it waits forever,
//! on any machine.

use std::process::Command;
use std::time::Duration;

use sandbox::{Reply, Sandbox, scaled};

use crate::clock;
use crate::scene::{Scene, launch};

/// SSM's and `GitHub`'s host, without a dot.
const HOST: &str = "broker-test-of-hung-lookups";
const INVOCATIONS: usize = 5;

/// The threads of a process.
fn threads(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/task")).unwrap().count()
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "says why it was skipped")]
async fn few_threads_wait_and_the_end_does_not() {
    let sandbox = Sandbox::start().await;
    let fifo = sandbox.ca.pem_path().with_file_name("aliases");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    sandbox.lambda.set_timeout(scaled(Duration::from_secs(1)));
    let broker = launch(&sandbox, |env| {
        env.set("HOSTALIASES", &fifo)
            .set("AWS_ENDPOINT_URL_SSM", format!("https://{HOST}"))
            .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https://{HOST}"));
    });
    let scene = Scene { sandbox, broker }.ready().await;
    let mut threads_before = None;
    for invocation in 1..=INVOCATIONS {
        let text = scene.invoke().await.text();
        if text.contains("the host's name was not found") {
            eprintln!("skipped: this system's getaddrinfo does not read HOSTALIASES");
            return;
        }
        // With stretched time limits, the attempts end before the invocation's time does.
        assert!(text.contains("DeadlineExceeded") || text.contains("connecting took too long"), "{text}");
        let threads = threads(scene.broker.id());
        assert_eq!(threads, *threads_before.get_or_insert(threads), "after {invocation} invocations");
    }
    // The answer to the poll ends the process.
    let ending = clock::instant();
    scene.sandbox.lambda.script_polls([Reply::raw(500, "")]);
    scene.broker.wait_exit().await;
    assert!(ending.elapsed() < scaled(Duration::from_secs(2)), "the end took {:?}", ending.elapsed());
}
