"""Flows, driven by hand."""

from __future__ import annotations

import time
from typing import Callable, Union

import given
import pytest
from given import OPENID, SENT_AT
from wechat_oauth import (
    Advice,
    App,
    Done,
    Flow,
    Grant,
    MisuseError,
    Person,
    ProfileUnread,
    Refused,
    Send,
    Snapshot,
    TransportError,
    Wait,
)

SignIn = Flow[Union[Person, Snapshot]]


def sign_in(app: App = given.app()) -> SignIn:  # noqa: B008 - it never changes
    return app.sign_in(given.code())


def test_a_sign_in_asks_who_it_is_and_then_for_the_profile() -> None:
    flow = sign_in()
    step = flow.step()
    assert isinstance(step, Send)
    assert step.operation == "exchange"
    assert repr(flow) == "Flow(send, exchange)"
    flow.answer(200, given.tokens(), SENT_AT)
    step = flow.step()
    assert isinstance(step, Send)
    assert step.operation == "profile"
    flow.answer(200, given.profile(unionid="u1"), SENT_AT)
    assert isinstance(flow.step(), Done)
    person = flow.finish()
    assert isinstance(person, Person)
    assert (person.appid, person.openid, person.unionid) == (given.APPID, OPENID, "u1")
    assert person.profile is not None
    assert person.profile.nickname == "小满"
    assert person.grant is person.grant
    assert person.grant.unionid is None


def test_a_silent_sign_in_has_no_profile() -> None:
    flow = sign_in()
    flow.answer(200, given.tokens(scope="snsapi_base"))
    person = flow.finish()
    assert isinstance(person, Person)
    assert person.profile is None


def test_a_snapshot_visitor_signs_nobody_in() -> None:
    flow = sign_in()
    flow.answer(200, given.tokens(is_snapshotuser=1))
    assert isinstance(flow.finish(), Snapshot)


def test_a_busy_answer_is_asked_for_again_after_a_wait() -> None:
    flow = sign_in()
    flow.answer(200, given.refusal(-1, "system error"))
    waits = []
    for _ in range(2):
        step = flow.step()
        assert isinstance(step, Wait)
        assert repr(flow) == f"Flow(wait, {step.seconds:g})"
        waits.append(step.seconds)
        flow.waited()
        assert isinstance(flow.step(), Send)
        flow.answer(200, given.refusal(-1, "system error"))
    assert waits == [1.0, 2.0]
    assert isinstance(flow.step(), Done)
    with pytest.raises(Refused) as caught:
        flow.finish()
    assert caught.value.advice is Advice.RETRY_LATER


def test_a_profile_that_cannot_be_read_gives_the_grant_back() -> None:
    flow = sign_in()
    flow.answer(200, given.tokens(), SENT_AT)
    flow.answer(200, given.refusal(45011, "frequency limit"))
    with pytest.raises(ProfileUnread) as caught:
        flow.finish()
    error = caught.value
    assert error.grant == given.grant()
    assert isinstance(error.cause, Refused)
    assert error.cause.errcode == 45011
    assert (error.kind, error.reason, error.advice) == (
        error.cause.kind,
        error.cause.reason,
        error.cause.advice,
    )
    assert error.document == error.cause.document
    assert given.ACCESS_TOKEN in error.expose_document()


def test_each_cause_of_an_unread_profile_is_an_exception_of_its_own() -> None:
    flow = sign_in()
    flow.answer(200, given.tokens())
    for _ in range(2):
        flow.lost("timeout", "body")
        flow.waited()
    flow.lost("timeout", "body")
    with pytest.raises(ProfileUnread) as caught:
        flow.finish()
    assert isinstance(caught.value.cause, TransportError)
    assert caught.value.cause.phase == "body"
    flow = sign_in()
    flow.answer(200, given.tokens())
    flow.answer(200, b"<html>")
    with pytest.raises(ProfileUnread, match="profile could not be read") as caught:
        flow.finish()
    assert caught.value.cause.kind == "malformed"


def test_a_renewal_repeats_a_lost_answer() -> None:
    flow = given.app().renew(given.grant())
    flow.lost("closed", "body")
    assert isinstance(flow.step(), Wait)
    flow.waited()
    flow.answer(200, given.tokens(access_token="new"), SENT_AT + 1)  # noqa: S106
    renewed = flow.finish()
    assert isinstance(renewed, Grant)
    assert renewed.replaces(given.grant(), SENT_AT + 1)


def test_what_was_not_asked_for_changes_nothing() -> None:
    flow = sign_in()
    with pytest.raises(MisuseError) as caught:
        flow.finish()
    assert caught.value.reason == "not_done"
    with pytest.raises(MisuseError) as caught:
        flow.waited()
    assert caught.value.reason == "not_waiting"
    flow.answer(200, given.refusal(-1))
    events: list[Callable[[], None]] = [
        lambda: flow.answer(200, given.tokens()),
        lambda: flow.lost("timeout", "request"),
    ]
    for event in events:
        with pytest.raises(MisuseError) as caught:
            event()
        assert caught.value.reason == "not_sending"
    flow.waited()
    flow.answer(200, given.tokens(scope="snsapi_base"))
    with pytest.raises(MisuseError) as caught:
        flow.answer(200, given.tokens())
    assert caught.value.reason == "not_sending"
    assert isinstance(flow.finish(), Person)


def test_a_result_is_given_out_once() -> None:
    flow = sign_in()
    flow.answer(200, given.refusal(40029))
    with pytest.raises(Refused):
        flow.finish()
    events: list[Callable[[], object]] = [
        flow.finish,
        flow.step,
        flow.waited,
        lambda: flow.answer(200, b""),
        lambda: flow.lost("timeout", "request"),
    ]
    for event in events:
        with pytest.raises(MisuseError) as caught:
            event()
        assert caught.value.reason == "finished"
    assert repr(flow) == "Flow(finished)"


def test_a_flow_counts_from_when_it_first_asked() -> None:
    flow = sign_in()
    before = int(time.time())
    flow.step()
    asked = int(time.time())
    flow.step()
    flow.answer(200, given.tokens(scope="snsapi_base"))
    person = flow.finish()
    assert isinstance(person, Person)
    assert before + 7200 <= person.grant.expires_at <= asked + 7200
