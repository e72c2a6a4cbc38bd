"""``Client`` and ``AsyncClient``: they send what a call or a flow says, wait, and time out.

Both hold to the same, whatever the environment says:

* One deadline for a whole request, from the name lookup to the last byte of the body.
* No redirect is followed, no ``Referer`` sent, no cookie kept, and no request sent twice.
* Of an answer, at most ``MAX_BODY`` + 1 bytes are kept, and nothing is decompressed.
* Requests to this machine never go through a proxy. Others go through that of ``HTTPS_PROXY`` or
  ``ALL_PROXY``, unless ``NO_PROXY`` says otherwise.
* Certificates are verified, by httpx's roots or those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``.
* Errors and logs quote neither the URL nor the answer, nor do the variables of a traceback.
"""

from __future__ import annotations

import os
import time
import weakref
from typing import TYPE_CHECKING, TypeVar

try:
    import anyio
    import httpcore
    from anyio.lowlevel import RunVar

    from ._http import (
        HEADERS,
        Answer,
        Backend,
        Lost,
        Outcome,
        Progress,
        alone,
        not_again,
        quietly,
        seconds,
        settings,
        stripped,
    )
except ImportError:
    _MISSING = "wechat_oauth.Client and AsyncClient need httpx: pip install httpx"
    raise ImportError(_MISSING) from None
from ._native import Call, Done, Flow, Wait, api_of

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self

    from ._http import Tell
    from ._native import App, Send

__all__ = ["DEFAULT_TIMEOUT", "AsyncClient", "Client"]

_T = TypeVar("_T")

DEFAULT_TIMEOUT = 5.0
"""How long one request may take, in seconds. WeChat answers within one; a person waits for it."""


class _Sender:
    """What both are made with."""

    def __init__(
        self,
        app: App,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
    ) -> None:
        """Nothing is sent yet."""
        self._app = app
        self._timeout = seconds(timeout)
        self._settings = settings(app, ssl_context, proxy, trust_env=trust_env)

    def __repr__(self) -> str:
        """Show where it sends to."""
        return f"{type(self).__name__}({api_of(self._app)[0]})"


