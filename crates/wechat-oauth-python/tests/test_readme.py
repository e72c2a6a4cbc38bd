"""The code of the README, whose blocks are lines of this file: a change here is a change there."""

# ruff: noqa: F841

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import httpx
import pytest
from servers import Emulator, emulator, misbehaved, path_of
from wechat_oauth import App, Client, Code, Grant, Pending, Person, Snapshot

if TYPE_CHECKING:
    from collections.abc import Generator

    from flask.testing import FlaskClient

Visitor = Union[Person, Snapshot]
HERE = "http://localhost:8000"
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(autouse=True, scope="session")
def command() -> Generator[None]:
    """The program is where the shell finds it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(path_of("WECHAT_OAUTH_COMMAND")).parent
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        # The site of the examples, as if its folder were the current one.
        patch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        yield


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

    url, pending = login.begin()
    session["wechat"] = pending.to_json()
    query = back_from(running, url, answer)
    code = Pending.from_json(session.pop("wechat")).accept(query)
    visitor = client.run(wechat.sign_in(code))
    if isinstance(visitor, Snapshot):
        page = "Please continue with the full service (使用完整服务)."
    else:
        session["openid"] = visitor.openid
    assert (answer == "snapshot") == ("openid" not in session)


def test_a_call_is_sent_by_any_client(running: Emulator, app: App) -> None:
    code = code_of(running, app)
    with httpx.Client(trust_env=False) as http:
        call = app.exchange(code)
        answer = http.get(call.url, follow_redirects=False, timeout=5)
        grant = call.read(answer.status_code, answer.content)
    assert isinstance(grant, Grant)


def test_a_flow_is_driven_by_any_client(running: Emulator, app: App) -> None:
    code = code_of(running, app)
    misbehaved(running, "wx-busy", "exchange")
    with httpx.Client(trust_env=False) as http:
        import time

        from wechat_oauth import Done, Wait

        flow = app.sign_in(code)
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
    ("fault", "endpoint", "shown"),
    [
        (None, "exchange", "hello"),
        ("wx-quota", "exchange", "Please try again in a minute."),
        ("wx-code-invalid", "exchange", "restart_authorization"),
        ("wx-quota", "profile", "hello"),
    ],
)
def test_errors_say_what_to_do(
    running: Emulator, app: App, fault: str | None, endpoint: str, shown: str
) -> None:
    url, pending = app.login("snsapi_userinfo", f"{HERE}/wechat/callback").begin()
    session, query = {"wechat": pending.to_json()}, back_from(running, url)
    if fault:
        misbehaved(running, fault, endpoint)
    wechat, client = app, Client(app)
    page = log_in_with(wechat, client, session, query)
    assert page == shown
    assert not session


def test_a_stray_link_ends_nobodys_login(app: App) -> None:
    _, pending = app.login("snsapi_userinfo", f"{HERE}/wechat/callback").begin()
    session = {"wechat": pending.to_json()}
    assert log_in_with(app, Client(app), session, "code=C0DE&state=a") == "state_mismatch"
    assert Pending.from_json(session["wechat"]) == pending


def log_in_with(wechat: App, client: Client, session: dict[str, str], query: str) -> str:
    from wechat_oauth import Advice, CallbackError, ProfileUnread, WechatOAuthError

    try:
        code = Pending.from_json(session.pop("wechat")).accept(query)
        visitor = client.run(wechat.sign_in(code))
    except CallbackError as error:
        if error.pending:
            session["wechat"] = error.pending.to_json()
        return error.reason
    except ProfileUnread as error:
        grant = error.grant
    except WechatOAuthError as error:
        if error.advice is Advice.RETRY_LATER:
            return "Please try again in a minute."
        return error.advice
    return "hello"


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

    person = client.run(wechat.sign_in(code_of(running, app)))
    assert isinstance(person, Person)
    stored[person.appid, person.openid] = encrypt(person.grant.expose_for_storage())
    before = dict(stored)
    now = person.grant.expires_at - 7200 + age
    nickname = running.control("GET", "users")[0]["nickname"]
    assert again(person.appid, person.openid) == (
        "Please sign in again." if age > 7200 else nickname
    )
    assert (stored != before) == (age == 7200)


@pytest.fixture(scope="session")
def wechat() -> Generator[dict[str, Any]]:
    command = ["wechat-oauth", "emulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout
        yield json.loads(emulator.stdout.readline())
        emulator.terminate()


@pytest.fixture
def site(wechat: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    account = wechat["accounts"][0]
    monkeypatch.setenv("WECHAT_APPID", account["appid"])
    monkeypatch.setenv("WECHAT_SECRET", account["secret"])
    monkeypatch.setenv("WECHAT_BASE_URL", wechat["base_url"])
    monkeypatch.setenv("SITE_URL", "http://localhost")
    monkeypatch.setenv("SITE_KEY", "a key for tests")
    from flask_site import site  # type: ignore[import-not-found, unused-ignore]  # pyright: ignore[reportMissingImports]

    browser: FlaskClient = site.test_client()
    return browser


def callback_of(wechat: dict[str, Any], url: str | None, answer: str) -> str:
    control = f"{wechat['base_url']}/_emulator"
    user = httpx.get(f"{control}/users").json()[0]["id"]
    asked = {"authorize_url": url, "user": user, "answer": answer}
    callback: str = httpx.post(f"{control}/authorize", json=asked).json()["callback_urls"][0]
    return callback


def test_somebody_logs_in(wechat: dict[str, Any], site: FlaskClient) -> None:
    callback = callback_of(wechat, site.get("/login").location, "allow")
    assert site.get(callback).location == "/"
    assert "<h1>" in site.get("/").text


def test_a_snapshot_visitor_is_nobody(wechat: dict[str, Any], site: FlaskClient) -> None:
    callback = callback_of(wechat, site.get("/login").location, "snapshot")
    assert "使用完整服务" in site.get(callback).text
    assert "微信登录" in site.get("/").text
