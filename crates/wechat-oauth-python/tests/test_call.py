"""One request, and its answer."""

from __future__ import annotations

import time
from typing import Union

import given
import pytest
from given import ACCESS_TOKEN, APPID, CODE, OPENID, REFRESH_TOKEN, SECRET, SENT_AT
from wechat_oauth import (
    Advice,
    App,
    ConfigurationError,
    Done,
    Grant,
    MalformedAnswer,
    MisuseError,
    Profile,
    Refused,
    Send,
    Snapshot,
    TransportError,
    Validity,
)


def test_an_exchange_is_sent_and_read() -> None:
    call = given.app().exchange(given.code())
    page = "https://api.weixin.qq.com/sns/oauth2/access_token"
    assert call.operation == "exchange"
    assert call.url == (
        f"{page}?appid={APPID}&secret={SECRET}&code={CODE}&grant_type=authorization_code"
    )
    assert call.redacted_url == (
        f"{page}?appid={APPID}&secret=[redacted]&code=[redacted]&grant_type=authorization_code"
    )
    grant = call.read(200, given.tokens(unionid="u1"), SENT_AT)
    assert isinstance(grant, Grant)
    assert (grant.appid, grant.openid, grant.unionid) == (APPID, OPENID, "u1")
    assert (grant.scopes, grant.scopes_assumed) == (("snsapi_userinfo",), False)
    assert grant.expires_at == SENT_AT + 7200


def test_a_snapshot_visitor_is_nobody() -> None:
    snapshot = given.snapshot()
    assert not hasattr(snapshot, "openid")
    assert '"snapshot":true' in snapshot.expose_json()


def test_a_refresh_gives_a_grant_a_check_an_answer_and_a_profile_itself() -> None:
    app, grant = given.app(), given.grant()
    renewed = app.refresh(grant).read(200, given.tokens(access_token="new"), SENT_AT + 1)  # noqa: S106
    assert renewed.expose_access_token() == "new"
    assert renewed.refresh_token_ends_at == grant.refresh_token_ends_at
    assert app.check(grant).read(200, given.refusal(0)).valid
    call = app.profile(grant, "en")
    assert call.url.endswith("&lang=en")
    profile = call.read(200, given.profile())
    assert isinstance(profile, Profile)
    assert profile.nickname == "小满"


def test_a_check_answers_yes_or_no() -> None:
    app, grant = given.app(), given.grant()
    no = app.check(grant).read(200, given.refusal(40003, "invalid openid"))
    assert isinstance(no, Validity)
    assert not no
    assert no.refusal is not None
    assert (no.refusal.errcode, no.refusal.name) == (40003, "invalid_openid")
    assert no.to_json().startswith('{"valid":false,"error":{"kind":"refused","errcode":40003,')
    yes = app.check(grant).read(200, given.refusal(0))
    assert yes
    assert yes.refusal is None
    assert yes.to_json() == '{"valid":true}'
    assert yes == app.check(grant).read(200, given.refusal(0))
    assert yes != no


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, bytes.decode])
def test_a_body_may_be_bytes_in_any_form_or_text(kind: type) -> None:
    body: Union[bytes, bytearray, memoryview, str] = kind(given.tokens())
    read = given.app().exchange(given.code()).read(200, body)
    assert isinstance(read, Grant)
    assert read.openid == OPENID


def test_part_of_a_buffer_is_read_as_that_part() -> None:
    tokens = given.tokens()
    assert given.app().exchange(given.code()).read(200, memoryview(b"xx" + tokens + b"x")[2:-1])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, bytes.decode])
def test_a_body_that_is_too_long_is_read_no_further_than_its_limit(kind: type) -> None:
    for length in (64 * 1024 + 1, 10_000_000):
        call = given.app().profile(given.grant())
        with pytest.raises(MalformedAnswer) as caught:
            call.read(200, kind(b" " * length))
        assert caught.value.reason == "too_large"


def test_a_text_that_no_bytes_can_have_made_is_an_answer_that_cannot_be_read() -> None:
    with pytest.raises(MalformedAnswer) as caught:
        given.app().profile(given.grant()).read(200, given.profile().decode() + "\ud800")
    assert caught.value.reason == "not_json"


def test_a_lone_surrogate_within_a_name_is_replaced() -> None:
    body = given.profile().decode().replace("小满", "小\ud800满")
    assert "小" in given.app().profile(given.grant()).read(200, body).nickname


def test_a_refusal_tells_what_to_do() -> None:
    with pytest.raises(Refused) as caught:
        given.app().exchange(given.code()).read(
            200, given.refusal(40029, "invalid code, rid: 5f1e7a2b-0d6c8e4f-11223344")
        )
    error = caught.value
    assert (error.kind, error.reason, error.errcode) == ("refused", "invalid_code", 40029)
    assert (error.name, error.message) == ("invalid_code", "invalid code")
    assert error.request_id == "5f1e7a2b-0d6c8e4f-11223344"
    assert error.operation == "exchange"
    assert error.advice is Advice.RESTART_AUTHORIZATION
    assert error.document.startswith('{"error":{"kind":"refused","errcode":40029,')


def test_an_unknown_code_has_no_name() -> None:
    with pytest.raises(Refused) as caught:
        given.app().refresh(given.grant()).read(200, given.refusal(-7777))
    assert (caught.value.name, caught.value.reason) == (None, "unknown_errcode")