class Client(_Sender):
    """Sends calls and runs flows, blocking, for the API host of one app, and of any app there.

    Make one at the start and keep it; threads may share it, and so may processes that are forked.
    ``timeout`` is for one request, in seconds, a day at most; the waits of a flow come on top.
    ``ssl_context`` has the root certificates to trust, and ``proxy`` is ``http://host:port``;
    without them they come from the environment, unless ``trust_env`` is false.

    Raises ``ConfigurationError`` for a context that accepts any certificate, and for a proxy or a
    timeout that is none.
    """

    _process: int | None = None
    _pool: httpcore.ConnectionPool

    def send(self, call: Call[_T]) -> _T:
        """Send a call, and read the answer to it.

        Raises ``Refused``, ``MalformedAnswer`` or ``TransportError``; ``ConfigurationError`` when
        the call is for another host; ``MisuseError`` when it is being sent already.
        """
        with alone(call, self._app):
            return self._once(call, call.lost).tell(call.read, call.lost)

    def run(self, flow: Flow[_T]) -> _T:
        """Run a flow until it is done. It sleeps where the flow says so, 3 seconds in all at most.

        Raises what stopped the flow: what ``send()`` raises, or ``ProfileUnread``.
        """
        with alone(flow, self._app):
            while not isinstance(step := flow.step(), Done):
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                    flow.waited()
                else:
                    self._once(step, flow.lost).tell(flow.answer, flow.lost)
            return flow.finish()

    def _once(self, request: Call[_T] | Send, lost: Tell) -> Outcome:
        try:
            return self._ask(request)
        except BaseException as error:  # Ctrl-C, or the end of a worker
            raise not_again(error, lost) from None

    def _ask(self, request: Call[_T] | Send) -> Outcome:
        progress = Progress()
        deadline = time.monotonic() + self._timeout
        waits = dict.fromkeys(("connect", "write", "read"), deadline)
        options = {"timeout": waits, "trace": progress.note}
        pool = self._own_pool()
        try:
            with (
                quietly(),
                pool.stream("GET", request.url, headers=HEADERS, extensions=options) as response,
            ):
                progress.phase = "body"
                answer = Answer(response.status)
                for chunk in response.iter_stream():
                    answer.add(chunk)
                    if answer.is_full:
                        break
                return answer
        except Exception as error:  # whatever it is, it may quote the URL
            return stripped(error, progress.phase)

    def _own_pool(self) -> httpcore.ConnectionPool:
        # In a connection that a forked process has too, the answer may be to the other's login.
        if self._process != os.getpid():
            self._pool = httpcore.ConnectionPool(network_backend=Backend(), **self._settings)
            weakref.finalize(self, self._pool.close)
            self._process = os.getpid()
        return self._pool

    def close(self) -> None:
        """Close the idle connections."""
        self._own_pool().close()

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the idle connections."""
        self.close()


class AsyncClient(_Sender):
    """The same for asyncio and trio.

    Event loops may share it, each with connections of its own; close it in each. A task that is
    cancelled ends its request; the code that was in it may be spent, so its call or flow is over.
    """

    async def send(self, call: Call[_T]) -> _T:
        """Send a call, and read the answer to it, as ``Client.send`` does."""
        with alone(call, self._app):
            return (await self._once(call, call.lost)).tell(call.read, call.lost)

    async def run(self, flow: Flow[_T]) -> _T:
        """Run a flow until it is done, as ``Client.run`` does."""
        with alone(flow, self._app):
            while not isinstance(step := flow.step(), Done):
                if isinstance(step, Wait):
                    await anyio.sleep(step.seconds)
                    flow.waited()
                else:
                    (await self._once(step, flow.lost)).tell(flow.answer, flow.lost)
            return flow.finish()

    async def _once(self, request: Call[_T] | Send, lost: Tell) -> Outcome:
        try:
            return await self._ask(request)
        except BaseException as error:  # a cancelled task
            raise not_again(error, lost) from None

    async def _ask(self, request: Call[_T] | Send) -> Outcome:
        progress = Progress()
        options = {"trace": progress.note_async}
        answer: Answer | None = None
        pool = self._own_pool()
        with anyio.move_on_after(self._timeout):
            try:
                with quietly():
                    async with pool.stream(
                        "GET", request.url, headers=HEADERS, extensions=options
                    ) as response:
                        progress.phase = "body"
                        answer = Answer(response.status)
                        async for chunk in response.aiter_stream():
                            answer.add(chunk)
                            if answer.is_full:
                                # Let it fail: generators that are left do not end in time.
                                stream = response.extensions["network_stream"]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                                await stream.aclose()  # pyright: ignore[reportUnknownMemberType]
                        return answer
            except Exception as error:  # whatever it is, it may quote the URL
                if answer is not None and answer.is_full:
                    return answer
                return stripped(error, progress.phase)
        return Lost("timeout", progress.phase)

    def _own_pool(self) -> httpcore.AsyncConnectionPool:
        # What one event loop waits for cannot be waited for in another.
        pools = _pools.get(None)
        if pools is None:
            _pools.set(pools := weakref.WeakKeyDictionary())
        if self not in pools:
            pools[self] = httpcore.AsyncConnectionPool(**self._settings)
        return pools[self]

    async def aclose(self) -> None:
        """Close the idle connections."""
        await self._own_pool().aclose()

    async def __aenter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the idle connections."""
        await self.aclose()


_pools: RunVar[weakref.WeakKeyDictionary[AsyncClient, httpcore.AsyncConnectionPool]]
_pools = RunVar("wechat_oauth_pools")
"""Of each event loop: its clients' connections."""

for _class in (Client, AsyncClient):
    _class.__module__ = "wechat_oauth"
