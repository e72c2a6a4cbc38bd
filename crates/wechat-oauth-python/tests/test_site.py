"""The README's tests of a site, in the file that they make: a change here is a change there."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from wechat_oauth import App, Client, Freshness, Person


@pytest.fixture(scope="session")
def wechat() -> Iterator[dict[str, Any]]:
    command = ["wechat-oauth", "emulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout
        yield json.loads(emulator.stdout.readline())
        emulator.terminate()


@pytest.fixture
def site(wechat: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    httpx.delete(f"{wechat['base_url']}/_emulator/faults")  # those of the test before
    account = wechat["accounts"][0]
    monkeypatch.setenv("WECHAT_APPID", account["appid"])
    monkeypatch.setenv("WECHAT_SECRET", account["secret"])
    monkeypatch.setenv("WECHAT_BASE_URL", wechat["base_url"])
    monkeypatch.setenv("SITE_URL", "http://localhost")
    monkeypatch.setenv("SITE_KEY", "a key for tests")
    from flask_site import site  # type: ignore[import-not-found, unused-ignore]  # pyright: ignore[reportMissingImports]

    browser: FlaskClient = site.test_client()
    return browser


def callback_of(wechat: dict[str, Any], site: FlaskClient, answer: str) -> str:
    control = f"{wechat['base_url']}/_emulator"
    user = httpx.get(f"{control}/users").json()[0]["id"]
    asked = {"authorize_url": site.get("/login").location, "user": user, "answer": answer}
    callback: str = httpx.post(f"{control}/authorize", json=asked).json()["callback_urls"][0]
    return callback


def test_somebody_logs_in(wechat: dict[str, Any], site: FlaskClient) -> None:
    assert site.get(callback_of(wechat, site, "allow")).location == "/"
    assert "<h1>" in site.get("/").text


def test_a_snapshot_visitor_is_not_signed_in(wechat: dict[str, Any], site: FlaskClient) -> None:
    assert "使用完整服务" in site.get(callback_of(wechat, site, "snapshot")).text
    assert "微信登录" in site.get("/").text


def test_a_lost_answer_is_not_asked_for_again(wechat: dict[str, Any], site: FlaskClient) -> None:
    fault = {"name": "wx-lost-answer", "endpoint": "exchange", "next": 2}
    httpx.post(f"{wechat['base_url']}/_emulator/faults", json=fault)
    assert "请重试" in site.get(callback_of(wechat, site, "allow")).text
    waiting = httpx.get(f"{wechat['base_url']}/_emulator/faults").json()["next"]
    assert [fault["remaining"] for fault in waiting] == [1]


def test_a_login_after_a_fault_is_as_usual(wechat: dict[str, Any], site: FlaskClient) -> None:
    test_somebody_logs_in(wechat, site)


def test_a_token_is_renewed_when_it_is_two_hours_old(wechat: dict[str, Any]) -> None:
    account = wechat["accounts"][0]
    app = App.official_account(account["appid"], account["secret"], base_url=wechat["base_url"])
    user = httpx.get(f"{wechat['base_url']}/_emulator/users").json()[0]["id"]
    url, pending = app.login("snsapi_userinfo", "http://localhost/wechat/callback").begin()
    asked = {"authorize_url": url, "user": user, "answer": "allow"}
    answer = httpx.post(f"{wechat['base_url']}/_emulator/authorize", json=asked).json()
    client = Client(app)
    person = client.run(app.sign_in(pending.accept(answer["callback_urls"][0])))
    assert isinstance(person, Person)
    grant = person.grant

    control = f"{wechat['base_url']}/_emulator"
    httpx.post(f"{control}/clock", json={"advance": 7300})
    now = httpx.get(f"{control}/clock").json()["now"]  # seconds since 1970
    assert grant.at(now) is Freshness.RENEW
    grant = client.run(app.renew(grant))
    assert client.send(app.profile(grant)).nickname
    assert grant.at() is Freshness.FRESH


pytestmark = pytest.mark.usefixtures("installed")
