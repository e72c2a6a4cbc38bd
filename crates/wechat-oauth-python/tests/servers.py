"""Other programs, running: the emulator, and sites that log in there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

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


@contextmanager
def emulator(*arguments: str) -> Generator[Emulator]:
    """Run an emulator, which ends with the block."""
    command = [os.environ["WECHAT_OAUTH_COMMAND"], "emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as program:
        try:
            assert program.stdout is not None
            told: dict[str, Any] = json.loads(program.stdout.readline())
            accounts = {account["kind"]: account for account in told["accounts"]}
            yield Emulator(told["base_url"], accounts)
        finally:
            program.terminate()


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
