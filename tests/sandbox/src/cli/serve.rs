//! `--serve`: the broker keeps running for `aws lambda invoke`.

use std::path::Path;

use anyhow::{Context, Result};
use sandbox::{Broker, Phase, Sandbox, app, lambda};
use tokio::select;
use tokio::signal::ctrl_c;

use super::{once, story};

/// Until Ctrl-C, or until the broker fails to start, which is `false`.
pub(super) async fn run(bootstrap: &Path, port: u16) -> Result<bool> {
    let sandbox = once::start(port).await?;
    let mut instructed = false;
    loop {
        let broker = once::launch(&sandbox, bootstrap)?;
        let phase = sandbox.lambda.try_ready().await.context(story::STUCK)?;
        if !matches!(phase, Phase::Ready) {
            eprintln!("The broker did not start: {phase:?}");
            story::standard_error(&broker);
            return Ok(false);
        }
        if !instructed {
            eprintln!("{}", instructions(&sandbox));
            instructed = true;
        }
        select! {
            _ = ctrl_c() => return Ok(true),
            () = ended(&broker) => {}
        }
    }
}

/// Shows the broker's log until the broker ends. Lambda would start it again, too.
async fn ended(broker: &Broker) {
    let mut shown = 0;
    loop {
        select! {
            biased;
            line = broker.line_after(shown) => {
                eprintln!("{line}");
                shown += 1;
            }
            status = broker.exit() => {
                eprintln!("The broker ended ({status}); it is started again.");
                return story::standard_error(broker);
            }
        }
    }
}

fn instructions(sandbox: &Sandbox) -> String {
    let url = sandbox.lambda.invoke_url();
    let name = lambda::FUNCTION_NAME;
    let command = format!(
        "AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws lambda invoke --region {region} \\\n      \
         --endpoint-url {url} --function-name {name}",
        region = app::AWS_REGION,
    );
    format!(
        "The broker is running; Ctrl-C ends it. Its log follows. Try in another terminal (any credentials do):

  AWS CLI 1:
    {command} \\
      --payload null /dev/stdout

  AWS CLI 2 takes payloads in base64 by default:
    {command} \\
      --cli-binary-format raw-in-base64-out --payload null /dev/stdout

  Either, from a file (`printf null > payload.json`):
    {command} \\
      --payload fileb://payload.json /dev/stdout

  Without the AWS CLI:
    curl --data null {url}/2015-03-31/functions/{name}/invocations

`--payload '{{}}'` and no payload at all (Lambda makes it `{{}}`) show the refusal, with FunctionError;
`--log-type Tail --query LogResult --output text … | base64 -d` shows the log.
"
    )
}
