"""Serves HTTP on the loopback interface, and forwards requests."""

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The proxy of the user who runs the checks is not used.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers whole."""

    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        """Returns the request's body."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, headers: dict, body: bytes) -> None:
        """Writes an answer. Headers of another server's connection are left out."""
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Writes nothing: the checks' output is about pages, not requests."""


def serve(handler: type, **attributes) -> str:
    """Starts a server whose handler has these attributes, and returns its URL. It ends with this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type(handler.__name__, (handler,), attributes))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def forward(url: str, method: str, headers: dict, body: bytes) -> tuple:
    """Returns another server's answer, also of an error: status, headers in lower case, body."""
    headers = {name: value for name, value in headers.items() if name not in ("host", "content-length", "connection")}
    request = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    try:
        with DIRECT.open(request) as answer:
            return answer.status, lower(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, lower(error.headers), error.read()


def lower(headers) -> dict:
    """Returns the headers with names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
