"""The program `cases`, which has the list that every client is held to, and what it is told.

Its protocol is described in `tests/src/lines.rs` of the repository.
"""

from __future__ import annotations

import io
import json
import logging
import socket
import ssl
import subprocess
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import anyio
import documents
import trio.socket
from documents import Outcome
from servers import path_of
from wechat_oauth import App, Call, Code, Flow, Grant, Person, WechatOAuthError
from wechat_oauth.client import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Generator

_T = TypeVar("_T")

CLIENTS = ("blocking", "asyncio", "trio")
"""The ways to send."""


class Cases:
    """The program, running, and the client that plays what it has."""

    def __init__(self, client: str) -> None:
        self.client = client
        command = path_of("WECHAT_OAUTH_CASES")
        self._program = subprocess.Popen(
            [command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def ask(self, line: dict[str, Any]) -> dict[str, Any]:
        """Write a line and read the one that answers it."""
        stdin, stdout = self._program.stdin, self._program.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(line) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer

    def names(self) -> list[str]:
        """Everything on the list."""
        names: list[str] = self.ask({"list": True})["names"]
        return names

    def play(self, name: str) -> dict[str, Any]:
        """Do what the program asks for until it gives its verdict."""
        line = self.ask({"start": name})
        while "do" in line:
            document, said = came_of(line, self.client)
            line = self.ask({"result": document, "said": said})
        return line

    def stop(self) -> None:
        """End it."""
        with self._program as program:
            program.kill()


def came_of(task: dict[str, Any], client: str) -> tuple[str, str]:
    """Do a task: the document of what came, and everything that was said meanwhile."""
    with listening() as log:
        try:
            result = do(task, client)
        except WechatOAuthError as error:
            document, said = error.expose_document(), told_by(error)
        else:
            document = documents.outcome(result, signed_in="sign_in" in task["do"])
            said = f"{result}\n{result!r}"
            if isinstance(result, Person) and result.profile:
                said += f"\n{result.profile!r}"
    return document, f"{said}\n{log.getvalue()}"


def do(task: dict[str, Any], client: str) -> Outcome:
    """Do a task."""
    app = app_of(task["app"])
    [(what, given)] = task["do"].items()
    if what in ("sign_in", "exchange"):
        argument: Any = Code.received_without_state(given["code"], given["scope"])
    else:
        argument = Grant.from_storage(json.dumps(given["stored"]))
    work: Call[Outcome] = getattr(app, what)(argument)
    options: dict[str, Any] = {"timeout": task["timeout_ms"] / 1000}
    if task["root_pem"]:
        # Not Python's default context, which wants more of a certificate from 3.13 on.
        options["ssl_context"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        options["ssl_context"].load_verify_locations(cadata=task["root_pem"])
    with no_names() if task["no_names"] else nothing():
        return drive(app, work, client, **options)


def drive(app: App, work: Call[_T] | Flow[_T], client: str, **options: Any) -> _T:
    """Send a call or run a flow by a client of its own."""
    if client == "blocking":
        with Client(app, **options) as blocking:
            return blocking.run(work) if isinstance(work, Flow) else blocking.send(work)

    async def done() -> _T:
        async with AsyncClient(app, **options) as sender:
            return await (sender.run(work) if isinstance(work, Flow) else sender.send(work))

    return anyio.run(done, backend=client)


def app_of(options: dict[str, Any]) -> App:
    """Make an application of the options that every language takes."""
    appid, base_url = options["appid"], options["base_url"]
    if options["account"] == "component":
        component = options["component_appid"], options["component_access_token"]
        return App.component(appid, *component, base_url=base_url)
    make = App.official_account if options["account"] == "official_account" else App.website_app
    return make(appid, options["secret"], base_url=base_url)


def told_by(error: BaseException) -> str:
    """Write down all that an exception says, with what hangs on it and what it went through."""
    # Monitoring tools show the variables of each function on the way.
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if "wechat_oauth" in frame.f_code.co_filename]
    return "\n".join([said_by(error), *(repr(frame.f_locals) for frame in ours)])


def said_by(error: BaseException) -> str:
    """Write down all that an exception says, with what hangs on it."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    told = [str(error), repr(error), repr(error.args), "".join(lines)]
    for chained in (error.__cause__, error.__context__):
        if chained is not None:
            told.append(said_by(chained))
    return "\n".join(told)


@contextmanager
def listening() -> Generator[io.StringIO]:
    """Write down what everybody logs."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@contextmanager
def nothing() -> Generator[None]:
    """Change nothing."""
    yield


@contextmanager
def no_names() -> Generator[None]:
    """Let every lookup of a name fail."""
    failure = socket.gaierror(socket.EAI_NONAME, "no such name")
    with (
        mock.patch("socket.getaddrinfo", side_effect=failure),
        mock.patch.object(trio.socket, "getaddrinfo", side_effect=failure),
    ):
        yield
