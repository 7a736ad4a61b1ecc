"""The double behind a port: the API under /v1, the page where somebody pays, and the dashboard of the account."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from tests.stripe_double import pages
from tests.stripe_double.account import NotPossible
from tests.stripe_double.api import dumped
from tests.stripe_double.double import StripeDouble


class Handler(BaseHTTPRequestHandler):
    """One request of the portal, of somebody who pays, or of whoever plays Stripe."""

    protocol_version = "HTTP/1.1"
    double: StripeDouble

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/v1/"):
            answer = self.double.answer(self.command, self.path, body, self.headers)
            headers = {"Stripe-Should-Retry": "false", **answer.headers}
            self._send(answer.status, "application/json", dumped(answer), headers)
        elif self.path == "/_double/faults":
            self._set_faults(body)
        else:
            self._show(body)

    do_GET = do_POST = _serve  # noqa: N815  names that the server looks for

    def _set_faults(self, body: str) -> None:
        """Turn the switches that a JSON object names."""
        for name, value in json.loads(body or "{}").items():
            if not hasattr(self.double.faults, name):
                self._send(400, "text/plain", f"no such switch: {name}".encode())
                return
            setattr(self.double.faults, name, value)
        self._send(200, "application/json", json.dumps(asdict(self.double.faults)).encode())

    def _show(self, body: str) -> None:
        path = self.path.partition("?")[0]
        try:
            if self.command == "POST":
                self._send(303, "text/plain", b"", {"Location": pages.act(self.double, path, dict(parse_qsl(body)))})
            else:
                self._send(200, "text/html; charset=utf-8", pages.show(self.double, path).encode())
        except KeyError as missing:
            self._send(404, "text/plain; charset=utf-8", f"There is no {missing}.".encode())
        except (NotPossible, ValueError) as refusal:
            self._send(400, "text/plain; charset=utf-8", f"{refusal}".encode())

    def _send(self, status: int, kind: str, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def running(port: int = 0, *, double: StripeDouble | None = None) -> Iterator[StripeDouble]:
    """Serve a double on loopback, on a port of its own unless one is named."""
    double = double or StripeDouble()
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"double": double}))
    server.daemon_threads = True
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def telling(double: StripeDouble, every: float = 0.2) -> Iterator[None]:
    """Send messages as they come up, as Stripe does by itself."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(every):
            if double.webhook_url:
                double.deliver()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
