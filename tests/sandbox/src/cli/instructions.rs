//! The instructions that `--serve` prints: commands to try, first those for the installed CLI.

use sandbox::{app, lambda};

use super::aws_cli::AwsCli;

/// Returns the instructions for an Invoke API at this URL.
pub(super) fn text(url: &str, installed: Option<AwsCli>) -> String {
    let sections = match installed {
        Some(AwsCli::One) => [one(url, true), two(url, false), curl(url)],
        Some(AwsCli::Two) => [two(url, true), one(url, false), curl(url)],
        None => [curl(url), two(url, false), one(url, false)],
    };
    format!(
        "The broker is running; Ctrl-C ends it. Its log follows. Try in another terminal (any credentials are accepted):\n\n\
         {}\n\n`--payload '{{}}'` and no payload at all (Lambda makes it `{{}}`) show the refusal, with FunctionError.\n",
        sections.join("\n\n"),
    )
}

fn one(url: &str, is_installed: bool) -> String {
    aws("AWS CLI 1", url, is_installed, "--payload null")
}

fn two(url: &str, is_installed: bool) -> String {
    aws("AWS CLI 2", url, is_installed, "--cli-binary-format raw-in-base64-out --payload null")
}

fn aws(name: &str, url: &str, is_installed: bool, payload: &str) -> String {
    let invoke = format!(
        "    AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws lambda invoke --region {} \\\n      \
         --endpoint-url {url} --function-name {} \\\n      {payload}",
        app::AWS_REGION,
        lambda::FUNCTION_NAME,
    );
    // The CLI writes the response to the file that is named last, and its own output to standard output.
    format!(
        "  {name}{}:\n{invoke} /dev/stdout\n  only the log of an invocation:\n{invoke} \\\n      \
         --log-type Tail --query LogResult --output text /dev/null | base64 --decode",
        if is_installed { " (installed here)" } else { "" },
    )
}

fn curl(url: &str) -> String {
    format!(
        "  Without the AWS CLI:\n    curl --data null {url}/2015-03-31/functions/{}/invocations",
        lambda::FUNCTION_NAME
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_cli_comes_first() {
        for (installed, first) in [
            (Some(AwsCli::One), "AWS CLI 1 (installed here):"),
            (Some(AwsCli::Two), "AWS CLI 2 (installed here):"),
            (None, "Without the AWS CLI:"),
        ] {
            let text = text("http://127.0.0.1:1", installed);
            let headings = text.lines().filter(|line| line.ends_with(':') && !line.contains("only the log"));
            assert_eq!(headings.map(str::trim).nth(1), Some(first), "{text}");
            assert_eq!(text.matches("(installed here)").count(), usize::from(installed.is_some()), "{text}");
        }
    }
}
