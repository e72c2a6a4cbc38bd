# The native module, as `src/lib.rs` makes it. Its docstrings are there, and shown by `help()`.

from types import GenericAlias
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    Optional,
    TypeVar,
    Union,
    final,
)

from typing_extensions import Never, Self, TypeAlias

from ._errors import Refused, WechatOAuthError
from ._names import BrowserKind, Freshness, Scope, Sex

__all__ = [
    "MAX_BODY",
    "VERSION",
    "App",
    "Call",
    "Code",
    "Done",
    "Failure",
    "Flow",
    "Grant",
    "Login",
    "Pending",
    "Person",
    "Profile",
    "Send",
    "Snapshot",
    "Validity",
    "Wait",
    "api_of",
    "browser_kind",
    "explain",
    "lint",
    "read",
    "refuse",
    "unverified_state",
]

_T = TypeVar("_T", covariant=True)

_Body: TypeAlias = Union[bytes, bytearray, memoryview, str]
_Operation: TypeAlias = Literal[
    "exchange", "refresh", "check", "profile", "component_exchange", "component_refresh"
]
_Reason: TypeAlias = Literal[
    "resolve", "connect", "tls", "timeout", "closed", "protocol", "proxy", "other"
]
_Phase: TypeAlias = Literal["connect", "request", "body"]
_ProfileLang: TypeAlias = Literal["zh_CN", "zh_TW", "en"]

MAX_BODY: Final[int]
VERSION: Final[str]

@final
class App:
    """One application: its account, its credential, and where WeChat is.

    Make one with `official_account`, `website_app` or `component`, and keep it: it
    never changes.

    `base_url` moves it to an emulator on this machine (`http://127.0.0.1:8080`), or to
    another of WeChat's API hosts (`https://api2.weixin.qq.com`).
    """

    @staticmethod
    def official_account(
        appid: str, secret: Optional[str], *, base_url: Optional[str] = None
    ) -> App:
        """A certified official account (服务号): people inside WeChat, on the official page.

        Without its secret (`None`) it builds URLs, and makes the calls that need none:
        refresh, check, profile.

        Raises `ConfigurationError`.
        """
    @staticmethod
    def website_app(appid: str, secret: Optional[str], *, base_url: Optional[str] = None) -> App:
        """A website app of the open platform (网站应用): people at a desktop, on the QR page.

        Raises `ConfigurationError`.
        """
    @staticmethod
    def component(
        appid: str,
        component_appid: str,
        component_access_token: Optional[str] = None,
        *,
        base_url: Optional[str] = None,
    ) -> App:
        """An official account that authorized a third-party platform (第三方平台). Its exchange and
        refresh need the platform's current token: see `with_component_access_token`.

        Raises `ConfigurationError`.
        """
    def with_component_access_token(self, token: str) -> App:
        """The same application with the third-party platform's current token. It changes every
        two hours, so keep the `App` without it, and add it for each call.

        Raises `ConfigurationError`.
        """
    @property
    def appid(self) -> str:
        """The appid that the openids belong to."""
    def login(
        self,
        scope: str,
        redirect_uri: str,
        *,
        force_popup: Optional[bool] = None,
        force_snapshot: Optional[bool] = None,
        connect_redirect: Optional[bool] = None,
        lang: Optional[Literal["cn", "en"]] = None,
    ) -> Login:
        """Prepares a login: the fixed part of its authorize URLs. Keep it, and `begin()` it
        for each visitor.

        `force_popup` shows the consent page even to somebody who consented lately;
        `force_snapshot` shows the snapshot page (快照页); `connect_redirect` is widely
        reported to stop WeChat from calling back twice. `lang` is the language of the QR
        page: `cn` or `en`.

        Raises `ConfigurationError`, which says what does not go together.
        """
    def exchange(self, code: Code) -> Call[Union[Grant, Snapshot]]:
        """Trades the code for a grant: the call to send. It uses the code up.

        A busy answer (errcode -1) is not repeated by itself, as `sign_in` does.

        Raises `ConfigurationError` when the code is another application's, or the
        credential is missing.
        """
    def refresh(self, grant: Grant) -> Call[Grant]:
        """Gets a new access token for a grant: the call to send. The old grant stays as good
        as it is until the new one is stored in its place.

        Raises `ConfigurationError` when the grant is another application's, or the
        component token is missing.
        """
    def check(self, grant: Grant) -> Call[Validity]:
        """Asks WeChat whether the access token is valid: the call to send.

        Raises `ConfigurationError` when the grant is another application's.
        """
    def profile(self, grant: Grant, lang: Optional[_ProfileLang] = None) -> Call[Profile]:
        """Reads the person's profile, with place names in the language: the call to send.

        Raises `ConfigurationError` when the grant is another application's, or does not
        cover the profile.
        """
    def sign_in(
        self, code: Code, lang: Optional[_ProfileLang] = None
    ) -> Flow[Union[Person, Snapshot]]:
        """The whole sign-in after the callback: the exchange, then the profile when the scope
        allows it. It uses the code up.

        Raises `ConfigurationError`, as `exchange` does.
        """
    def renew(self, grant: Grant) -> Flow[Grant]:
        """Renews a grant: the refresh, a busy or lost answer asked for again.

        Raises `ConfigurationError`, as `refresh` does.
        """

