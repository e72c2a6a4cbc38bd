"""What the clients are made of: one deadline for a request, and errors without what they quote.

They talk through httpcore, the lower half of httpx, and not through its upper half: that logs every
URL, monitoring tools hook into it to record every URL, and its only deadline begins anew with each
byte that comes.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import ssl
import threading
import time
import traceback
import urllib.request
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict, TypeVar, Union

import httpcore
import httpx

from ._errors import WechatOAuthError
from ._native import MAX_BODY, VERSION, api_of, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from ._native import App, Call, Flow

    Tell = Callable[["Reason", "Phase"], object]

_T = TypeVar("_T")

MAX_TIMEOUT = 24 * 60 * 60.0
"""The longest deadline, in seconds; a longer one counts as this. Nobody waits for a day."""

KEEPALIVE = 5.0
"""How long an idle connection is kept, in seconds: until the login's next request. The longer, the
likelier a code is lost in a connection that the other side is closing."""

KEPT = 10
"""How many idle connections are kept."""

HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", f"wechat-oauth/{VERSION}"),
)

_HARMLESS = ("connect_tcp.", "start_tls.", "send_request_", "response_closed.", "close.")
"""How the lines of httpcore's log begin that quote neither an answer nor a password."""


Reason = Literal["resolve", "connect", "tls", "timeout", "closed", "protocol", "proxy", "other"]
Phase = Literal["connect", "request", "body"]


class Lost(NamedTuple):
    """Why no answer came, and how far the request had got."""

    reason: Reason
    phase: Phase

    def tell(self, read: Callable[[int, bytes], _T], lost: Callable[[Reason, Phase], _T]) -> _T:
        """Tell a call or a flow."""
        del read
        return lost(self.reason, self.phase)


class Answer:
    """What came. It shows nothing of it to those who show the variables of a traceback."""

    def __init__(self, status: int) -> None:
        """Begin with an empty body."""
        self._status = status
        self._body = bytearray()

    def add(self, chunk: bytes) -> None:
        """Add to the body what there is room for."""
        self._body += chunk[: MAX_BODY + 1 - len(self._body)]

    @property
    def is_full(self) -> bool:
        """Whether that is enough: one byte too many shows that there are too many."""
        return len(self._body) > MAX_BODY

    def tell(self, read: Callable[[int, bytes], _T], lost: Callable[[Reason, Phase], _T]) -> _T:
        """Tell a call or a flow."""
        del lost
        return read(self._status, bytes(self._body))


Outcome = Union[Lost, Answer]


class Progress:
    """How far a request has got, as httpcore tells it."""

    phase: Phase = "connect"

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Hear of an event. A proxy is sent a request of its own before, which is not ours."""
        if event == "http11.send_request_headers.started" and info["request"].method == b"GET":
            self.phase = "request"

    async def note_async(self, event: str, info: dict[str, Any]) -> None:
        """Hear of an event."""
        self.note(event, info)


_sent: dict[int, object] = {}
"""What is being sent, by its id."""


@contextlib.contextmanager
def alone(work: Call[Any] | Flow[Any], app: App) -> Generator[None]:
    """Refuse what is for another API host than the client's, and what is being sent already.

    Two threads or tasks would send the code twice, and take each other's answers.
    """
    if not work.is_for(app):
        refuse("host")
    mine = object()
    if _sent.setdefault(id(work), mine) is not mine:
        refuse("sent")
    try:
        yield
    finally:
        del _sent[id(work)]


def not_again(error: BaseException, lost: Tell) -> BaseException:
    """End the call or flow whose request is ended from outside, by Ctrl-C or a cancelled task.

    WeChat may have acted on it, so nobody sends it again. The traceback ends here: the variables of
    what it went through show the URL to monitoring tools.
    """
    with contextlib.suppress(WechatOAuthError):
        lost("other", "request")
    error.__context__ = None
    return error.with_traceback(None)


class Settings(TypedDict):
    """What a pool of connections is made with."""

    ssl_context: ssl.SSLContext
    proxy: httpcore.Proxy | None
    max_connections: int | None
    max_keepalive_connections: int
    keepalive_expiry: float


def settings(
    app: App, ssl_context: ssl.SSLContext | None, proxy: str | None, *, trust_env: bool
) -> Settings:
    """Judge what the caller gave, and make settings of it."""
    if ssl_context is None:
        ssl_context = httpx.create_ssl_context(trust_env=trust_env)
    if ssl_context.verify_mode != ssl.CERT_REQUIRED or not ssl_context.check_hostname:
        refuse("certificates")
    return {
        "ssl_context": ssl_context,
        "proxy": _proxy(app, proxy, trust_env=trust_env),
        # Each thread or task gets one at once: to wait for another's is no use to anybody.
        "max_connections": None,
        "max_keepalive_connections": KEPT,
        "keepalive_expiry": KEEPALIVE,
    }


def _proxy(app: App, url: str | None, *, trust_env: bool) -> httpcore.Proxy | None:
    origin, on_this_machine = api_of(app)
    if on_this_machine:
        return None
    if url is None and trust_env and not urllib.request.proxy_bypass(origin.partition("://")[2]):
        proxies = urllib.request.getproxies()
        url = proxies.get("https") or proxies.get("all")
    if not url:
        return None
    # The error has the URL in it, which may have a password in it.
    with contextlib.suppress(ValueError, httpx.InvalidURL):
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
        # Of the other kinds of proxies, some begin the deadline anew.
        if proxy.url.scheme == "http" and proxy.url.host:
            return httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth)
    return refuse("proxy")


def seconds(timeout: float) -> float:
    """Judge a deadline."""
    if not timeout > 0:
        refuse("timeout")
    return min(timeout, MAX_TIMEOUT)


class Backend(httpcore.NetworkBackend):
    """Blocking sockets. What httpcore calls a timeout is a time here, by the monotonic clock."""

    def __init__(self) -> None:
        """Wrap httpcore's own."""
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of the host. None gets more than its share of the time that is left."""
        addresses = _addresses(host, port, timeout)
        for untried in range(len(addresses), 0, -1):
            share = _left(timeout, httpcore.ConnectTimeout) / untried
            address = addresses[-untried]
            try:
                stream = self._backend.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if untried == 1:
                    raise
            else:
                return _Stream(stream)
        raise httpcore.ConnectError


class _Stream(httpcore.NetworkStream):
    """A connection, each of whose waits ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        try:
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))
        except httpcore.ConnectError as error:
            _close_half_made(error)
            raise

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own
        return self._stream.get_extra_info(info)


