//! A name server that does not answer. Few threads wait for it, and the process exits without waiting.
//!
//! `getaddrinfo` reads the aliases of names without a dot from the file in `HOSTALIASES`
//! (<https://man7.org/linux/man-pages/man7/hostname.7.html>). Here that file is a FIFO without a writer, so the lookup
//! hangs on any machine.

use std::process::Command;
use std::time::Duration;

use sandbox::{Reply, Sandbox, scaled};

use crate::clock;
use crate::scene::{Scene, launch};

/// The host of SSM and `GitHub`, without a dot.
const HOST: &str = "broker-test-of-hung-lookups";
const INVOCATIONS: usize = 5;

/// Returns the number of threads of a process.
fn threads(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/task")).unwrap().count()
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "reports why the test was skipped")]
async fn few_threads_wait_and_exit_is_immediate() {
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
        if text.contains("the host name could not be resolved") {
            eprintln!("skipped: this system's getaddrinfo does not read HOSTALIASES");
            return;
        }
        // With scaled timeouts, the attempts end before the invocation's deadline.
        assert!(text.contains("DeadlineExceeded") || text.contains("connecting timed out"), "{text}");
        let threads = threads(scene.broker.id());
        assert_eq!(threads, *threads_before.get_or_insert(threads), "after {invocation} invocations");
    }
    // The response to the poll ends the process.
    let exit = clock::instant();
    scene.sandbox.lambda.script_polls([Reply::raw(500, "")]);
    scene.broker.wait_exit().await;
    assert!(exit.elapsed() < scaled(Duration::from_secs(2)), "exiting took {:?}", exit.elapsed());
}
