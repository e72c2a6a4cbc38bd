"""Other programs, running: the emulator, and sites that log in there."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

START_LIMIT = 60.0
"""How long a program may take until it answers, in seconds, on the slowest machine."""


class Emulator(NamedTuple):
    """An emulator that runs: where, and its accounts by kind."""

    base_url: str
    accounts: dict[str, dict[str, str]]

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """Ask for something that its control page can do."""
        url = f"{self.base_url}/_emulator/{name}"
        answer = httpx.request(method, url, json=body, trust_env=False)
        return answer.raise_for_status().json()

    def openid_of(self, user: dict[str, Any]) -> str:
        """Who a user is to the official account."""
        openid: str = user["openids"][self.accounts["official_account"]["appid"]]
        return openid


def path_of(variable: str) -> str:
    """The path of a program of the repository."""
    if variable not in os.environ:
        message = f"{variable} is not set: check.sh builds what the tests talk to, and sets it"
        raise pytest.UsageError(message)
    return os.environ[variable]


@contextmanager
def emulator(*arguments: str) -> Generator[Emulator]:
    """Run an emulator, which ends with the block."""
    command = [path_of("WECHAT_OAUTH_COMMAND"), "emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as program:
        try:
            assert program.stdout is not None
            told: dict[str, Any] = json.loads(program.stdout.readline())
            accounts = {account["kind"]: account for account in told["accounts"]}
            yield Emulator(told["base_url"], accounts)
        finally:
            program.terminate()


def misbehaved(emulator: Emulator, name: str, endpoint: str) -> None:
    """Let it do something wrong, once."""
    emulator.control("POST", "faults", {"name": name, "endpoint": endpoint, "next": 1})


@contextmanager
def site(arguments: list[str], port: int, environment: Mapping[str, str]) -> Generator[None]:
    """Run a module of Python that serves at a port of this machine."""
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(command, env={**os.environ, **environment}) as program:
        try:
            limit = time.monotonic() + START_LIMIT
            while not answers(port):
                assert program.poll() is None, "it ended"
                assert time.monotonic() < limit, "it does not answer"
                time.sleep(0.05)
            yield
        finally:
            program.terminate()


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Wire:
    """A server of bytes: each connection is handled in a thread, request by request."""

    def __init__(self, answer: Callable[[socket.socket, str], None]) -> None:
        self.heads: list[str] = []
        self.connections = 0
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.base_url = f"http://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    byte = connection.recv(1)
                    if not byte:
                        return
                    head += byte
                self.heads.append(head.decode("ascii"))
                self._answer(connection, self.heads[-1])

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


@contextmanager
def wire(answer: Callable[[socket.socket, str], None]) -> Generator[Wire]:
    """Serve bytes until the block ends."""
    server = Wire(answer)
    try:
        yield server
    finally:
        server.close()


def http(body: bytes, *headers: str, status: int = 200) -> bytes:
    """Write an answer."""
    lines = [f"HTTP/1.1 {status} Some Words", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