def _close_half_made(error: httpcore.ConnectError) -> None:
    """Close what Python's ``ssl`` (3.11's, for one) leaves open where TLS begins after a reset.

    It is a socket that only the traceback knows.
    """
    cause = error.__cause__ or error
    for frame, _ in traceback.walk_tb(cause.__traceback__):
        half_made = frame.f_locals.get("self")
        if isinstance(half_made, ssl.SSLSocket):
            half_made.close()


def _left(deadline: float | None, timed_out: type[httpcore.TimeoutException]) -> float:
    left = (deadline or 0.0) - time.monotonic()
    if left <= 0:
        raise timed_out
    return left


def _addresses(host: str, port: int, deadline: float | None) -> list[str]:
    """Look the name up, in a thread that is left alone at the deadline: nobody can end it."""
    found: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except Exception as error:  # raised where somebody waits
            found.put(error)
        else:
            found.put([str(entry[4][0]) for entry in entries])

    threading.Thread(target=look_up, name="wechat-oauth-lookup", daemon=True).start()
    try:
        addresses = found.get(timeout=_left(deadline, httpcore.ConnectTimeout))
    except queue.Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(addresses, Exception):
        failed = httpcore.ConnectError()
        # httpcore takes the cause away, and leaves the context.
        failed.__context__ = addresses
        raise failed
    return addresses


def stripped(error: BaseException, phase: Phase) -> Lost:
    """Tell what an error means, and nothing that it quotes.

    ``connect`` is the phase only where nothing was sent.
    """
    if isinstance(error, httpcore.TimeoutException):
        return Lost("timeout", phase)
    if isinstance(error, httpcore.ProxyError):
        return Lost("proxy", phase)
    if isinstance(error, httpcore.RemoteProtocolError):
        # An early end has no exception of its own; where its words change, it counts as no HTTP.
        ended = str(error).startswith(("Server disconnected", "peer closed connection"))
        return Lost("closed" if ended else "protocol", phase)
    cause: BaseException | None = error
    while cause is not None:
        for kind, reason in _REASONS:
            if isinstance(cause, kind):
                return Lost(reason, phase)
        cause = cause.__cause__ or cause.__context__
    if phase == "connect":
        return Lost("connect", phase)
    broke = isinstance(error, (httpcore.ReadError, httpcore.WriteError))
    return Lost("closed" if broke else "other", phase)


_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (socket.gaierror, "resolve"),
    (ConnectionRefusedError, "connect"),
    # The end of a connection in the midst of TLS, which is an `SSLError` too.
    (ssl.SSLEOFError, "closed"),
    (ConnectionError, "closed"),
    (ssl.SSLError, "tls"),
)


_asking: ContextVar[bool] = ContextVar("wechat_oauth_asking", default=False)


@contextlib.contextmanager
def quietly() -> Generator[None]:
    """Keep httpcore's log, which anybody may turn on, from quoting answers: see ``_HARMLESS``."""
    _asking.set(True)
    try:
        yield
    finally:
        _asking.set(False)


def _is_harmless(record: logging.LogRecord) -> bool:
    return not _asking.get() or record.getMessage().startswith(_HARMLESS)


for _part in ("connection", "http11", "proxy"):
    logging.getLogger(f"httpcore.{_part}").addFilter(_is_harmless)