@final
class Login:
    """A configured login; made by `App.login`."""

    def begin(self, state: Optional[str] = None) -> tuple[str, Pending]:
        """Begins a login: the URL is for the browser, the `Pending` to keep with that browser
        until it comes back.

        The state is drawn from the operating system; a test may give its own.

        Raises `ConfigurationError` for a state that WeChat would not carry.
        """
    def wx_login(
        self,
        pending: Pending,
        *,
        self_redirect: Optional[bool] = None,
        style: Optional[Literal["black", "white"]] = None,
        href: Optional[str] = None,
        stylelite: Optional[int] = None,
        fast_login: Optional[int] = None,
        color_scheme: Optional[Literal["light", "dark", "auto"]] = None,
    ) -> dict[str, Any]:
        """The argument of `new WxLogin({...})`, which draws the QR code in a page of the site:
        serialise it as JSON and add `id`, the id of the element to draw in. What is left
        out is the script's own default.

        `self_redirect`: whether the redirect happens inside the iframe. `style`: the colour
        of the texts, `black` or `white`. `href`: the URL of a style sheet, as it is.
        `stylelite`: 1 for the newer look. `fast_login`: 0 turns quick login on a PC off.
        `color_scheme`: the colours of the newer look, `light`, `dark` or `auto`.

        Raises `ConfigurationError` for a login that is not by QR code.
        """
    @property
    def scope(self) -> Scope:
        """What the login asks for."""
    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to."""

@final
class Pending:
    """A login that waits for its callback.

    Keep it *with the browser that started it*: `to_json()` goes into its session, or
    into an encrypted and authenticated cookie, for ten minutes or so. A pending login
    that is found by the callback's `state` alone proves nothing: an attacker's own
    callback would find the attacker's. Remove it from the session when its callback
    comes.
    """

    @staticmethod
    def from_json(text: Union[str, bytes]) -> Pending:
        """A pending login out of what `to_json()` gave.

        Raises `MisuseError` when the text is something else.
        """
    def to_json(self) -> str:
        """The pending login as JSON, with its state in the open."""
    @property
    def appid(self) -> str:
        """The appid of the application that began the login."""
    @property
    def scope(self) -> Scope:
        """What the login asked for."""
    def expose_state(self) -> str:
        """The state that the callback has to bring: to tell apart the pending logins *of one
        browser*.
        """
    def accept(self, callback: Union[str, bytes]) -> Code:
        """Reads the callback: its query, or the whole URL or path with it.

        Raises `CallbackError`. When the callback did not bring this login's state, the
        login still waits, and is the error's `pending`: a stray link ends nobody's login.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object) -> Self: ...
    def __reduce__(self) -> Never: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Code:
    """An authorization code, good for one exchange within five minutes (a website app's:
    ten).

    It comes out of `Pending.accept` and goes into `App.exchange` or `App.sign_in`,
    which use it up.
    """

    @staticmethod
    def received_without_state(code: Union[str, bytes], scope: Optional[str] = None) -> Code:
        """A code that came on another way than a web callback: from an app's SDK, or by hand
        into a tool. `scope` is what was asked for.

        **In a web callback this opens the login to forgery**: whoever can make a browser
        visit a URL can sign it in as somebody else. Use `Pending.accept` there.

        Raises `CallbackError` when it can be no code.
        """
    def expose(self) -> str:
        """The code itself: to show it in a tool. `MisuseError` once it was used."""

