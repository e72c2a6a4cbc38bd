"""Grants, profiles and persons as values."""

from __future__ import annotations

import copy
import json
import time
from typing import Callable

import given
import pytest
from given import OPENID, SENT_AT
from wechat_oauth import (
    ConfigurationError,
    Freshness,
    Grant,
    MisuseError,
    Person,
    Profile,
    Sex,
)

MONTH = 30 * 24 * 60 * 60


def read(**fields: object) -> Profile:
    return given.app().profile(given.grant()).read(200, given.profile(**fields))


def test_a_grant_is_fresh_then_to_renew_then_over() -> None:
    grant = given.grant()
    assert grant.refresh_token_ends_at == SENT_AT + MONTH
    assert grant.at(SENT_AT) is Freshness.FRESH
    assert grant.at(SENT_AT + 7199.9) is Freshness.FRESH
    assert grant.at(SENT_AT + 7200) is Freshness.RENEW
    assert grant.at(SENT_AT + MONTH) is Freshness.OVER
    assert grant.at(SENT_AT + 7200) == "renew"
    assert f"{grant.at(SENT_AT):>6}" == " fresh"
    assert str(grant.at(SENT_AT)) == "fresh"


def test_now_is_the_systems_time_unless_told() -> None:
    fresh = given.app().exchange(given.code()).read(200, given.tokens(), time.time())
    assert isinstance(fresh, Grant)
    assert fresh.at() is Freshness.FRESH
    assert fresh.replaces(given.grant())


def test_a_silent_login_costs_no_consent() -> None:
    consented, silent = given.grant(), given.grant(scope="snsapi_base")
    assert silent.scopes == ("snsapi_base",)
    assert not silent.reads_profile
    assert consented.replaces(silent, SENT_AT)
    assert not silent.replaces(consented, SENT_AT)
    assert silent.replaces(consented, SENT_AT + MONTH)


def test_a_grant_comes_back_from_storage() -> None:
    grant = given.grant(unionid="u1")
    stored = grant.expose_for_storage()
    assert Grant.from_storage(stored) == grant
    assert Grant.from_storage(stored.encode()).expose_for_storage() == stored
    assert grant != given.grant()
    assert grant != stored
    assert json.loads(grant.expose_json())["access_token"] == grant.expose_access_token()


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda stored: stored[:-1], MisuseError),
        (lambda _: "null", MisuseError),
        (lambda _: "", MisuseError),
        (lambda stored: stored.replace("7200", "0"), ConfigurationError),
        (lambda stored: stored.replace(given.ACCESS_TOKEN, "two words"), ConfigurationError),
        (lambda stored: stored.replace(OPENID, "two words"), MisuseError),
        (lambda stored: stored + " " * 70_000, MisuseError),
        (lambda stored: stored + "\ud800", MisuseError),
    ],
)
def test_a_broken_stored_grant_is_refused(
    spoil: Callable[[str], str], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        Grant.from_storage(spoil(given.grant().expose_for_storage()))
    assert not any(canary in str(caught.value) for canary in given.CANARIES)


def test_a_profile_has_everything_that_was_sent() -> None:
    profile = read(
        unionid="u1",
        sex=2,
        language="zh_CN",
        province="广东",
        city="深圳",
        country="中国",
        headimgurl="http://thirdwx.qlogo.cn/mmopen/vi_32/abc/132",
        privilege=["chinaunicom"],
    )
    assert (profile.openid, profile.unionid) == (OPENID, "u1")
    assert profile.sex is Sex.FEMALE
    assert (profile.language, profile.country) == ("zh_CN", "中国")
    assert (profile.province, profile.city) == ("广东", "深圳")
    assert profile.avatar == "https://thirdwx.qlogo.cn/mmopen/vi_32/abc/132"
    assert profile.privileges == ("chinaunicom",)
    assert json.loads(profile.to_json())["nickname"] == "小满"


def test_a_bare_profile_has_nothing_else() -> None:
    profile = read()
    assert profile.sex is Sex.UNKNOWN
    assert (profile.avatar, profile.unionid) == (None, None)
    assert (profile.privileges, profile.extra) == ((), {})


def test_an_avatar_has_the_sizes_that_wechat_keeps() -> None:
    profile = read(headimgurl="https://thirdwx.qlogo.cn/mmopen/vi_32/abc/132")
    endings = [profile.avatar_with_size(px) for px in (46, 64, 96, 132, 640)]
    page = "https://thirdwx.qlogo.cn/mmopen/vi_32/abc/"
    assert endings == [page + ending for ending in ("46", "64", "96", "132", "0")]
    assert read().avatar_with_size(64) is None
    with pytest.raises(MisuseError) as caught:
        profile.avatar_with_size(100)
    assert caught.value.reason == "out_of_range"


def test_fields_that_nobody_knows_come_out_as_python_reads_them() -> None:
    profile = read(is_vip=True, level={"a": [1, 2.5, None]})
    assert profile.extra == {"is_vip": True, "level": {"a": [1, 2.5, None]}}
    profile.extra.clear()
    assert profile.extra["is_vip"] is True


def test_a_field_that_python_refuses_stays_json() -> None:
    deep, digits = "[" * 20_000 + "]" * 20_000, "1" * 9_000
    body = given.profile()[:-1] + f',"deep":{deep},"digits":{digits},"plain":1}}'.encode()
    extra = given.app().profile(given.grant()).read(200, body).extra
    assert extra["plain"] == 1
    for name, json_text in (("deep", deep), ("digits", digits)):
        try:
            assert extra[name] == json.loads(json_text)
        except (RecursionError, ValueError):
            assert extra[name] == json_text


def test_values_that_are_equal_say_so_and_are_no_keys() -> None:
    flow = given.app().sign_in(given.code())
    flow.answer(200, given.tokens(), SENT_AT)
    flow.answer(200, given.profile(), SENT_AT)
    person = flow.finish()
    silent = given.app().sign_in(given.code())
    silent.answer(200, given.tokens(scope="snsapi_base"), SENT_AT)
    other = silent.finish()
    assert isinstance(person, Person)
    assert isinstance(other, Person)
    assert read() == read()
    assert read() != read(nickname="x")
    assert person.profile == read()
    assert person == copy.copy(person)
    assert person != other
    assert (person == 1, read() == "x", given.grant() == None) == (False, False, False)  # noqa: E711
    for value in (person, read(), given.grant()):
        with pytest.raises(TypeError, match="unhashable"):
            hash(value)


def test_values_never_change() -> None:
    for value in (given.grant(), read(), given.app(), given.app().exchange(given.code())):
        for name in ("openid", "appid", "url", "anything"):
            with pytest.raises(AttributeError):
                setattr(value, name, "x")
        with pytest.raises(TypeError):
            vars(value)


def test_no_value_is_made_or_extended_by_hand() -> None:
    for made in (Grant, Profile, Person):
        with pytest.raises(TypeError):
            made()
        with pytest.raises(TypeError):
            type("Mine", (made,), {})
