"""Random calls, by hostile values too, come to a result or a clear exception, and to no crash."""

from __future__ import annotations

import inspect
import os
import pickle
import random
from typing import Any, Callable

import given
import wechat_oauth
from given import CALLBACK, CANARIES, CODE, SENT_AT, STATE
from wechat_oauth import App, Code, Grant, Pending, WechatOAuthError

CALLS = int(os.environ.get("WECHAT_OAUTH_CALLS", "20000"))
"""How many. Each finds its way by a seed of its own, which a failure names."""

RENEWED = 200
"""After how many calls there are new objects, since some are used up."""


class Raised(Exception):  # noqa: N818 - and nobody's fault
    """What a hostile value raises."""


def fail(*_: object, **__: object) -> Any:
    raise Raised


class Liar(str):
    """A text that is another one whoever asks."""

    __slots__ = ()
    __str__ = __repr__ = __len__ = __iter__ = __getitem__ = __eq__ = __hash__ = fail
    encode = __format__ = __contains__ = fail


class Bytes(bytes):
    __len__ = __iter__ = __getitem__ = __bytes__ = decode = fail


class Growing(bytearray):
    """Grows while it is read."""

    def __getitem__(self, _: Any) -> Any:
        self.extend(b"x" * 1000)
        return bytearray(self)

    def __len__(self) -> int:
        self.extend(b"x")
        return 1 << 40


class Number(int):
    __index__ = __int__ = __str__ = __repr__ = __lt__ = __hash__ = fail


class Fraction(float):
    __float__ = __int__ = __index__ = __str__ = fail


class Index:
    def __init__(self, index: Any) -> None:
        self._index = index

    def __index__(self) -> Any:
        return self._index

    __float__ = __int__ = __str__ = __repr__ = __bool__ = __eq__ = fail
    __hash__ = fail


class Using:
    """Uses the object up while it is called."""

    def __init__(self, things: list[Any]) -> None:
        self._things = things

    def __index__(self) -> int:
        for thing in self._things:
            for name, arguments in (("finish", ()), ("read", (200, b"{}")), ("waited", ())):
                call(getattr(thing, name, None), *arguments)
        self._things.clear()
        return 200


class Named(type):
    """A class that has no name to tell."""

    def __getattribute__(cls, name: str) -> Any:
        if name in ("__name__", "__qualname__", "__module__"):
            raise Raised
        return super().__getattribute__(name)


class Nameless(metaclass=Named):
    pass


Nameless.__qualname__ = "\ud800"


def deep(value: Any) -> Any:
    for _ in range(10_000):
        value = [value]
    return value


def objects() -> list[Any]:
    """Objects that work, in all states that are soon reached."""
    app, grant = given.app(), given.grant()
    login = app.login("snsapi_base", CALLBACK)
    pending = login.begin(STATE)[1]
    flow, waiting = app.sign_in(given.code()), app.renew(grant)
    waiting.answer(200, given.refusal(-1))
    answered = app.sign_in(given.code())
    answered.answer(200, given.tokens())
    call = app.profile(grant)
    found = [app, given.component(), login, pending, given.code(), app.exchange(given.code())]
    found += [app.refresh(grant), call, call.as_flow(), flow, waiting, answered, grant]
    found += [flow.step(), waiting.step(), given.snapshot()]
    found += [app.profile(grant).read(200, given.profile(x=[1]))]
    found += [app.check(grant).read(200, given.refusal(40001))]
    return found


Way = Callable[[random.Random], Any]


def values(things: list[Any]) -> tuple[list[Way], dict[str, list[Any]]]:
    """Ways to come by a value."""
    deeply = deep(1)
    texts = [
        "",
        "snsapi_userinfo",
        "zh_CN",
        "timeout",
        "request",
        "\x00",
        "\udcff",
        "小满",
        CALLBACK,
        given.APPID,
        f"code={CODE}&state={STATE}",
        f"?state={STATE}&state={STATE}",
        things[12].expose_for_storage(),
        things[3].to_json(),
        "[" * 100_000,
        "x" * 70_000,
    ]
    bodies = [
        given.tokens(),
        given.profile(),
        given.refusal(-1),
        given.refusal(42001),
        b"",
        b"\xff",
    ]
    numbers = [0, -1, 1, 46, 200, 302, 65535, 65536, 2**31, 2**63, 2**64, -(2**64), 10**400]
    floats = [0.0, -0.0, 1.5, -1.0, 1e308, float("inf"), float("-inf"), float("nan")]
    other = [None, True, False, (), [], {}, deeply, type, Raised, Nameless(), b"x" * 1_100_000]
    ways: list[Way] = [
        lambda random: random.choice(texts),
        lambda random: "".join(chr(random.randrange(0xD7FF)) for _ in range(random.randrange(20))),
        lambda random: Liar(random.choice(texts)),
        lambda random: random.choice(texts).encode("utf-8", "surrogatepass"),
        lambda random: random.choice(bodies),
        lambda random: bytearray(random.choice(bodies)),
        lambda random: memoryview(random.choice(bodies)),
        lambda random: memoryview(bytearray(16))[:: random.choice([-2, -1, 1, 2])],
        lambda random: Bytes(random.choice(bodies)),
        lambda random: Growing(random.choice(bodies)),
        lambda random: random.choice(numbers),
        lambda random: Number(random.choice(numbers)),
        lambda random: Index(random.choice([*numbers, *floats, "x", None])),
        lambda random: random.choice(floats),
        lambda random: Fraction(random.choice(floats)),
        lambda random: Using([random.choice(things)]),
        lambda random: (fail() for _ in range(random.randrange(9))),
        lambda random: random.choice(other),
        lambda random: random.choice(things),
        lambda random: type(random.choice(things)),
    ]
    return ways, fitting(things, texts, bodies)