@final
class Call(Generic[_T]):
    """One request to send, and the rule that reads its answer.

    Send a GET to `url` by any HTTP client, without following redirects, and give what
    came to `read()`; when nothing came, say `lost()`. Either uses the call up.
    """

    @property
    def url(self) -> str:
        """Where to send the GET. It carries the secret, a token or a code: hand it to an HTTP
        client, and to nothing that logs.
        """
    @property
    def redacted_url(self) -> str:
        """The URL with `[redacted]` in place of each secret, token and code: to show it to
        people.
        """
    @property
    def operation(self) -> _Operation:
        """What it asks for: `exchange`, `refresh`, `check`, `profile`, `component_exchange` or
        `component_refresh`.
        """
    def read(self, status: int, body: _Body, sent_at: Optional[float] = None) -> _T:
        """Reads the answer: its HTTP status and its body, undecoded.

        `sent_at` is when the request was sent, in seconds since 1970; otherwise, when its
        `url` was asked for.

        Raises `Refused` when WeChat said no, `MalformedAnswer` when the answer cannot be
        read.
        """
    def lost(self, reason: _Reason, phase: _Phase) -> Never:
        """Says that no answer came, and raises the `TransportError` that fits this call.

        `reason` is what happened: `resolve`, `connect`, `tls`, `timeout`, `closed`,
        `protocol`, `proxy` or `other`. `phase` is how far the request had got: `connect`
        (nothing was sent), `request` or `body`.
        """
    def as_flow(self) -> Flow[_T]:
        """The call as a flow of this one request: for code that drives flows. They are one,
        and used up together.
        """
    @classmethod
    def __class_getitem__(cls, key: object) -> GenericAlias: ...
    def is_for(self, app: App) -> bool:
        """Whether it goes to the API host of this app: a client sends to one host, and to no
        other.
        """

@final
class Flow(Generic[_T]):
    """Work that takes several requests: a sign-in or a renewal.

    What to send next, how often, and when to stop is decided in here; whoever drives it
    only sends, waits and reports. `step()` says what to do: `Send` a request, then say
    `answer()` or `lost()`; `Wait`, then say `waited()`; when it is `Done`, `finish()`
    gives the result. `Client` and `AsyncClient` do it all.
    """

    def step(self) -> Union[Send, Wait, Done]:
        """What to do now. Asking again changes nothing.

        Raises `MisuseError` once the result was given out.
        """
    def answer(self, status: int, body: _Body, sent_at: Optional[float] = None) -> None:
        """The answer to the request came: its HTTP status and its body, undecoded.

        `sent_at` is when the request was sent, in seconds since 1970; otherwise, when
        `step()` first asked for it.

        Raises `MisuseError` when no request waits for an answer, which changes nothing.
        """
    def lost(self, reason: _Reason, phase: _Phase) -> None:
        """The answer to the request will not come.

        `reason` is what happened: `resolve`, `connect`, `tls`, `timeout`, `closed`,
        `protocol`, `proxy` or `other`. `phase` is how far the request had got: `connect`
        (nothing was sent), `request` or `body`.

        Raises `MisuseError` as `answer()` does.
        """
    def waited(self) -> None:
        """The wait is over.

        Raises `MisuseError` when there was none, which changes nothing.
        """
    def finish(self) -> _T:
        """The result, once.

        Raises what stopped the flow; `MisuseError` before it is done, which changes
        nothing, and after the result was given out.
        """
    @classmethod
    def __class_getitem__(cls, key: object) -> GenericAlias: ...
    def is_for(self, app: App) -> bool:
        """Whether it goes to the API host of this app: a client sends to one host, and to no
        other.
        """

@final
class Send:
    """A step of a flow: send a GET to `url`, then say `answer()` or `lost()`."""

    @property
    def operation(self) -> _Operation:
        """What it asks for: `exchange`, `refresh`, `check`, `profile`, `component_exchange` or
        `component_refresh`.
        """
    @property
    def url(self) -> str:
        """Where to send it. It carries the secret, a token or a code: hand it to an HTTP
        client, and to nothing that logs.
        """
    @property
    def redacted_url(self) -> str:
        """The URL with `[redacted]` in place of each secret, token and code: to show it to
        people.
        """

@final
class Wait:
    """A step of a flow: wait so many `seconds`, then say `waited()`."""

    @property
    def seconds(self) -> float:
        """How long."""

@final
class Done:
    """A step of a flow: there is nothing left to do, and `finish()` gives the result."""

