"""What the clients hold to, besides the list of the transports."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
import os
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import traceback
import warnings
from typing import TYPE_CHECKING, Any
from unittest import mock

import anyio
import pytest
from conformance import CLIENTS, drive, listening, said_by, told_by
from servers import Wire, http, wire
from wechat_oauth import (
    App,
    AsyncClient,
    Call,
    Client,
    Code,
    ConfigurationError,
    Flow,
    Grant,
    MalformedAnswer,
    MisuseError,
    Person,
    Refused,
    Snapshot,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SECRET, CODE, TOKEN = "5ecre7" * 5, "c0de" * 8, "70ken" * 12
OPENID = "o" + "6" * 27
LONG = 25.0
"""A deadline that no answer here comes close to."""
SHORT = 0.3
"""One for an answer that never comes."""

EXCHANGED = {
    "access_token": TOKEN,
    "expires_in": 7200,
    "refresh_token": TOKEN[::-1],
    "openid": OPENID,
    "scope": "snsapi_userinfo",
}
PROFILE = {"openid": OPENID, "nickname": "Lily", "sex": 0, "headimgurl": ""}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=("blocking", "asyncio"))
def twice(request: pytest.FixtureRequest) -> str:
    """The two ways that are made differently."""
    return str(request.param)


@pytest.fixture(autouse=True)
def environment() -> Generator[None]:
    """No proxy but what a test sets."""
    left = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with mock.patch.dict(os.environ, left, clear=True):
        yield


def app_at(base_url: str | None) -> App:
    return App.official_account("wx0123456789abcdef", SECRET, base_url=base_url)


def exchange(app: App) -> Call[Grant | Snapshot]:
    return app.exchange(Code.received_without_state(CODE, "snsapi_userinfo"))


def sign_in(app: App) -> Flow[Person | Snapshot]:
    return app.sign_in(Code.received_without_state(CODE, "snsapi_userinfo"))


def wechat(*headers: str) -> Callable[[socket.socket, str], None]:
    """Answer as WeChat does."""

    def answer(connection: socket.socket, head: str) -> None:
        body = PROFILE if "/sns/userinfo" in head else EXCHANGED
        connection.sendall(http(json.dumps(body).encode(), *headers))

    return answer


def nothing_secret(text: str) -> bool:
    return not any(secret in text for secret in (SECRET, CODE, TOKEN, TOKEN[::-1]))


def test_a_request_says_no_more_than_it_has_to(client: str) -> None:
    cookie = "Set-Cookie: seen=1; Path=/"
    with wire(wechat(cookie)) as server:
        drive(app_at(server.base_url), sign_in(app_at(server.base_url)), client)
    assert len(server.heads) == 2
    for head in server.heads:
        names = [line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line]
        assert sorted(names) == ["accept", "accept-encoding", "host", "user-agent"]
        assert "\r\nAccept-Encoding: identity\r\n" in head
    assert server.connections == 1, "the profile is asked for where the exchange was"


def test_threads_share_a_client() -> None:
    people: list[Person | Snapshot] = []
    with wire(wechat()) as server, Client(app := app_at(server.base_url), timeout=LONG) as client:

        def log_in() -> None:
            people.append(client.run(sign_in(app)))

        run = [threading.Thread(target=log_in) for _ in range(32)]
        for thread in run:
            thread.start()
        for thread in run:
            thread.join()
    assert [person.openid for person in people if isinstance(person, Person)] == [OPENID] * 32


def test_what_is_for_another_host_is_not_sent(twice: str) -> None:
    with wire(wechat()) as server:
        for work in (exchange, sign_in):
            with pytest.raises(ConfigurationError) as raised:
                drive(app_at(None), work(app_at(server.base_url)), twice)
            assert raised.value.reason == "other_host"
    assert server.connections == 0


def test_what_is_being_sent_is_not_sent_by_another_thread() -> None:
    first, go_on = threading.Event(), threading.Event()

    def answer(connection: socket.socket, head: str) -> None:
        first.set()
        go_on.wait()
        wechat()(connection, head)

    with wire(answer) as server, Client(app := app_at(server.base_url), timeout=LONG) as client:
        flow, people = sign_in(app), list[Any]()
        thread = threading.Thread(target=lambda: people.append(client.run(flow)))
        thread.start()
        assert first.wait(LONG)
        with pytest.raises(MisuseError) as raised:
            client.run(flow)
        go_on.set()
        thread.join()
    assert raised.value.reason == "not_done"
    assert [person.openid for person in people] == [OPENID]
    assert len(server.heads) == 2


def test_what_is_being_sent_is_not_sent_by_another_task() -> None:
    async def twice(app: App) -> list[Any]:
        flow, call = sign_in(app), exchange(app)
        async with AsyncClient(app, timeout=LONG) as client:
            works = (client.run(flow), client.run(flow), client.send(call), client.send(call))
            return list(await asyncio.gather(*works, return_exceptions=True))

    with wire(wechat()) as server:
        came = asyncio.run(twice(app_at(server.base_url)))
    kinds = [type(each).__name__ for each in came]
    assert kinds == ["Person", "MisuseError", "Grant", "MisuseError"]
    assert len(server.heads) == 3


@pytest.mark.parametrize("timeout", [0, -1, -0.0, float("nan")])
@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_a_deadline_that_is_none_is_refused(make: type[Client], timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        make(app_at(None), timeout=timeout)
    with pytest.raises(TypeError):
        make(app_at(None), timeout="soon")  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout", [1e300, float("inf")])
def test_a_deadline_of_ages_is_one_of_a_day(twice: str, timeout: float) -> None:
    with wire(wechat()) as server:
        app = app_at(server.base_url)
        assert isinstance(drive(app, exchange(app), twice, timeout=timeout), Grant)


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_a_context_that_accepts_any_certificate_is_refused(make: type[Client]) -> None:
    lax = ssl.create_default_context()
    lax.check_hostname = False
    blind = ssl.create_default_context()
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    for context in (lax, blind):
        with pytest.raises(ConfigurationError, match="certificate") as raised:
            make(app_at(None), ssl_context=context)
        assert raised.value.reason == "client"


def test_without_httpx_it_is_said_what_to_install() -> None:
    for missing in ("httpx", "httpcore", "anyio"):
        gone: dict[str, Any] = {missing: None}
        names = [name for name in sys.modules if name.startswith(("wechat_oauth.", missing))]
        with mock.patch.dict(sys.modules, gone):
            for name in names:
                if not name.endswith(("_native", "_errors", "_names", "_tools")):
                    sys.modules.pop(name)
            sys.modules[missing] = None  # type: ignore[assignment]
            with pytest.raises(ImportError, match="pip install httpx"):
                importlib.import_module("wechat_oauth.client")


def test_a_lookup_that_never_ends_ends_at_the_deadline() -> None:
    found = threading.Event()

    def look_up(*_: Any, **__: Any) -> list[Any]:
        found.wait()
        return []

    app = App.official_account("wx0123456789abcdef", SECRET, base_url="http://localhost:1")
    with mock.patch("socket.getaddrinfo", look_up):
        with pytest.raises(TransportError) as raised:
            drive(app, exchange(app), "blocking", timeout=SHORT)
        assert (raised.value.reason, raised.value.phase) == ("timeout", "connect")
        found.set()
        for thread in threading.enumerate():
            if thread.name == "wechat-oauth-lookup":
                thread.join(LONG)
                assert not thread.is_alive()


def test_where_nobody_listens_at_an_address_the_next_is_tried() -> None:
    with wire(wechat()) as server, socket.create_server(("127.0.0.2", 0)) as dead:
        port = int(server.host.partition(":")[2])
        dead.close()
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
            for host in ("127.0.0.2", "127.0.0.1")
        ]
        whole, app = socket.getaddrinfo, app_at(f"http://localhost:{port}")

        def look_up(host: str, *rest: Any, **more: Any) -> Any:
            return addresses if host == "localhost" else whole(host, *rest, **more)

        with mock.patch("socket.getaddrinfo", look_up):
            assert isinstance(drive(app, exchange(app), "blocking", timeout=LONG), Grant)


def test_a_reset_before_tls_leaves_no_socket_open(client: str) -> None:
    class Late(ssl.SSLContext):
        """Begins TLS when the reset has come."""

        def wrap_socket(self, sock: socket.socket, *rest: Any, **more: Any) -> ssl.SSLSocket:
            hung_up = select.poll()
            hung_up.register(sock, 0)
            assert hung_up.poll(LONG * 1000)
            return super().wrap_socket(sock, *rest, **more)

    def reset() -> None:
        connection, _ = listener.accept()
        at_once = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        connection.close()

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        threading.Thread(target=reset, daemon=True).start()
        app = app_at(f"https://127.0.0.1:{listener.getsockname()[1]}")
        context = Late(ssl.PROTOCOL_TLS_CLIENT)
        with pytest.raises(TransportError) as raised:
            drive(app, exchange(app), client, ssl_context=context, timeout=LONG)
        gc.collect()
    assert raised.value.phase == "connect", "nothing was sent"
    assert not [str(warning.message) for warning in warned]


def test_an_answer_that_repeats_the_url_is_not_logged(client: str) -> None:
    def mirror(connection: socket.socket, head: str) -> None:
        target = head.split(" ")[1]
        connection.sendall(http(head.encode(), f"Location: {target}", status=302))

    def nonsense(connection: socket.socket, head: str) -> None:
        connection.sendall(head.encode())
        connection.close()

    for answer in (mirror, nonsense):
        with wire(answer) as server, listening() as log:
            app = app_at(server.base_url)
            with pytest.raises((MalformedAnswer, TransportError)) as raised:
                drive(app, exchange(app), client)
        assert "send_request_headers.complete" in log.getvalue(), "the log is listened to"
        assert nothing_secret(log.getvalue() + told_by(raised.value))
        assert len(server.heads) == 1
        # Of what was in the way, nothing hangs on the exception.
        assert (raised.value.__cause__, raised.value.__context__) == (None, None)


def test_other_users_of_httpcore_keep_their_log() -> None:
    import httpcore

    with wire(wechat()) as server, listening() as log, httpcore.ConnectionPool() as pool:
        pool.request("GET", server.base_url)
    assert "receive_response_headers.complete" in log.getvalue()
    assert logging.getLogger("httpcore.http11").filters


def test_a_refusal_is_raised_with_nothing_behind_it(client: str) -> None:
    def refuse(connection: socket.socket, head: str) -> None:
        del head
        connection.sendall(http(b'{"errcode":40029,"errmsg":"invalid code, rid: 1-2-3"}'))

    with wire(refuse) as server, listening() as log, pytest.raises(Refused) as raised:
        drive(app_at(server.base_url), sign_in(app_at(server.base_url)), client)
    assert (raised.value.errcode, raised.value.__context__) == (40029, None)
    assert nothing_secret(told_by(raised.value) + log.getvalue())


def test_a_task_that_is_cancelled_sends_its_code_to_nobody_else() -> None:
    asked = threading.Event()

    def hang(connection: socket.socket, head: str) -> None:
        del head
        asked.set()
        connection.recv(1)

    async def cancelled(server: Wire) -> None:
        app = app_at(server.base_url)
        flow, call = sign_in(app), exchange(app)
        async with AsyncClient(app, timeout=LONG) as client:
            for work in (client.run(flow), client.send(call)):
                asked.clear()
                task = asyncio.ensure_future(work)
                while not asked.is_set():
                    await asyncio.sleep(0.01)
                task.cancel()
                with pytest.raises(asyncio.CancelledError) as raised:
                    await task
                assert nothing_secret("".join(map(repr, raised.value.args)))
            with pytest.raises(TransportError) as lost:
                await client.run(flow)
            assert lost.value.advice == "restart_authorization"

    with wire(hang) as server:
        asyncio.run(cancelled(server))
    assert len(server.heads) == 2


def test_what_is_interrupted_sends_its_code_to_nobody_else() -> None:
    main = threading.main_thread()

    def interrupt(connection: socket.socket, head: str) -> None:
        del head
        signal.pthread_kill(main.ident or 0, signal.SIGINT)
        connection.recv(1)

    # What is started in the background ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with (
            wire(interrupt) as server,
            Client(app := app_at(server.base_url), timeout=LONG) as client,
        ):
            flow = sign_in(app)
            with pytest.raises(KeyboardInterrupt):
                client.run(flow)
            with pytest.raises(TransportError) as raised:
                client.run(flow)
            assert (raised.value.reason, raised.value.phase) == ("other", "request")
        assert len(server.heads) == 1
    finally:
        signal.signal(signal.SIGINT, before)


def shown_by_variables(error: BaseException | None) -> str:
    """Write down what monitoring tools show: the variables of each function on the way."""
    told = ""
    while error is not None:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        told += "\n".join(repr(frame.f_locals) for frame in frames)
        error = error.__cause__ or error.__context__
    return told


def test_what_ends_a_worker_shows_no_url() -> None:
    main = threading.main_thread()

    def end(connection: socket.socket, head: str) -> None:
        del head
        signal.pthread_kill(main.ident or 0, signal.SIGUSR1)
        connection.recv(1)

    def leave(*_: object) -> None:
        raise SystemExit(1)

    before = signal.signal(signal.SIGUSR1, leave)
    try:
        with wire(end) as server, Client(app := app_at(server.base_url), timeout=LONG) as client:
            for send in (lambda: client.run(sign_in(app)), lambda: client.send(exchange(app))):
                with pytest.raises(SystemExit) as raised:
                    send()
                assert raised.traceback[-1].name == "_once"
                assert nothing_secret(shown_by_variables(raised.value))
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_cancels_a_task_shows_no_url(twice: str) -> None:
    backend = "trio" if twice == "blocking" else "asyncio"
    asked = threading.Event()
    ends: list[BaseException] = []

    def hang(connection: socket.socket, head: str) -> None:
        del head
        asked.set()
        connection.recv(1)

    async def ask(app: App) -> None:
        async with AsyncClient(app, timeout=LONG) as client:
            try:
                await client.run(sign_in(app))
            except BaseException as error:
                ends.append(error)
                raise

    async def cancelled(app: App) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, app)
            while not asked.is_set():
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    with wire(hang) as server:
        anyio.run(cancelled, app_at(server.base_url), backend=backend)
    assert len(ends) == 1
    assert nothing_secret(shown_by_variables(ends[0]))


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_process_that_is_forked_has_connections_of_its_own() -> None:
    with wire(wechat()) as server, Client(app := app_at(server.base_url), timeout=LONG) as client:
        client.run(sign_in(app))
        child = os.fork()
        if child == 0:
            signed_in = False
            try:
                signed_in = isinstance(client.run(sign_in(app)), Person)
            finally:
                os._exit(0 if signed_in else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert server.connections == 2
        client.run(sign_in(app))
        assert server.connections == 2, "the first is still the first process's"


def test_event_loops_share_a_client() -> None:
    loops = [asyncio.new_event_loop() for _ in range(2)]
    with wire(wechat()) as server:
        app = app_at(server.base_url)
        client = AsyncClient(app, timeout=LONG)
        # Each keeps a connection open while the other logs in.
        for loop in (*loops, *loops):
            assert isinstance(loop.run_until_complete(client.run(sign_in(app))), Person)
        assert server.connections == len(loops)
        for loop in loops:
            loop.run_until_complete(client.aclose())
            loop.close()


def proxied(server: Wire, client: str, **options: Any) -> TransportError:
    """Send an exchange to WeChat's own host, which a proxy in between does not let happen."""
    app = app_at(None)
    with pytest.raises(TransportError) as raised:
        drive(app, exchange(app), client, **options)
    assert server.heads[0].startswith("CONNECT api.weixin.qq.com:443 HTTP/1.1\r\n")
    assert raised.value.phase == "connect", "nothing of ours was sent"
    return raised.value


