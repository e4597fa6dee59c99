"""Replacements for AWS and GitHub. Each is started when the first page needs it."""

import base64
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "111122223333", "eu-central-1"
FUNCTION = "github-token-broker-my-repo"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
# The sandbox's own names: tests/sandbox/src/app.rs, tests/sandbox/src/lambda/mod.rs
SANDBOX_ACCOUNT, SANDBOX_FUNCTION = "123456789012", "github-token-broker"
# Enough for both formats.
SBOM = json.dumps({key: [{"name": "github-token-broker", "version": "3.0.0", "versionInfo": "3.0.0"}] for key in ("components", "packages")})
# Of the user who runs the checks: nothing of it may reach a page's commands.
PRIVATE = ("AWS_", "BASH_", "ENV", "GH_", "GIT_", "GITHUB_", "SANDBOX_", "TF_", "XDG_")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Unavailable(Exception):
    """A stand-in does not start; the text says why."""


class StandIns:
    def __init__(self, root: Path, scratch: Path):
        self.root, self.scratch = root, scratch
        self.tokens: set = set()  # those that were issued
        self.processes: list = []

    def environment(self, commands: str) -> dict:
        """The variables of a page with these commands."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
        variables |= {
            "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": REGION, **CREDENTIALS,
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
            "GIT_TERMINAL_PROMPT": "0", "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "TERM": "dumb",
        }
        if calls(commands, "aws"):
            variables |= {"AWS_ENDPOINT_URL": self.moto, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": self.aws, "AWS_ENDPOINT_URL_LAMBDA": self.aws}
        if calls(commands, "git", "terraform"):
            variables |= {"GIT_CONFIG_SYSTEM": str(self.git_config)}
        if calls(commands, "gh", "terraform"):
            variables |= self.gh | {"PATH": f"{REPOSITORY}/terraform/tests/stand-ins:{variables['PATH']}"}
        if calls(commands, "terraform"):
            variables |= self.terraform
        if calls(commands, "cargo", "just"):
            variables |= {"CARGO_TARGET_DIR": str(self.cargo_target), "CARGO_INCREMENTAL": "0", "CARGO_NET_OFFLINE": "true"}
        return variables

    @functools.cached_property
    def private_key(self) -> str:
        """A key as GitHub gives it."""
        return subprocess.run(["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True, text=True).stdout

    def prepare(self, folder: Path, is_clone: bool) -> None:
        """Fills the folder in which a page's commands start."""
        if is_clone:
            subprocess.run(["git", "clone", "--quiet", self.broker, folder], check=True)
        (folder / "app.private-key.pem").write_text(self.private_key)

    def reset(self, is_deployed: bool, commands: str) -> None:
        """Empties the account. Where a broker is deployed, it has the function, an empty log and, unless the commands create them, its parameters."""
        if not calls(commands, "aws"):
            return
        DIRECT.open(urllib.request.Request(f"{self.moto}/moto-api/reset", method="POST"))
        if is_deployed:
            self._deploy_function()
            if all("--overwrite" in command for command in re.findall(r"put-parameter(?:\\\n|.)*", commands)):
                self._put_parameters()

    def _deploy_function(self) -> None:
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
        role = self._client("iam").create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        code = self.scratch / "releases" / f"v{self.version}" / "github-token-broker.zip"
        if not code.exists():
            _ = self.gh
        self._client("lambda").create_function(
            FunctionName=FUNCTION, Role=role, Runtime="provided.al2023", Handler="bootstrap", Architectures=["arm64"],
            MemorySize=128, Timeout=10, Code={"ZipFile": code.read_bytes()},
            Environment={"Variables": {"GITHUB_TOKEN_BROKER_REPOSITORY_OWNER": "my-org", "GITHUB_TOKEN_BROKER_REPOSITORY_NAME": "my-repo"}},
        )
        self._log("")

    def _put_parameters(self) -> None:
        for name, kind, value in (
            ("client-id", "String", "Iv23liEXAMPLE"), ("installation-id", "String", "12345678"),
            ("private-key-pem", "SecureString", self.private_key),
        ):
            self._client("ssm").put_parameter(Name=f"/github-token-broker/app/{name}", Type=kind, Value=value)

    def _client(self, service: str):
        import boto3  # Moto's own dependency

        return boto3.client(
            service, endpoint_url=self.moto, region_name=REGION, aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def stop(self) -> None:
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        if "cargo_target" in self.__dict__:
            shutil.rmtree(self.cargo_target, ignore_errors=True)

    ### AWS

    @functools.cached_property
    def moto(self) -> str:
        """The URL of Moto, which answers for all of AWS but Lambda's invocations."""
        command = [sys.executable, "-c", "from moto.server import main; main()", "--host", "127.0.0.1", "--port", "0"]
        environment = {**os.environ, **CREDENTIALS, "MOTO_ACCOUNT_ID": ACCOUNT}
        return self._start("moto", command, environment, r"Running on (http://127\.0\.0\.1:\d+)", 60)

    @functools.cached_property
    def sandbox(self) -> str:
        """The URL of the sandbox's Invoke API, which calls the broker."""
        command = ["cargo", "run", "--quiet", "--package", "sandbox", "--", "--serve", "--repository", "my-org/my-repo"]
        return self._start("sandbox", command, {**os.environ}, r"--endpoint-url (http://127\.0\.0\.1:\d+)", 900)

    @functools.cached_property
    def aws(self) -> str:
        """Returns the URL of Lambda and CloudWatch Logs: Moto's, with the operations that it lacks."""
        return self._serve(type("Bound", (Aws,), {"stand_ins": self}))

    def invoke(self, name: str, path: str, headers: dict, body: bytes):
        """Passes an invocation of our function on to the sandbox, where its name is another."""
        target = path.replace(name, urllib.parse.quote(urllib.parse.unquote(name).replace(ACCOUNT, SANDBOX_ACCOUNT).replace(FUNCTION, SANDBOX_FUNCTION), safe=""))
        status, answer_headers, answer = forward(self.sandbox + target, "POST", {**headers, "x-amz-log-type": "Tail"}, body)
        log = base64.b64decode(answer_headers.get("x-amz-log-result", ""))
        self._log(log.decode(errors="replace"))
        if headers.get("x-amz-log-type") != "Tail":
            answer_headers.pop("x-amz-log-result", None)
        self.tokens |= set(re.findall(rb'"token":"([^"]+)"', answer))
        return status, answer_headers, answer

    def _log(self, text: str) -> None:
        """Adds lines to the function's log group, and creates it where there is none, as Lambda does."""
        logs, group = self._client("logs"), f"/aws/lambda/{FUNCTION}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName="stream")
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in text.splitlines()]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName="stream", logEvents=events)

    ### GitHub

    @functools.cached_property
    def version(self) -> str:
        return re.search(r'^version = "(.+)"', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)[1]

    @functools.cached_property
    def broker(self) -> Path:
        """This repository, with the version's tag."""
        bare = self.scratch / "repositories/meigma/github-token-broker.git"
        publish(self.root, bare, f"v{self.version}")
        return bare

    @functools.cached_property
    def git_config(self) -> Path:
        """A configuration of git that makes the commands reach our repositories under GitHub's names."""
        repositories = self.broker.parents[1]
        small(repositories / "my-org/my-repo.git")
        certificate = self.scratch / "github.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=github.com", "-addext", "subjectAltName=DNS:github.com", "-keyout", self.scratch / "github.key", "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, self.scratch / "github.key")
        proxy = self._serve(type("GitHub", (GitHub,), {"stand_ins": self, "context": context, "repositories": repositories}))
        config = self.scratch / "gitconfig"
        config.write_text(
            f'[http]\n\tproxy = {proxy}\n\tsslCAInfo = {certificate}\n[user]\n\tname = Example\n\temail = example@example.com\n'
            "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"
        )
        return config

    @functools.cached_property
    def gh(self) -> dict:
        """Variables for the stand-in for gh, with a release whose zips are not the real ones."""
        folder = self.scratch / "releases" / f"v{self.version}"
        folder.mkdir(parents=True)
        names = subprocess.run([REPOSITORY / ".github/scripts/release-files", "all"], check=True, capture_output=True, text=True).stdout
        for name in names.split():
            (folder / name).write_text(SBOM if name.endswith(("cdx.json", "spdx.json")) else "{}\n")
        for suffix in ("", "-x86_64"):
            file = folder / f"github-token-broker{suffix}.zip"
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("bootstrap", f"#!/bin/sh\necho a stand-in{suffix}\n")
            (folder / f"checksums{suffix}.txt").write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n")
        commit = subprocess.run(["git", "--git-dir", self.broker, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
        return {
            "GH_CALLS": str(self.scratch / "gh-calls"), "GH_RELEASES": str(folder.parent),
            "GH_COMMIT": commit.strip(),
        }  # fmt: skip

    ### Terraform and cargo

    @functools.cached_property
    def terraform(self) -> dict:
        """Variables with which Terraform's providers contact nothing, and nothing is asked; empty where there are none."""
        setup = REPOSITORY.parent / "shared/terraform-offline/setup"
        if not os.access(setup, os.X_OK) or not shutil.which("terraform"):
            return {}
        line = subprocess.run([setup], check=True, stdout=subprocess.PIPE, text=True).stdout
        path = re.search(r"export TF_CLI_CONFIG_FILE=(.+)", line)[1]
        return {
            "TF_CLI_CONFIG_FILE": path, "TF_INPUT": "0", "TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_apply": "-auto-approve",
            "TF_CLI_ARGS_destroy": "-auto-approve", "CHECKPOINT_DISABLE": "true",
        }  # fmt: skip

    @functools.cached_property
    def cargo_target(self) -> Path:
        """Returns a target folder with this one's dependencies, so that builds in it do not change this one. Cargo replaces artifacts,
        which can be hard links, and writes fingerprints in place."""
        target = Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target").resolve()
        folder = target / f"commands-{os.getpid()}"
        for name, copy in (("build", os.link), ("deps", os.link), (".fingerprint", shutil.copy2)):
            if (target / "debug" / name).exists():
                shutil.copytree(target / "debug" / name, folder / "debug" / name, copy_function=copy)
        return folder

    ### Processes and servers

    def _start(self, name: str, command: list, environment: dict, ready: str, limit: float) -> str:
        """Starts a server, and returns the URL that it prints."""
        log = self.scratch / f"{name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self.processes.append(process)
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if found := re.search(ready, log.read_text()):
                return found[1]
            if process.poll() is not None:
                break
            time.sleep(0.1)
        raise Unavailable(f"{name} does not start:\n{log.read_text()}")

    def _serve(self, handler: type) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_ins: StandIns

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, headers: dict, body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


class Aws(Server):
    """Invocations of our function go to the sandbox. Moto does not know filters of JSON, so they are applied here."""

    FILTER = re.compile(r"\{ *\$\.(\w+) *= *\"([^\"]*)\" *\}")
    INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations(?:\?|$)")

    def serve(self) -> None:
        headers = lower(self.headers)
        invocation = self.INVOCATION.match(self.path)
        name = urllib.parse.unquote(invocation[1]) if invocation else ""
        if re.search(rf"(^|:){FUNCTION}(:|$)", name):
            self.answer(*self.stand_ins.invoke(invocation[1], self.path, headers, self.body()))
        elif headers.get("x-amz-target") == "Logs_20140328.FilterLogEvents":
            self.filter_log_events(headers, json.loads(self.body()))
        else:
            self.answer(*forward(self.stand_ins.moto + self.path, self.command, headers, self.body()))

    def filter_log_events(self, headers: dict, request: dict) -> None:
        pattern = self.FILTER.fullmatch(request.get("filterPattern", "").strip())
        if pattern:
            del request["filterPattern"]
        status, headers, body = forward(self.stand_ins.moto, "POST", headers, json.dumps(request).encode())
        if pattern and status == 200:
            answer = json.loads(body)
            answer["events"] = [event for event in answer["events"] if member(event["message"], pattern[1]) == pattern[2]]
            body = json.dumps(answer).encode()
        self.answer(status, headers, body)

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = serve


class GitHub(Server):
    """A proxy behind which there is only github.com, with two repositories: one is public, one demands a token."""

    context: ssl.SSLContext
    repositories: Path
    PATH = re.compile(r"/(?P<name>meigma/github-token-broker|my-org/my-repo)(?:\.git)?(?P<rest>/[^?]*)(?:\?(?P<query>.*))?$")

    def do_CONNECT(self) -> None:
        if self.path != "github.com:443":
            return self.answer(403, {}, f"this check reaches only github.com, not {self.path}\n".encode())
        self.send_response(200)
        self.end_headers()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def serve(self) -> None:
        path, body = self.PATH.match(self.path), self.body()
        if not path:
            self.answer(404, {}, b"Not Found\n")
        elif path["name"] == "my-org/my-repo" and not self.is_authorized():
            self.answer(401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"Repository not found.\n")
        else:
            self.answer(*self.backend(path, body))

    do_GET = do_POST = serve

    def is_authorized(self) -> bool:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        user, _, token = base64.b64decode(value).partition(b":")
        return scheme.lower() == "basic" and user != b"" and token in self.stand_ins.tokens

    def backend(self, path: re.Match, body: bytes):
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.repositories), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{path['name']}.git{path['rest']}", "QUERY_STRING": path["query"] or "", "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)), "REMOTE_USER": "x-access-token",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }  # fmt: skip
        output = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True).stdout
        head, _, answer = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        return int(headers.pop("Status", "200")[:3]), headers, answer