@final
class Grant:
    """Somebody's consent, as tokens: who it is, what is permitted, and until when.

    No `repr`, pickle or copy shows a token. To keep a grant, see
    `expose_for_storage()`.
    """

    @staticmethod
    def from_storage(text: Union[str, bytes]) -> Grant:
        """A grant out of storage.

        Raises `MisuseError` when the text is something else, `ConfigurationError` when a
        part of it cannot be right.
        """
    def expose_for_storage(self) -> str:
        """The grant as JSON that `from_storage()` reads, **with its tokens in the open**:
        encrypt it, and file it under `appid` and `openid`.
        """
    def expose_json(self) -> str:
        """The grant as JSON, **with its tokens in the open**, as `wechat-oauth read` prints
        it.
        """
    def expose_access_token(self) -> str:
        """The access token, for calls that this package does not make."""
    @property
    def appid(self) -> str:
        """The application that the openid belongs to. With the openid, it is the key of the
        person's account.
        """
    @property
    def openid(self) -> str:
        """The person within this application."""
    @property
    def unionid(self) -> Optional[str]:
        """The person across the applications of one open-platform account, if WeChat told it."""
    @property
    def scopes(self) -> tuple[str, ...]:
        """What was granted."""
    @property
    def scopes_assumed(self) -> bool:
        """Whether WeChat left the scope out, so that the one asked for is taken for granted."""
    @property
    def reads_profile(self) -> bool:
        """Whether the profile can be read."""
    @property
    def expires_at(self) -> int:
        """When the access token ends, in seconds since 1970: the first second in which it is
        not valid.
        """
    @property
    def refresh_token_ends_at(self) -> int:
        """When the refresh token ends, in seconds since 1970: 30 days after it was first seen."""
    def at(self, now: Optional[float] = None) -> Freshness:
        """What the grant is good for at the given time, in seconds since 1970; now, unless
        told otherwise.
        """
    def replaces(self, stored: Grant, now: Optional[float] = None) -> bool:
        """Whether this grant, which a sign-in yielded, is to take the place of the stored one:
        it does not where consent or a later sign-in would be lost, or where the stored one
        is somebody else's.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object) -> Self: ...
    def __reduce__(self) -> Never: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Profile:
    """Somebody's profile. The texts are theirs, exactly as sent: whoever prints them
    escapes them.

    No secret is in it, but it is personal data, so keep it as one keeps an address.
    """

    @property
    def openid(self) -> str:
        """The person, the same as the grant's."""
    @property
    def unionid(self) -> Optional[str]:
        """The person across the applications of one open-platform account, if WeChat told it."""
    @property
    def nickname(self) -> str:
        """The name that the person goes by."""
    @property
    def sex(self) -> Sex:
        """The sex. Since 2021-10-20 WeChat says `Sex.UNKNOWN` of everybody."""
    @property
    def language(self) -> str:
        """The language of the person's WeChat (`zh_CN`); empty since 2021-10-20."""
    @property
    def province(self) -> str:
        """The province; empty since 2021-10-20."""
    @property
    def city(self) -> str:
        """The city; empty since 2021-10-20."""
    @property
    def country(self) -> str:
        """The country; empty since 2021-10-20."""
    @property
    def avatar(self) -> Optional[str]:
        """The URL of the picture, if there is one: https, on a host where WeChat keeps
        pictures. It dies when the person changes the picture.
        """
    def avatar_with_size(self, px: int) -> Optional[str]:
        """The same picture in another size: 46, 64, 96, 132 or 640 pixels. `None` when there
        is no picture, or its URL does not end in a size.

        Raises `MisuseError` for a size that WeChat does not keep.
        """
    @property
    def privileges(self) -> tuple[str, ...]:
        """Privileges of the person's carrier (`chinaunicom`), nearly always none."""
    @property
    def extra(self) -> dict[str, Any]:
        """The fields that this package does not know, as `json.loads` reads them. A value that
        it refuses (nested too deeply, or a number of thousands of digits) stays JSON text.
        """
    def to_json(self) -> str:
        """The profile as JSON, as `wechat-oauth read` prints it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object) -> Self: ...
    def __reduce__(self) -> Never: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Person:
    """Somebody who signed in."""

    @property
    def appid(self) -> str:
        """The application that the openid belongs to. With the openid, it is the key of the
        person's account.
        """
    @property
    def openid(self) -> str:
        """The person within this application."""
    @property
    def unionid(self) -> Optional[str]:
        """The person across the applications of one open-platform account, if WeChat told it."""
    @property
    def profile(self) -> Optional[Profile]:
        """Their profile, if the scope allowed it."""
    @property
    def grant(self) -> Grant:
        """Their grant."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object) -> Self: ...
    def __reduce__(self) -> Never: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Snapshot:
    """A visitor of a snapshot page (快照页). WeChat made the ids up, and makes up others the
    next time, so this is nobody: there is no openid, and it is not a `Grant`. Offer to
    continue with the full service (使用完整服务), which restarts the authorization.
    """

    def expose_json(self) -> str:
        """What WeChat sent, as `wechat-oauth read` prints it, **tokens in the open**: to show
        it in a tool. It identifies nobody.
        """
    def __reduce__(self) -> Never: ...

