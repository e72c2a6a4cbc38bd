"""Whatever is given to whatever, what comes out can be caught, and the process goes on."""

from __future__ import annotations

import inspect
import itertools
from typing import Any, Callable, Optional

import given
import pytest
import wechat_oauth
from given import CALLBACK, STATE
from wechat_oauth import App, Code, Grant, Pending, WechatOAuthError


class Hostile:
    """Fails at whatever it is asked."""

    def __index__(self) -> int:
        raise KeyError

    def __len__(self) -> int:
        raise KeyError

    def __getitem__(self, _: object) -> object:
        raise KeyError

    def __eq__(self, _: object) -> bool:
        raise KeyError

    def __hash__(self) -> int:
        return 1


class Text(str):
    __slots__ = ()


VALUES: list[Any] = [
    None,
    True,
    -1,
    2**70,
    -(2**70),
    1.5,
    float("nan"),
    "",
    "\x00",
    "\ud800",
    "小满",
    Text("snsapi_base"),
    "x" * 2_000_000,
    b"",
    b"\xff",
    b"x" * 2_000_000,
    bytearray(b"{}"),
    memoryview(b"{}"),
    memoryview(bytearray(16)).cast("B", (4, 4)),
    memoryview(bytearray(16))[::2],
    [],
    {},
    (),
    object(),
    Hostile(),
    type,
    given.grant(),
]


def functions() -> list[tuple[str, Callable[..., Any]]]:
    """Name every callable that is public, on objects that work."""
    app, grant = given.app(), given.grant()
    login = app.login("snsapi_base", CALLBACK)
    owners = [
        app,
        login,
        login.begin(STATE)[1],
        given.code(),
        app.exchange(given.code()),
        app.sign_in(given.code()),
        app.renew(grant),
        grant,
        app.profile(grant).read(200, given.profile()),
        app.check(grant).read(200, given.refusal(0)),
        given.snapshot(),
        App,
        Pending,
        Code,
        Grant,
        wechat_oauth._native,
        wechat_oauth,
    ]
    found = []
    for owner in owners:
        for name, member in inspect.getmembers(owner):
            if name.startswith("_") or inspect.isclass(member) or not callable(member):
                continue
            if name[0].islower():
                found.append((f"{getattr(owner, '__name__', type(owner).__name__)}.{name}", member))
    return found


# A KeyError is the hostile object's own.
ALLOWED = (WechatOAuthError, TypeError, ValueError, OverflowError, KeyError)


def outcome(function: Callable[..., Any], *arguments: Any) -> Optional[BaseException]:
    """Give what was raised."""
    try:
        function(*arguments)
    except BaseException as error:
        return error
    return None


@pytest.mark.parametrize(("name", "function"), functions(), ids=lambda value: str(value)[:40])
def test_no_argument_breaks_anything(name: str, function: Callable[..., Any]) -> None:
    try:
        parameters = len(inspect.signature(function).parameters)
    except ValueError:
        parameters = 1
    for arguments in itertools.product(VALUES, repeat=min(parameters, 2)):
        for more in ((), *([(value,) for value in (None, "", 0)] if parameters > 2 else [])):
            came = outcome(function, *arguments, *more)
            assert came is None or isinstance(came, ALLOWED), (name, arguments)
            assert getattr(came, "reason", "") != "panicked", (name, arguments)


@pytest.mark.parametrize(("name", "function"), functions(), ids=lambda value: str(value)[:40])
def test_an_unknown_keyword_is_a_type_error(name: str, function: Callable[..., Any]) -> None:
    with pytest.raises(TypeError):
        function(nonsense=name)


NUMBER: Any = 1
TEXT: Any = "text"
BYTES: Any = b"bytes"
NOTHING: Any = None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: App.official_account(NUMBER, None), "appid has to be str, not int"),
        (lambda: App.official_account(BYTES, None), "appid has to be str, not bytes"),
        (lambda: given.app().exchange(TEXT), "'str' object is not an instance of 'Code'"),
        (lambda: given.app().refresh(NOTHING), "is not an instance of 'Grant'"),
        (lambda: Pending.from_json(NUMBER), "text has to be str or bytes, not int"),
        (lambda: given.app().check(given.grant()).read(TEXT, b""), "interpreted as an integer"),
        (lambda: given.grant().at(TEXT), "interpreted as an integer"),
        (lambda: App(), "cannot create|No constructor"),
    ],
)
def test_a_wrong_type_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_a_subclass_of_str_is_a_text() -> None:
    _, pending = given.app().login(Text("snsapi_base"), Text(CALLBACK)).begin(Text(STATE))
    assert pending.expose_state() == STATE