def lower(headers) -> dict:
    return {name.lower(): value for name, value in headers.items()}


def forward(url: str, method: str, headers: dict, body: bytes):
    headers = {name: value for name, value in headers.items() if name not in ("host", "content-length", "connection")}
    request = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    try:
        with DIRECT.open(request) as answer:
            return answer.status, lower(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, lower(error.headers), error.read()


def member(text: str, name: str):
    """A member of a JSON object; nothing where the text is none."""
    try:
        return json.loads(text).get(name)
    except (AttributeError, ValueError):
        return None


def calls(commands: str, *programs: str) -> bool:
    """Whether one of the programs is called, as far as words can show it."""
    return re.search(rf"(?<![\w./-])({'|'.join(programs)})\s+[\w\"$-]", commands) is not None


def publish(root: Path, bare: Path, tag: str) -> None:
    """A copy of a repository in which the tag is on the working tree's content, committed or not."""

    def git(*arguments: str, **variables: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        identity = {f"GIT_{who}_{what}": "example@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        return subprocess.run(
            ["git", "-C", root, *arguments], check=True, stdout=subprocess.PIPE, text=True, env={**environment, **identity, **variables}
        ).stdout.strip()

    git("clone", "--quiet", "--bare", root, bare)
    # Uncommitted changes are written into the copy only.
    temporary = {
        "GIT_INDEX_FILE": f"{bare}/temporary-index", "GIT_OBJECT_DIRECTORY": f"{bare}/objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": git("rev-parse", "--path-format=absolute", "--git-path", "objects"),
    }  # fmt: skip
    git("read-tree", "HEAD", **temporary)
    git("add", "--all", **temporary)
    tree = git("write-tree", **temporary)
    commit = git("rev-parse", "HEAD")
    if tree != git("rev-parse", "HEAD^{tree}"):
        commit = git("commit-tree", tree, "-p", commit, "-m", "The working tree", **temporary)
    for reference in (f"refs/tags/{tag}", "refs/heads/main"):
        git("--git-dir", str(bare), "update-ref", reference, commit)
    git("--git-dir", str(bare), "symbolic-ref", "HEAD", "refs/heads/main")


def small(bare: Path) -> None:
    """A repository with one file, into which a token may push."""
    work = bare.with_suffix(".work")
    work.mkdir(parents=True)
    (work / "README.md").write_text("# my-repo\n")
    for arguments in (
        ["init", "--quiet", "--initial-branch", "main"], ["add", "."],
        ["-c", "user.name=Example", "-c", "user.email=example@example.com", "commit", "--quiet", "--no-gpg-sign", "--message", "First"],
        ["clone", "--quiet", "--bare", ".", bare], ["--git-dir", bare, "config", "http.receivepack", "true"],
    ):  # fmt: skip
        subprocess.run(["git", *arguments], cwd=work, check=True)
