"""From the callback to a code."""

from __future__ import annotations

import copy
from typing import Union

import given
import pytest
from given import CALLBACK, CODE, STATE
from wechat_oauth import (
    Advice,
    CallbackError,
    Code,
    MisuseError,
    Pending,
    Scope,
    unverified_state,
)


def begun() -> Pending:
    return given.app().login("snsapi_base", CALLBACK).begin(STATE)[1]


@pytest.mark.parametrize(
    "callback",
    [
        f"code={CODE}&state={STATE}",
        f"/callback?code={CODE}&state={STATE}",
        f"{CALLBACK}?state={STATE}&code={CODE}#wechat_redirect",
        f"code={CODE}&state={STATE}".encode(),
    ],
)
def test_a_callback_is_a_query_a_path_or_a_url(callback: Union[str, bytes]) -> None:
    assert begun().accept(callback).expose() == CODE


def test_a_stray_link_ends_nobodys_login() -> None:
    with pytest.raises(CallbackError) as caught:
        begun().accept(f"code={CODE}&state=another")
    error = caught.value
    assert (error.kind, error.reason) == ("callback", "state_mismatch")
    assert error.advice is Advice.RESTART_AUTHORIZATION
    assert error.pending is not None
    assert error.pending == begun()
    assert error.pending.accept(f"code={CODE}&state={STATE}").expose() == CODE


def test_a_refusal_ends_the_login() -> None:
    with pytest.raises(CallbackError) as caught:
        begun().accept(f"state={STATE}")
    assert caught.value.reason == "denied"
    assert caught.value.advice is Advice.TURN_AWAY
    assert caught.value.pending is None


@pytest.mark.parametrize(
    ("callback", "reason"),
    [
        ("", "state_missing"),
        ("state=", "state_empty"),
        (f"state={STATE}&state={STATE}", "state_repeated"),
        (f"state={STATE}&code=", "code_empty"),
        (f"state={STATE}&code=a&code=b", "code_repeated"),
        (f"state={STATE}&code={'a' * 513}", "code_too_long"),
        (f"state={STATE}&code=a%20b", "code_alphabet"),
        (f"state={STATE}&code=%zz", "bad_encoding"),
        ("x" * 9000, "query_too_long"),
        # What web servers make of bytes that are no text: never an error of the program's.
        (f"state={STATE}\udcff&code=a", "state_mismatch"),
        (f"state={STATE}&code=a\udcff", "code_alphabet"),
        (f"state={STATE}&code=a".encode() + b"\xff", "code_alphabet"),
        (b"state=\xff\xfe", "state_mismatch"),
        ("state=\x00", "state_mismatch"),
    ],
)
def test_a_hostile_callback_has_a_reason(callback: Union[str, bytes], reason: str) -> None:
    with pytest.raises(CallbackError) as caught:
        begun().accept(callback)
    assert caught.value.reason == reason


def test_a_pending_login_comes_back_from_the_session() -> None:
    stored = begun().to_json()
    assert Pending.from_json(stored) == begun()
    assert Pending.from_json(stored.encode()) == begun()
    assert Pending.from_json(stored) != given.app().login("snsapi_base", CALLBACK).begin()[1]
    assert Pending.from_json(stored).scope is Scope.BASE
    assert copy.copy(begun()) == copy.deepcopy(begun()) == begun()


@pytest.mark.parametrize("stored", ["", "{}", "null", "[]", '{"state":1}', "x" * 70_000, b"\xff"])
def test_a_broken_pending_login_is_refused_without_being_quoted(stored: Union[str, bytes]) -> None:
    with pytest.raises(MisuseError) as caught:
        Pending.from_json(stored)
    assert caught.value.reason in ("not_readable", "too_large", "not_utf8")


def test_the_state_of_a_callback_finds_its_login() -> None:
    assert unverified_state(f"/callback?code={CODE}&state={STATE}") == STATE
    with pytest.raises(CallbackError) as caught:
        unverified_state("code=1")
    error = caught.value
    assert error.document == '{"error":{"kind":"callback","reason":"state_missing"}}'
    assert error.expose_document() == (
        '{"error":{"kind":"callback","reason":"state_missing"},"advice":"restart_authorization"}'
    )
    assert (error.kind, error.pending) == ("callback", None)
    assert error.advice is Advice.RESTART_AUTHORIZATION
    assert "no state" in str(error)


def test_a_code_is_good_for_one_exchange() -> None:
    code = begun().accept(f"code={CODE}&state={STATE}")
    given.app().exchange(code)
    for again in (given.app().exchange, given.app().sign_in):
        with pytest.raises(MisuseError) as caught:
            again(code)
        assert caught.value.reason == "code_used"
    with pytest.raises(MisuseError):
        code.expose()


def test_a_wrong_language_costs_no_code() -> None:
    code = given.code()
    with pytest.raises(Exception, match="no such lang"):
        given.app().sign_in(code, "de")  # type: ignore[arg-type]
    assert code.expose() == CODE


def test_a_code_from_elsewhere_is_judged_too() -> None:
    with pytest.raises(CallbackError) as caught:
        Code.received_without_state("two words")
    assert caught.value.reason == "code_alphabet"
