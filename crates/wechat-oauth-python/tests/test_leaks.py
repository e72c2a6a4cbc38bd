"""Nothing shows a secret, a token, a code or a state that was not asked for by name."""

from __future__ import annotations

import copy
import inspect
import io
import json
import logging
import pickle
import pprint
import traceback
from typing import Any, Callable

import given
import pytest
from given import CALLBACK, CANARIES, CODE, COMPONENT_TOKEN, SENT_AT, STATE
from wechat_oauth import App, Grant, Pending, Person, Profile, WechatOAuthError


def person() -> Person:
    flow = given.app().sign_in(given.code())
    flow.answer(200, given.tokens(), SENT_AT)
    flow.answer(200, given.profile(), SENT_AT)
    person = flow.finish()
    assert isinstance(person, Person)
    return person


def objects() -> list[Any]:
    """Every kind of object, each with all that it can hold."""
    app, grant = given.app(), given.grant()
    login = app.login("snsapi_base", CALLBACK)
    flow = app.sign_in(given.code())
    busy = app.renew(grant)
    busy.answer(200, given.refusal(-1))
    return [
        app,
        given.component(),
        login,
        login.begin(STATE)[1],
        given.code(),
        app.exchange(given.code()),
        given.component().exchange(given.code()),
        app.refresh(grant),
        app.check(grant),
        app.profile(grant),
        flow,
        flow.step(),
        busy,
        busy.step(),
        grant,
        given.snapshot(),
        app.check(grant).read(200, given.refusal(40001, f"invalid {given.ACCESS_TOKEN}")),
        app.profile(grant).read(200, given.profile()),
        person(),
    ]


def fail(make: Callable[[], object]) -> WechatOAuthError:
    with pytest.raises(WechatOAuthError) as caught:
        make()
    return caught.value


def errors() -> list[WechatOAuthError]:
    """Every kind of error, each about something secret."""
    app, grant = given.app(), given.grant()
    pending = app.login("snsapi_base", CALLBACK).begin(STATE)[1]
    used = given.code()
    app.exchange(used)
    unread = app.sign_in(given.code())
    unread.answer(200, given.tokens())
    unread.answer(200, given.refusal(45009, f"quota of {given.ACCESS_TOKEN} reached"))
    quoted = given.refusal(40125, f"invalid {given.SECRET}, code {CODE}")
    makers: list[Callable[[], object]] = [
        lambda: pending.accept(f"code={CODE}&state=x{STATE}"),
        lambda: pending.accept(f"code={CODE}%zz&state={STATE}"),
        lambda: app.exchange(used),
        lambda: app.exchange(given.code()).read(200, quoted),
        lambda: (
            given.component().exchange(given.code()).read(200, given.refusal(1, COMPONENT_TOKEN))
        ),
        lambda: app.exchange(given.code()).read(200, given.tokens()[:-1]),
        lambda: app.exchange(given.code()).read(302, given.tokens()),
        lambda: app.exchange(given.code()).lost("timeout", "request"),
        unread.finish,
        lambda: App.official_account(given.APPID, f"{given.SECRET} "),
        lambda: App.official_account(given.APPID, f"{given.SECRET}\ud800"),
        lambda: app.login(given.SECRET, CALLBACK),
        lambda: app.login("snsapi_base", f"//{given.SECRET}"),
        lambda: app.login("snsapi_base", CALLBACK).begin(f"{STATE}-"),
        lambda: type(grant).from_storage(grant.expose_for_storage() + "x"),
        lambda: type(pending).from_json(pending.to_json()[:-1]),
    ]
    return [fail(make) for make in makers]


COPIED = (Pending, Grant, Profile, Person)


def leaks(shown: str) -> list[str]:
    return [canary for canary in CANARIES if canary in shown]


SHOWS: list[Callable[[Any], str]] = [
    repr,
    str,
    pprint.pformat,
    "{}".format,
    "%s".__mod__,
    lambda thing: repr([thing]),
    lambda thing: str(inspect.getdoc(thing)),
]


@pytest.mark.parametrize("thing", objects(), ids=repr)
def test_no_object_shows_a_secret(thing: Any) -> None:
    for show in SHOWS:
        assert not leaks(show(thing))


@pytest.mark.parametrize("thing", [*objects(), *errors()], ids=lambda thing: type(thing).__name__)
def test_no_object_is_pickled_or_written_as_json(thing: Any) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(thing, protocol)
    with pytest.raises(TypeError):
        json.dumps(thing)


@pytest.mark.parametrize("thing", objects(), ids=repr)
def test_a_copy_is_the_same_or_none(thing: Any) -> None:
    for duplicate in (copy.copy, copy.deepcopy):
        if isinstance(thing, COPIED):
            assert duplicate(thing) is thing
        else:
            with pytest.raises(TypeError):
                duplicate(thing)


@pytest.mark.parametrize("thing", objects(), ids=repr)
def test_no_object_has_variables(thing: Any) -> None:
    assert not hasattr(thing, "__dict__")
    assert not hasattr(type(thing), "__slots__")


def test_there_is_an_error_of_every_class() -> None:
    found = {type(error) for error in errors()}
    assert found == set(WechatOAuthError.__subclasses__())


@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{error.kind}-{error.reason}")
def test_no_error_shows_a_secret(error: WechatOAuthError) -> None:
    for show in SHOWS:
        assert not leaks(show(error))
    assert not leaks(repr(error.args) + repr(vars(error)))
    assert not leaks(error.document)
    assert error.__cause__ is None
    assert error.__context__ is None
    lines = traceback.format_exception(type(error), error, error.__traceback__, chain=True)
    # The lines of the code that are shown are this file's.
    assert not leaks(lines[-1])
    for name, value in inspect.getmembers(error):
        if name not in ("__traceback__", "__getattribute__"):
            assert not leaks(repr(value)), name


@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{error.kind}-{error.reason}")
def test_no_log_of_an_error_shows_a_secret(error: WechatOAuthError) -> None:
    stream = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(stream))
    log.error("failed: %s %r", error, error, exc_info=(type(error), error, None))
    assert type(error).__name__ in stream.getvalue()
    assert not leaks(stream.getvalue())


def test_what_has_to_leave_leaves_by_a_method_that_says_so() -> None:
    pending = given.app().login("snsapi_base", CALLBACK).begin(STATE)[1]
    assert STATE in pending.expose_state()
    assert STATE in pending.to_json()
    assert leaks(given.grant().expose_for_storage())
    assert leaks(given.snapshot().expose_json())
    assert given.code().expose() == CODE
