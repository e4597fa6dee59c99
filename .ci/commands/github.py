"""Replaces github.com for git: a proxy ends TLS, and git http-backend answers."""

import base64
import functools
import os
import re
import ssl
import subprocess
from pathlib import Path

from .repositories import Repositories
from .servers import Handler, serve


class GitHub:
    """Serves the repositories; the private one to those who have one of the tokens."""

    def __init__(self, repositories: Repositories, tokens: set, scratch: Path):
        self.repositories, self.tokens, self.scratch = repositories, tokens, scratch

    @functools.cached_property
    def git_config(self) -> Path:
        """Returns a configuration of git that makes the commands reach our repositories under GitHub's names."""
        repositories = self.repositories.both
        certificate, key = self.scratch / "github.pem", self.scratch / "github.key"
        create_certificate(certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        proxy = serve(Proxy, tokens=self.tokens, context=context, repositories=repositories)
        config = self.scratch / "gitconfig"
        config.write_text(
            f"[http]\n\tproxy = {proxy}\n\tsslCAInfo = {certificate}\n[user]\n\tname = Example\n\temail = example@example.com\n"
            "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"
        )
        return config


class Proxy(Handler):
    """A proxy behind which there is only github.com, with two repositories: one is public, one demands a token."""

    tokens: set
    context: ssl.SSLContext
    repositories: Path
    PATH = re.compile(r"/(?P<name>meigma/github-token-broker|my-org/my-repo)(?:\.git)?(?P<rest>/[^?]*)(?:\?(?P<query>.*))?$")

    def do_CONNECT(self) -> None:
        """Opens a tunnel, of which this server is the other end, too."""
        if self.path != "github.com:443":
            return self.answer(403, {}, f"this check reaches only github.com, not {self.path}\n".encode())
        self.send_response(200)
        self.end_headers()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def serve(self) -> None:
        """Answers a request to github.com."""
        path, body = self.PATH.match(self.path), self.body()
        if not path:
            self.answer(404, {}, b"Not Found\n")
        elif path["name"] == "my-org/my-repo" and not self.is_authorized():
            self.answer(401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"Repository not found.\n")
        else:
            self.answer(*self.backend(path, body))

    do_GET = do_POST = serve

    def is_authorized(self) -> bool:
        """Returns whether the password is a token that the broker issued."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        user, _, token = base64.b64decode(value).partition(b":")
        return scheme.lower() == "basic" and user != b"" and token in self.tokens

    def backend(self, path: re.Match, body: bytes) -> tuple:
        """Returns the answer of git http-backend: status, headers, body."""
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.repositories), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{path['name']}.git{path['rest']}", "QUERY_STRING": path["query"] or "",
            "REQUEST_METHOD": self.command, "REMOTE_USER": "x-access-token",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }
        output = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True).stdout
        head, _, answer = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        return int(headers.pop("Status", "200")[:3]), headers, answer


def create_certificate(certificate: Path, key: Path) -> None:
    """Creates a self-signed certificate of github.com and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=github.com", "-addext", "subjectAltName=DNS:github.com", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