def test_an_answer_that_cannot_be_read_tells_where_and_nothing_of_it() -> None:
    with pytest.raises(MalformedAnswer) as caught:
        given.app().exchange(given.code()).read(200, b"<html>\n")
    error = caught.value
    assert (error.status, error.reason, error.operation) == (200, "not_json", "exchange")
    assert (error.line, error.column) == (1, 1)
    with pytest.raises(MalformedAnswer) as caught:
        given.app().profile(given.grant()).read(200, given.profile(openid="oOther"))
    assert (caught.value.reason, caught.value.field) == ("openid_mismatch", "openid")
    assert caught.value.line is None


def test_a_lost_answer_is_raised_with_the_advice_that_fits_the_call() -> None:
    with pytest.raises(TransportError) as caught:
        given.app().exchange(given.code()).lost("timeout", "request")
    error = caught.value
    assert (error.reason, error.phase, error.operation) == ("timeout", "request", "exchange")
    assert error.advice is Advice.RESTART_AUTHORIZATION
    with pytest.raises(TransportError) as caught:
        given.app().check(given.grant()).lost("connect", "connect")
    assert caught.value.advice is Advice.RETRY_LATER


def test_a_call_is_used_once() -> None:
    call = given.app().exchange(given.code())
    call.read(200, given.tokens())
    for again in (
        lambda: call.read(200, given.tokens()),
        lambda: call.lost("timeout", "request"),
        lambda: call.url,
        lambda: call.redacted_url,
    ):
        with pytest.raises(MisuseError) as caught:
            again()
        assert caught.value.reason == "finished"
    assert call.operation == "exchange"
    assert repr(call) == "Call(exchange, finished)"


def test_wrong_arguments_use_no_call_up() -> None:
    call = given.app().exchange(given.code())
    with pytest.raises(TypeError, match="body has to be bytes"):
        call.read(200, None)  # type: ignore[arg-type]
    with pytest.raises(MisuseError) as caught:
        call.read(70_000, b"")
    assert caught.value.reason == "out_of_range"
    with pytest.raises(ConfigurationError) as unknown:
        call.lost("sunspots", "request")  # type: ignore[arg-type]
    assert unknown.value.reason == "reason"
    assert isinstance(call.read(200, given.tokens()), Grant)


def test_a_call_can_be_driven_as_a_flow() -> None:
    call = given.app().exchange(given.code())
    flow = call.as_flow()
    step = flow.step()
    assert isinstance(step, Send)
    assert step.url == call.url
    flow.answer(200, given.tokens(), SENT_AT)
    assert isinstance(flow.step(), Done)
    assert isinstance(flow.finish(), Grant)
    with pytest.raises(MisuseError):
        call.read(200, given.tokens())


def test_a_token_is_never_thought_to_live_longer_than_it_does() -> None:
    before = int(time.time())
    call = given.app().exchange(given.code())
    assert call.url
    sent = int(time.time())
    grant = call.read(200, given.tokens())
    assert isinstance(grant, Grant)
    assert before + 7200 <= grant.expires_at <= sent + 7200


def test_a_time_may_be_a_fraction() -> None:
    grant = given.app().exchange(given.code()).read(200, given.tokens(), SENT_AT + 0.9)
    assert isinstance(grant, Grant)
    assert grant.expires_at == SENT_AT + 7200


@pytest.mark.parametrize(
    "sent_at", [-1, -0.5, float("nan"), float("inf"), SENT_AT * 1000, SENT_AT * 1e3, 2**64, 1e300]
)
def test_a_time_that_cannot_be_is_refused(sent_at: float) -> None:
    call = given.app().exchange(given.code())
    with pytest.raises(MisuseError) as caught:
        call.read(200, given.tokens(), sent_at)
    assert caught.value.reason == "out_of_range"


def test_the_furthest_time_is_the_end_of_the_year_9999() -> None:
    grant = given.app().exchange(given.code()).read(200, given.tokens(), 253402300799)
    assert isinstance(grant, Grant)
    assert grant.expires_at == 253402300799 + 7200


def test_a_call_is_for_its_apps_host_and_no_other() -> None:
    elsewhere = App.official_account(APPID, SECRET, base_url="http://127.0.0.1:8080")
    call, flow = given.app().exchange(given.code()), elsewhere.renew(given.grant())
    assert call.is_for(given.app())
    assert not call.is_for(elsewhere)
    assert flow.is_for(elsewhere)
    assert not flow.is_for(given.app())


def test_another_applications_grant_and_code_are_refused() -> None:
    other = App.official_account("wxother", SECRET)
    grant = given.grant()
    for call in (other.refresh, other.check, other.profile, other.renew):
        with pytest.raises(ConfigurationError) as caught:
            call(grant)
        assert caught.value.reason == "app_mismatch"
    silent = given.grant(scope="snsapi_base")
    with pytest.raises(ConfigurationError) as caught:
        given.app().profile(silent)
    assert caught.value.advice is Advice.ASK_USERINFO_CONSENT


def test_tokens_are_in_urls_only() -> None:
    grant = given.grant()
    assert ACCESS_TOKEN in given.app().check(grant).url
    assert REFRESH_TOKEN in given.app().refresh(grant).url
    assert isinstance(given.snapshot(), Snapshot)