@final
class Validity:
    """Whether WeChat takes an access token. It is true or false in itself, as its `valid`
    is.
    """

    @property
    def valid(self) -> bool:
        """Whether the token is valid."""
    @property
    def refusal(self) -> Optional[Refused]:
        """Why it is not, as the exception that another call would raise for it."""
    def to_json(self) -> str:
        """As JSON, as `wechat-oauth read` prints it."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Failure:
    """What went wrong, behind an exception. What it holds is read when it is asked for."""

    @property
    def kind(self) -> str:
        """The layer."""
    @property
    def reason(self) -> str:
        """A short name."""
    @property
    def advice(self) -> str:
        """What to do next, by its name."""
    @property
    def document(self) -> str:
        """`{"error":{…}}`."""
    def expose_document(self) -> str:
        """The same, with the advice, and with what the failure gives back, in the open."""
    @property
    def pending(self) -> Optional[Pending]:
        """Of a callback: the login that still waits."""
    @property
    def grant(self) -> Optional[Grant]:
        """Of an unread profile: the grant, which is good."""
    @property
    def cause(self) -> Optional[WechatOAuthError]:
        """Of an unread profile: the exception of its cause."""
    @property
    def errcode(self) -> Optional[int]:
        """Of a refusal."""
    @property
    def name(self) -> Optional[str]:
        """Of a refusal."""
    @property
    def message(self) -> Optional[str]:
        """Of a refusal: WeChat's message, exactly."""
    @property
    def request_id(self) -> Optional[str]:
        """Of a refusal."""
    @property
    def operation(self) -> Optional[_Operation]:
        """The call that it is about, where it is about one."""
    @property
    def status(self) -> Optional[int]:
        """Of an answer that cannot be read: the HTTP status."""
    @property
    def line(self) -> Optional[int]:
        """Of an answer that cannot be read."""
    @property
    def column(self) -> Optional[int]:
        """Of an answer that cannot be read."""
    @property
    def field(self) -> Optional[str]:
        """Of an answer that cannot be read."""
    @property
    def phase(self) -> Optional[_Phase]:
        """Of a lost answer."""

def api_of(app: App) -> tuple[str, bool]:
    """The origin of the app's API, and whether it is on this machine, so that no proxy is
    asked.
    """

def refuse(why: str) -> Never:
    """Raises the `ConfigurationError` that says why a client is not made, or does not
    send; the `MisuseError` when somebody else is sending the same.
    """

def unverified_state(callback: Union[str, bytes]) -> str:
    """The state that a callback brings, compared with nothing: to find the pending login
    that may own it, where a browser has several, and then to let `Pending.accept`
    decide. By itself it proves nothing, since anybody can write a link with any state.

    Raises `CallbackError`.
    """

def browser_kind(user_agent: Union[str, bytes, None]) -> BrowserKind:
    """Which way in fits a browser, by its `User-Agent` header, which may be `None`.

    **For presentation only.** Anybody can send any header, so nothing that has to be
    safe may depend on it.
    """

def read(
    operation: _Operation,
    status: int,
    body: _Body,
    openid: Optional[str] = None,
    scope: Optional[str] = None,
) -> str:
    """Reads an answer whose request was made elsewhere, and gives its JSON as
    `wechat-oauth read` prints it, **tokens in the open**.

    `operation` is `exchange`, `refresh`, `check`, `profile`, `component_exchange` or
    `component_refresh`; `openid` is the person that the answer has to be about, and
    `scope` what was asked for, in case the answer leaves it out.

    Raises `Refused` or `MalformedAnswer`.
    """

def lint(url: str, domain: Optional[str] = None) -> list[tuple[str, str, Optional[int], str, str]]:
    """What the lint finds, a tuple each: `(code, severity, page, message, fix)`."""

def explain(code: int) -> Optional[str]:
    """What is known about a code, as JSON."""