def fitting(things: list[Any], texts: list[str], bodies: list[bytes]) -> dict[str, list[Any]]:
    """Values that a parameter means by its name."""
    return {
        "appid": [given.APPID],
        "secret": [given.SECRET, None],
        "code": [given.code(), given.code(), given.code(), CODE],
        "grant": [thing for thing in things if isinstance(thing, Grant)],
        "stored": [thing for thing in things if isinstance(thing, Grant)],
        "app": [thing for thing in things if isinstance(thing, App)],
        "pending": [thing for thing in things if isinstance(thing, Pending)],
        "body": bodies,
        "status": [200, 200, 200, 302],
        "sent_at": [None, SENT_AT, float(SENT_AT)],
        "now": [None, SENT_AT, SENT_AT + 7200],
        "scope": ["snsapi_base", "snsapi_userinfo", "snsapi_login"],
        "redirect_uri": [CALLBACK],
        "lang": ["zh_CN", None],
        "reason": ["timeout", "resolve"],
        "phase": ["connect", "request", "body"],
        "operation": ["exchange", "check", "profile"],
        "px": [46, 640],
        "state": [STATE, None],
        "callback": texts,
        "text": texts,
        "why": ["proxy"],
    }


PLACES = [App, Pending, Code, Grant, wechat_oauth, wechat_oauth._native]


def members(owner: Any) -> list[str]:
    """Name what can be asked of an object."""
    special = ("__eq__", "__ne__", "__bool__")
    names = [name for name in dir(owner) if name[0].islower() or name in special]
    # The names of modules are those of functions here.
    return [name for name in names if name not in ("annotations", "client")]


MEMBERS = {type(thing): members(thing) for thing in objects()}


KEYWORDS = ["lang", "sent_at", "now", "base_url", "secret", "state", "openid", "scope", "domain"]
ALLOWED = (WechatOAuthError, TypeError, ValueError, OverflowError, AttributeError, Raised)
SHOWN: list[Callable[[Any], str]] = [repr, str, "{!r}".format]


def parameters(function: Any) -> list[str]:
    """Name what it takes."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ["other"]


def call(function: Any, *arguments: Any, **keywords: Any) -> Any:
    """Give what came, or what was raised."""
    try:
        return function(*arguments, **keywords)
    except BaseException as error:
        return error


def check(came: Any) -> None:
    """Judge what came."""
    if isinstance(came, BaseException):
        assert isinstance(came, ALLOWED), type(came)
        assert getattr(came, "reason", "") != "panicked"
        if isinstance(came, WechatOAuthError):
            assert came.advice
            assert came.document
            assert came.__context__ is None
    if type(came).__module__ == "wechat_oauth":
        for show in SHOWN:
            shown = show(came)
            assert not any(canary in shown for canary in CANARIES), shown
        kept = call(pickle.dumps, came)
        assert not (isinstance(kept, bytes) and any(leak.encode() in kept for leak in CANARIES))


def test_random_calls_come_to_something_clear() -> None:
    seeds = random.Random(SENT_AT)  # noqa: S311 - the same each time
    things: list[Any] = []
    ways: list[Way] = []
    fits: dict[str, list[Any]] = {}
    for number in range(CALLS):
        if number % RENEWED == 0:
            things = objects()
            ways, fits = values(things)
        seed = seeds.getrandbits(64)
        random_ = random.Random(seed)  # noqa: S311
        owner = random_.choice([*PLACES, *things, *things])
        names = MEMBERS.get(type(owner)) or members(owner)
        name = random_.choice(names)
        # Of what is used up, a property raises too.
        function = call(getattr, owner, name)
        arguments = [
            random_.choice(fits[parameter] or [None])
            if parameter in fits and random_.random() < 0.9
            else random_.choice(ways)(random_)
            for parameter in parameters(function)[: random_.choice([1, 9, 9, 9])]
        ]
        keywords = {}
        if random_.random() < 0.1:
            keywords[random_.choice(KEYWORDS)] = random_.choice(ways)(random_)
        came = call(function, *arguments, **keywords) if callable(function) else function
        try:
            check(came)
        except BaseException:
            print(f"seed {seed}, call {number}: {type(owner)}.{name}, {list(map(type, arguments))}")
            raise
        if type(came).__module__ == "wechat_oauth" and not isinstance(came, (str, int)):
            things[random_.randrange(len(things))] = came
