"""The exceptions: one class for each party that can be at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ._names import Advice

if TYPE_CHECKING:
    from ._native import Failure, Grant, Pending


class WechatOAuthError(Exception):
    """Why something did not go on. Catch it to catch all that this package raises.

    ======================  ==============================  ======================================
    class                   whose problem                   what to do
    ======================  ==============================  ======================================
    ``ConfigurationError``  the caller's                    fix the configuration
    ``CallbackError``       the browser's, or its user's    show a page
    ``Refused``             WeChat said no                  ``advice``
    ``MalformedAnswer``     the answer cannot be read       ``advice``
    ``TransportError``      no answer came                  ``advice``
    ``ProfileUnread``       one of the above, and the       the person is known: ask for the
                            grant is good                   profile later
    ``MisuseError``         the program's                   fix the program
    ======================  ==============================  ======================================

    Neither the message nor ``repr`` holds a secret, a token, a code, or a URL that carries one.
    """

    def __init__(self, failure: Failure) -> None:
        """Exceptions are made by this package; a test gets one by giving a ``Call`` an answer."""
        super().__init__(str(failure))
        self._failure = failure

    @property
    def kind(self) -> str:
        """The layer.

        One of ``configuration``, ``callback``, ``refused``, ``malformed``, ``transport`` and
        ``misuse``.
        """
        return self._failure.kind

    @property
    def reason(self) -> str:
        """A short name for programs and logs: ``state_mismatch``, ``invalid_code``, ``timeout``."""
        return self._failure.reason

    @property
    def advice(self) -> Advice:
        """What the program should do next."""
        return Advice(self._failure.advice)

    @property
    def document(self) -> str:
        """The error as JSON, as the command line prints it: ``{"error":{...}}``, no secrets."""
        return self._failure.document

    def expose_document(self) -> str:
        """Give ``{"error":{...},"advice":"..."}``, and what the error gives back **in the open**.

        That is ``"pending"`` of a ``CallbackError``, ``"grant"`` and ``"stored_grant"`` of a
        ``ProfileUnread``: the same JSON in every language that has this library.
        """
        return self._failure.expose_document()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: what the error gives back would be shown."""
        message = f"a {type(self).__name__} cannot be pickled: keep its document"
        raise TypeError(message)


class ConfigurationError(WechatOAuthError):
    """The program asked for something that cannot work. Nothing was sent."""


class CallbackError(WechatOAuthError):
    """The callback did not finish the login. Nothing was sent, and nothing of it is in here.

    ``reason`` is one of ``state_missing``, ``state_empty``, ``state_mismatch``, ``state_repeated``,
    ``denied``, ``code_empty``, ``code_repeated``, ``code_too_long``, ``code_alphabet``,
    ``bad_encoding``, ``query_too_long``, ``appid_missing`` and ``appid_mismatch``.
    """

    @property
    def pending(self) -> Pending | None:
        """The login, which still waits, when the callback did not bring its state."""
        return self._failure.pending


class Refused(WechatOAuthError):  # noqa: N818 - WeChat's word, and no fault
    """WeChat answered with an error code."""

    @property
    def errcode(self) -> int:
        """WeChat's error code, never 0."""
        return self._failure.errcode or 0

    @property
    def name(self) -> str | None:
        """The code's name, if it is a known one: ``invalid_code``."""
        return self._failure.name

    @property
    def message(self) -> str:
        """WeChat's message, exactly. It changes over the years: show it, and decide by the code."""
        return self._failure.message or ""

    @property
    def request_id(self) -> str | None:
        """WeChat's id of the request (``rid``), which its support asks for."""
        return self._failure.request_id

    @property
    def operation(self) -> str:
        """The call that was refused."""
        return self._failure.operation or ""


class MalformedAnswer(WechatOAuthError):  # noqa: N818 - an answer, and no fault of ours
    """WeChat, or something in its place, sent what cannot be read. Nothing of it is in here."""

    @property
    def status(self) -> int:
        """The HTTP status that it came with."""
        return self._failure.status or 0

    @property
    def line(self) -> int | None:
        """The line, from 1, if the fault has a place."""
        return self._failure.line

    @property
    def column(self) -> int | None:
        """The column in bytes, from 1, if the fault has a place."""
        return self._failure.column

    @property
    def field(self) -> str | None:
        """The field at fault, if it is one."""
        return self._failure.field

    @property
    def operation(self) -> str:
        """The call whose answer it was."""
        return self._failure.operation or ""


class TransportError(WechatOAuthError):
    """No answer came.

    ``reason`` is one of ``resolve``, ``connect``, ``tls``, ``timeout``, ``closed``, ``protocol``,
    ``proxy`` and ``other``.
    """

    @property
    def phase(self) -> str:
        """How far the request had got: ``connect`` (nothing was sent), ``request`` or ``body``."""
        return self._failure.phase or ""

    @property
    def operation(self) -> str:
        """The call whose answer is missing."""
        return self._failure.operation or ""


class ProfileUnread(WechatOAuthError):  # noqa: N818 - the sign-in went well
    """The exchange said who it is, then the profile could not be read.

    The reason says nothing against the person or the grant: WeChat was busy or out of reach, or the
    answer made no sense. ``kind``, ``reason`` and ``advice`` are the cause's.
    """

    @property
    def grant(self) -> Grant:
        """What the exchange yielded (renewed, if the sign-in had to renew it). It is good."""
        grant = self._failure.grant
        assert grant is not None  # noqa: S101 - of this exception's failures, each has one
        return grant

    @property
    def cause(self) -> WechatOAuthError:
        """Why the profile could not be read."""
        return self._failure.cause or self


class MisuseError(WechatOAuthError):
    """The package was used in a way that cannot work. Nothing was sent.

    ``reason`` is one of ``not_sending``, ``not_waiting``, ``not_done``, ``finished``,
    ``code_used``, ``not_readable``, ``not_utf8``, ``too_large``, ``out_of_range``, ``no_entropy``;
    or ``panicked``, a fault in this package: please report it.
    """


for _class in (
    WechatOAuthError,
    ConfigurationError,
    CallbackError,
    Refused,
    MalformedAnswer,
    TransportError,
    ProfileUnread,
    MisuseError,
):
    _class.__module__ = "wechat_oauth"
