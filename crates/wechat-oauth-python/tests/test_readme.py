"""The code of the README, whose blocks are lines of this file: a change here is a change there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Union

import httpx
import pytest
from flask import redirect
from servers import Emulator, emulator, misbehaved
from wechat_oauth import App, Client, Code, Grant, Pending, Person, Snapshot

if TYPE_CHECKING:
    from collections.abc import Generator

    from werkzeug.wrappers import Response

Visitor = Union[Person, Snapshot]
HERE = "http://localhost:8000"
PLEASE_CONTINUE = "Please continue with the full service (使用完整服务)."


@pytest.fixture(scope="module")
def running() -> Generator[Emulator]:
    with emulator() as running:
        yield running


@pytest.fixture
def app(running: Emulator) -> App:
    account = running.accounts["official_account"]
    return App.official_account(account["appid"], account["secret"], base_url=running.base_url)


def back_from(running: Emulator, url: str, answer: str = "allow") -> str:
    user = running.control("GET", "users")[0]["id"]
    asked = {"authorize_url": url, "user": user, "answer": answer}
    [callback] = running.control("POST", "authorize", asked)["callback_urls"]
    return str(callback).partition("?")[2]


def shown(page: str | Response) -> str | None:
    return page if isinstance(page, str) else page.location


def code_of(running: Emulator, app: App) -> Code:
    url, pending = app.login("snsapi_userinfo", f"{HERE}/wechat/callback").begin()
    return pending.accept(back_from(running, url))


@pytest.mark.parametrize("answer", ["allow", "snapshot"])
def test_a_login_in_ten_lines(running: Emulator, answer: str) -> None:
    account = running.accounts["official_account"]
    appid, secret, base_url = account["appid"], account["secret"], running.base_url
    session: dict[str, str] = {}

    from wechat_oauth import App, Client, Pending, Snapshot

    wechat = App.official_account(appid, secret, base_url=base_url)
    login = wechat.login("snsapi_userinfo", "http://localhost:8000/wechat/callback")
    client = Client(wechat)

    def callback(query: str) -> str | Response:
        if "wechat" not in session:
            return redirect("/")
        code = Pending.from_json(session.pop("wechat")).accept(query)
        visitor = client.run(wechat.sign_in(code))
        if isinstance(visitor, Snapshot):
            return "Please continue with the full service (使用完整服务)."
        session.clear()
        session["openid"] = visitor.openid
        return redirect("/")

    url, pending = login.begin()
    session["wechat"] = pending.to_json()
    query = back_from(running, url, answer)
    assert shown(callback(query)) == ("/" if answer == "allow" else PLEASE_CONTINUE)
    assert ("openid" in session) == (answer == "allow")
    assert shown(callback(query)) == "/"


def test_a_call_is_sent_by_any_client(running: Emulator, app: App) -> None:
    code = code_of(running, app)
    with httpx.Client(trust_env=False) as http:
        wechat = app
        call = wechat.exchange(code)
        answer = http.get(call.url, follow_redirects=False, timeout=5)
        grant = call.read(answer.status_code, answer.content)
    assert isinstance(grant, Grant)


def test_a_flow_is_driven_by_any_client(running: Emulator, app: App) -> None:
    code = code_of(running, app)
    misbehaved(running, "wx-busy", "exchange")
    with httpx.Client(trust_env=False) as http:
        wechat = app

        import time

        from wechat_oauth import Done, Wait

        flow = wechat.sign_in(code)
        while not isinstance(step := flow.step(), Done):
            if isinstance(step, Wait):
                time.sleep(step.seconds)
                flow.waited()
                continue
            try:
                answer = http.get(step.url, follow_redirects=False, timeout=5)
            except httpx.HTTPError:
                flow.lost("other", "request")
            else:
                flow.answer(answer.status_code, answer.content)
        visitor = flow.finish()
    assert isinstance(visitor, Person)


@pytest.mark.parametrize(
    ("fault", "endpoint", "page"),
    [
        (None, "exchange", "/"),
        ("wx-snapshot", "exchange", PLEASE_CONTINUE),
        ("wx-quota", "exchange", "Please try again in a minute."),
        ("wx-code-invalid", "exchange", "restart_authorization"),
        ("wx-quota", "profile", "/"),
    ],
)
def test_errors_say_what_to_do(
    running: Emulator, app: App, fault: str | None, endpoint: str, page: str
) -> None:
    url, pending = app.login("snsapi_userinfo", f"{HERE}/wechat/callback").begin()
    session, query = {"wechat": pending.to_json()}, back_from(running, url)
    if fault:
        misbehaved(running, fault, endpoint)
    assert shown(log_in_with(app, Client(app), session, query)) == page
    assert list(session) == (["openid"] if page == "/" else [])
    assert shown(log_in_with(app, Client(app), session, query)) == "/"


def test_a_stray_link_ends_nobodys_login(app: App) -> None:
    _, pending = app.login("snsapi_userinfo", f"{HERE}/wechat/callback").begin()
    session = {"wechat": pending.to_json()}
    page = log_in_with(app, Client(app), session, "code=C0DE&state=a")
    assert page == "restart_authorization"
    assert Pending.from_json(session["wechat"]) == pending


def log_in_with(wechat: App, client: Client, session: dict[str, str], query: str) -> str | Response:
    from wechat_oauth import Advice, CallbackError, ProfileUnread, WechatOAuthError

    if "wechat" not in session:
        return redirect("/")
    try:
        code = Pending.from_json(session.pop("wechat")).accept(query)
        visitor = client.run(wechat.sign_in(code))
        if isinstance(visitor, Snapshot):
            return "Please continue with the full service (使用完整服务)."
        openid = visitor.openid
    except ProfileUnread as error:
        openid = error.grant.openid
    except WechatOAuthError as error:
        if isinstance(error, CallbackError) and error.pending:
            session["wechat"] = error.pending.to_json()
        if error.advice is Advice.RETRY_LATER:
            return "Please try again in a minute."
        return error.advice
    session.clear()
    session["openid"] = openid
    return redirect("/")


def test_async_is_the_same_with_a_word_more(running: Emulator, app: App) -> None:
    async def finish(wechat: App, pending: Pending, query: str) -> Visitor:
        from wechat_oauth import AsyncClient

        async with AsyncClient(wechat) as client:
            return await client.run(wechat.sign_in(pending.accept(query)))

    url, pending = app.login("snsapi_userinfo", f"{HERE}/wechat/callback").begin()
    visitor = asyncio.run(finish(app, pending, back_from(running, url)))
    assert isinstance(visitor, Person)


@pytest.mark.parametrize("age", [0, 7200, 31 * 24 * 60 * 60])
def test_a_grant_is_kept_and_renewed(running: Emulator, app: App, age: int) -> None:
    wechat, client = app, Client(app)
    stored: dict[tuple[str, str], bytes] = {}

    def encrypt(text: str) -> bytes:
        return text[::-1].encode()

    def decrypt(data: bytes) -> str:
        return data.decode()[::-1]

    def again(appid: str, openid: str) -> str:
        from wechat_oauth import Freshness, Grant

        grant = Grant.from_storage(decrypt(stored[appid, openid]))
        freshness = grant.at(now)
        if freshness is Freshness.OVER:
            return "Please sign in again."
        if freshness is Freshness.RENEW:
            grant = client.run(wechat.renew(grant))
            stored[grant.appid, grant.openid] = encrypt(grant.expose_for_storage())
        return client.send(wechat.profile(grant)).nickname

    visitor = client.run(wechat.sign_in(code_of(running, app)))
    assert isinstance(visitor, Person)
    stored[visitor.appid, visitor.openid] = encrypt(visitor.grant.expose_for_storage())
    before = dict(stored)
    now = visitor.grant.expires_at - 7200 + age
    nickname = running.control("GET", "users")[0]["nickname"]
    assert again(visitor.appid, visitor.openid) == (
        "Please sign in again." if age > 7200 else nickname
    )
    assert (stored != before) == (age == 7200)
