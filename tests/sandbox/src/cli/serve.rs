//! `--serve`: the broker keeps running for `aws lambda invoke`.

use std::path::Path;

use anyhow::{Context, Result};
use sandbox::{Broker, Phase};
use tokio::select;
use tokio::signal::ctrl_c;

use super::args::Repository;
use super::{aws_cli, instructions, once, story};

/// Runs until Ctrl-C, or returns `false` when the broker fails to start.
pub(super) async fn run(bootstrap: &Path, repository: &Repository, port: u16) -> Result<bool> {
    let sandbox = once::start(port, repository).await?;
    let mut instructions = Some(aws_cli::installed());
    loop {
        let broker = once::launch(&sandbox, bootstrap, repository)?;
        let phase = sandbox.lambda.try_ready().await.context(story::STUCK)?;
        if !matches!(phase, Phase::Ready) {
            say!("The broker did not start: {phase}");
            story::standard_error(&broker);
            return Ok(false);
        }
        if let Some(installed) = instructions.take() {
            say!("{}", instructions::text(&sandbox.lambda.invoke_url(), installed.await));
        }
        select! {
            _ = ctrl_c() => return Ok(true),
            () = ended(&broker) => {}
        }
    }
}

/// Prints the broker's log until the broker ends. It is then restarted, as Lambda would do.
async fn ended(broker: &Broker) {
    let mut shown = 0;
    loop {
        select! {
            biased;
            line = broker.line_after(shown) => {
                say!("{line}");
                shown += 1;
            }
            status = broker.exit() => {
                say!("The broker ended ({status}); it is started again.");
                return story::standard_error(broker);
            }
        }
    }
}
