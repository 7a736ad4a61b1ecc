"""gunicorn under load: starting it, loading it with wrk, and reading what a request cost it in CPU time."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

WORKERS = 2
THREADS = 4
CONNECTIONS = 8
LONGER = 4
TICKS = os.sysconf("SC_CLK_TCK")
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    """What wrk saw and what the server spent; times in milliseconds."""

    requests: int
    failures: int
    rps: float
    p50_ms: float
    p99_ms: float
    bytes: int
    cpu_ms: float


class Server:
    """One gunicorn with its workers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """CPU time of the master and its workers so far, in seconds."""
        family = [self.process.pid]
        tasks = Path(f"/proc/{self.process.pid}/task")
        for task in tasks.iterdir():
            family += [int(pid) for pid in (task / "children").read_text().split()]
        return sum(_ticks(pid) for pid in family) / TICKS


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(application: str, environment: Mapping[str, str], *, log: Path) -> Iterator[Server]:
    """Run an application under gunicorn with two workers until the block ends."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
    ]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--access-logfile", "/dev/null", application]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
        try:
            _await(port, process, log)
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


def wrk() -> str:
    """Return the load generator's path, installing Debian's package where it is missing."""
    found = shutil.which("wrk")
    if found:
        return found
    subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=True, stdout=subprocess.DEVNULL)
    return shutil.which("wrk") or "wrk"


def load(server: Server, path: str, cookie: str, *, seconds: float, script: Path | None = None) -> Load:
    """Load one page after a short warm-up and tell what it gave and cost; without any answer, once more for longer.

    With a script of wrk's, which makes each request another one, there is no warm-up and no second time.
    """
    if script is None:
        _run_wrk(server, path, cookie, seconds=2)
    for window in (seconds, seconds * LONGER) if script is None else (seconds,):
        before = server.cpu_seconds()
        output = _run_wrk(server, path, cookie, seconds=window, script=script)
        spent = server.cpu_seconds() - before
        requests = int(_found(r"(\d+) requests in", output))
        if requests:
            break
    else:
        raise RuntimeError(f"{path} answered nothing in {seconds * LONGER:.0f} seconds; wrk said:\n{output}")
    failures = sum(int(count) for count in re.findall(r"(?:Non-2xx or 3xx responses: |timeout |read )(\d+)", output))
    size = _found(r"requests in [\d.]+\w+, ([\d.]+\w+) read", output)
    return Load(
        requests,
        failures,
        float(_found(r"Requests/sec:\s+([\d.]+)", output)),
        _milliseconds(_found(r"50%\s+(\S+)", output)),
        _milliseconds(_found(r"99%\s+(\S+)", output)),
        int(_bytes(size) / max(requests, 1)),
        spent * 1000 / max(requests, 1),
    )


def _run_wrk(server: Server, path: str, cookie: str, *, seconds: float, script: Path | None = None) -> str:
    command = [
        wrk(),
        "--latency",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{int(seconds)}s",
        "-H",
        f"Cookie: {cookie}",
        *(["-s", str(script)] if script else []),
        server.url + path,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if not match:
        raise RuntimeError(f"wrk said nothing of {pattern}:\n{text}")
    return match[1]


def _milliseconds(text: str) -> float:
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if not match:
        raise RuntimeError(f"wrk said {text!r} where a time was expected")
    return float(match[1]) * UNITS[match[2]]


def _bytes(text: str) -> float:
    match = re.fullmatch(r"([\d.]+)([KMG]?)B", text)
    if not match:
        raise RuntimeError(f"wrk said {text!r} where a size was expected")
    return float(match[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[match[2]]