def forbid(connection: socket.socket, head: str) -> None:
    del head
    connection.sendall(http(b"", status=407))


def test_a_proxy_that_is_given_is_asked(twice: str) -> None:
    with wire(forbid) as server, listening() as log:
        url = f"http://user:pa55word@{server.host}"
        error = proxied(server, twice, proxy=url, timeout=LONG)
    assert error.reason == "proxy"
    assert "Proxy-Authorization: Basic dXNlcjpwYTU1d29yZA==" in server.heads[0]
    said = log.getvalue() + told_by(error)
    assert "pa55word" not in said
    assert "dXNlcjpwYTU1d29yZA" not in said
    assert nothing_secret(said + server.heads[0])


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_asked(name: str) -> None:
    with wire(forbid) as server, mock.patch.dict(os.environ, {name: server.base_url}):
        assert proxied(server, "blocking", timeout=LONG).reason == "proxy"


def test_a_proxy_that_drips_is_held_to_the_deadline(twice: str) -> None:
    def drip(connection: socket.socket, head: str) -> None:
        del head
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-Header: 1\r\n")
            time.sleep(0.02)

    with wire(drip) as server:
        error = proxied(server, twice, proxy=server.base_url, timeout=SHORT)
    assert error.reason == "timeout"


def test_what_the_environment_exempts_is_not_sent_to_its_proxy() -> None:
    # Nobody is asked: the lookup fails.
    failure = socket.gaierror(socket.EAI_NONAME, "no such name")
    with wire(forbid) as server, mock.patch("socket.getaddrinfo", side_effect=failure):
        exempt = {"HTTPS_PROXY": server.base_url, "NO_PROXY": "weixin.qq.com"}
        for variables, trust in ((exempt, True), ({"HTTPS_PROXY": server.base_url}, False)):
            with mock.patch.dict(os.environ, variables), pytest.raises(TransportError) as raised:
                drive(app_at(None), exchange(app_at(None)), "blocking", trust_env=trust)
            assert raised.value.reason == "resolve"
    assert server.connections == 0


def test_what_stays_on_this_machine_is_sent_to_no_proxy(twice: str) -> None:
    with wire(forbid) as proxy, wire(wechat()) as server:
        app = app_at(server.base_url)
        everywhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy.base_url)
        with mock.patch.dict(os.environ, everywhere):
            assert isinstance(drive(app, exchange(app), twice, proxy=proxy.base_url), Grant)
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:1", "socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://", "http://a:b:c"],
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    url = url.replace("://", "://user:pa55word@")
    with pytest.raises(ConfigurationError, match="proxy") as raised:
        Client(app_at(None), proxy=url)
    assert raised.value.reason == "client"
    assert "pa55word" not in said_by(raised.value)


def test_a_client_shows_where_it_sends_to() -> None:
    assert repr(Client(app_at(None))) == "Client(https://api.weixin.qq.com)"
    assert repr(AsyncClient(app_at(None))) == "AsyncClient(https://api.weixin.qq.com)"
