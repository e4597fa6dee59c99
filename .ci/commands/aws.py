"""Replaces AWS by Moto, with a server in front of it for Lambda's invocations and the filters of CloudWatch Logs."""

import base64
import functools
import json
import os
import re
import sys
import time
import urllib.parse
import urllib.request

from .processes import Processes
from .servers import DIRECT, Handler, forward, lower, serve

ACCOUNT, REGION = "111122223333", "eu-central-1"
FUNCTION = "github-token-broker-my-repo"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
# The sandbox's own names: tests/sandbox/src/app.rs, tests/sandbox/src/lambda/mod.rs
SANDBOX_ACCOUNT, SANDBOX_FUNCTION = "123456789012", "github-token-broker"


class Aws:
    """An account whose function is the broker in the sandbox."""

    def __init__(self, processes: Processes):
        self.processes = processes
        self.tokens: set = set()  # those that the broker issued

    @functools.cached_property
    def moto(self) -> str:
        """Returns the URL of Moto, which answers for all of AWS but Lambda's invocations."""
        command = [sys.executable, "-c", "from moto.server import main; main()", "--host", "127.0.0.1", "--port", "0"]
        environment = {**os.environ, **CREDENTIALS, "MOTO_ACCOUNT_ID": ACCOUNT}
        return self.processes.start("moto", command, environment, r"Running on (http://127\.0\.0\.1:\d+)", 60)

    @functools.cached_property
    def sandbox(self) -> str:
        """Returns the URL of the sandbox's Invoke API, which calls the broker."""
        command = ["cargo", "run", "--quiet", "--package", "sandbox", "--", "--serve", "--repository", "my-org/my-repo"]
        return self.processes.start("sandbox", command, {**os.environ}, r"--endpoint-url (http://127\.0\.0\.1:\d+)", 900)

    @functools.cached_property
    def front(self) -> str:
        """Returns the URL of Lambda and CloudWatch Logs: Moto's, with the operations that it lacks."""
        return serve(Front, aws=self)

    def endpoints(self) -> dict:
        """Returns the variables that make AWS's clients call these servers."""
        return {
            "AWS_ENDPOINT_URL": self.moto, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": self.front, "AWS_ENDPOINT_URL_LAMBDA": self.front,
        }

    def client(self, service: str):
        """Returns a client of a service of Moto's."""
        import boto3  # Moto's own dependency

        return boto3.client(
            service, endpoint_url=self.moto, region_name=REGION, aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def reset(self) -> None:
        """Empties the account."""
        DIRECT.open(urllib.request.Request(f"{self.moto}/moto-api/reset", method="POST"))

    def invoke(self, name: str, path: str, headers: dict, body: bytes) -> tuple:
        """Passes an invocation of our function on to the sandbox, where its name is another."""
        other = urllib.parse.unquote(name).replace(ACCOUNT, SANDBOX_ACCOUNT).replace(FUNCTION, SANDBOX_FUNCTION)
        url = self.sandbox + path.replace(name, urllib.parse.quote(other, safe=""))
        status, answer_headers, answer = forward(url, "POST", {**headers, "x-amz-log-type": "Tail"}, body)
        log = base64.b64decode(answer_headers.get("x-amz-log-result", ""))
        self.log(log.decode(errors="replace"))
        if headers.get("x-amz-log-type") != "Tail":
            answer_headers.pop("x-amz-log-result", None)
        self.tokens |= set(re.findall(rb'"token":"([^"]+)"', answer))
        return status, answer_headers, answer

    def log(self, text: str) -> None:
        """Adds lines to the function's log group, and creates it where there is none, as Lambda does."""
        logs, group = self.client("logs"), f"/aws/lambda/{FUNCTION}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName="stream")
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in text.splitlines()]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName="stream", logEvents=events)


class Front(Handler):
    """Sends invocations of our function to the sandbox. Moto does not know filters of JSON, so they are applied here."""

    aws: Aws
    FILTER = re.compile(r"\{ *\$\.(\w+) *= *\"([^\"]*)\" *\}")
    INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations(?:\?|$)")

    def serve(self) -> None:
        """Answers a request of Lambda or CloudWatch Logs."""
        headers = lower(self.headers)
        invocation = self.INVOCATION.match(self.path)
        name = urllib.parse.unquote(invocation[1]) if invocation else ""
        if re.search(rf"(^|:){FUNCTION}(:|$)", name):
            self.answer(*self.aws.invoke(invocation[1], self.path, headers, self.body()))
        elif headers.get("x-amz-target") == "Logs_20140328.FilterLogEvents":
            self.filter_log_events(headers, json.loads(self.body()))
        else:
            self.answer(*forward(self.aws.moto + self.path, self.command, headers, self.body()))

    def filter_log_events(self, headers: dict, request: dict) -> None:
        """Answers with the events that match the request's filter."""
        pattern = self.FILTER.fullmatch(request.get("filterPattern", "").strip())
        if pattern:
            del request["filterPattern"]
        status, headers, body = forward(self.aws.moto, "POST", headers, json.dumps(request).encode())
        if pattern and status == 200:
            answer = json.loads(body)
            answer["events"] = [event for event in answer["events"] if member(event["message"], pattern[1]) == pattern[2]]
            body = json.dumps(answer).encode()
        self.answer(status, headers, body)

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = serve


def member(text: str, name: str):
    """Returns a member of a JSON object, or None where the text is not one."""
    try:
        return json.loads(text).get(name)
    except (AttributeError, ValueError):
        return None
