"""From an application to the authorize URL."""

from __future__ import annotations

from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

import given
import pytest
from given import APPID, CALLBACK, COMPONENT_TOKEN, SECRET, STATE
from wechat_oauth import App, ConfigurationError, Scope


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_an_official_account_sends_people_to_the_official_page() -> None:
    url, pending = given.app().login(Scope.USERINFO, CALLBACK).begin(STATE)
    assert url == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef"
        "&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback&response_type=code"
        f"&scope=snsapi_userinfo&state={STATE}#wechat_redirect"
    )
    assert (pending.appid, pending.scope, pending.expose_state()) == (APPID, Scope.USERINFO, STATE)


def test_a_website_app_sends_people_to_the_qr_page() -> None:
    login = App.website_app(APPID, SECRET).login("snsapi_login", CALLBACK, lang="en")
    url, _ = login.begin()
    assert urlsplit(url).path == "/connect/qrconnect"
    assert query(url)["lang"] == "en"
    assert (login.scope, login.redirect_uri) == (Scope.LOGIN, CALLBACK)


def test_a_component_names_itself_too() -> None:
    url, _ = given.component().login("snsapi_base", CALLBACK).begin()
    assert query(url)["component_appid"] == "wxcomponent"


def test_the_token_of_a_component_is_added_for_a_call() -> None:
    without = App.component(APPID, "wxcomponent")
    with pytest.raises(ConfigurationError) as caught:
        without.exchange(given.code())
    assert caught.value.reason == "component_token_missing"
    call = without.with_component_access_token(COMPONENT_TOKEN).exchange(given.code())
    assert f"component_access_token={COMPONENT_TOKEN}" in call.url


def test_options_go_into_the_url() -> None:
    login = given.app().login(
        "snsapi_base", CALLBACK, force_popup=True, force_snapshot=False, connect_redirect=True
    )
    asked = query(login.begin()[0])
    assert asked["forcePopup"] == "true"
    assert asked["forceSnapShot"] == "false"
    assert asked["connect_redirect"] == "1"


def test_each_login_draws_a_state_of_its_own() -> None:
    login = given.app().login("snsapi_base", CALLBACK)
    states = {login.begin()[1].expose_state() for _ in range(100)}
    assert len(states) == 100
    assert all(len(state) == 64 for state in states)


def test_an_app_may_live_in_an_emulator_on_this_machine() -> None:
    app = App.official_account(APPID, SECRET, base_url="http://127.0.0.1:8080")
    assert app.login("snsapi_base", CALLBACK).begin()[0].startswith("http://127.0.0.1:8080/")
    assert app.exchange(given.code()).url.startswith("http://127.0.0.1:8080/")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: App.official_account("", SECRET), "invalid_value"),
        (lambda: App.official_account(APPID, "two words"), "invalid_value"),
        (lambda: App.official_account(APPID, "\u79d8\u5bc6"), "invalid_value"),
        (lambda: App.official_account(APPID, SECRET, base_url="https://example.com"), "endpoint"),
        (lambda: given.app().login("snsapi_login", CALLBACK), "scope_not_for_account"),
        (lambda: given.app().login("openid", CALLBACK), "scope"),
        (lambda: given.app().login("snsapi_base", "example.com"), "redirect_uri"),
        (lambda: given.app().login("snsapi_base", CALLBACK, lang="cn"), "option_not_on_page"),
        (lambda: given.app().login("snsapi_base", CALLBACK).begin("no-state"), "invalid_value"),
        (lambda: given.app().login("snsapi_base", CALLBACK).begin(""), "invalid_value"),
        (lambda: given.app().with_component_access_token("x"), "options"),
        (lambda: App.official_account(APPID, None).exchange(given.code()), "secret_missing"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    make: Callable[[], Any], reason: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert caught.value.reason == reason
    assert caught.value.kind == "configuration"


def test_the_script_gets_its_argument_as_a_dict() -> None:
    login = App.website_app(APPID, SECRET).login("snsapi_login", CALLBACK)
    _, pending = login.begin(STATE)
    assert login.wx_login(pending, style="white", stylelite=1, self_redirect=True) == {
        "appid": APPID,
        "scope": "snsapi_login",
        "redirect_uri": "https%3A%2F%2Fexample.com%2Fcallback",
        "state": STATE,
        "self_redirect": True,
        "style": "white",
        "stylelite": 1,
    }
    with pytest.raises(ConfigurationError):
        given.app().login("snsapi_base", CALLBACK).wx_login(pending)
