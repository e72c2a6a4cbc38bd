"""The sites of `examples`, run as they stand, with a browser that logs in."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from servers import Emulator, emulator, free_port, misbehaved, site

if TYPE_CHECKING:
    from collections.abc import Generator

EXAMPLES = Path(__file__).parent.parent / "examples"
SITES = {
    "flask_site": ["flask", "--app", "flask_site", "run", "--port"],
    "fastapi_site": ["uvicorn", "fastapi_site:site", "--port"],
}
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"}
MOST_LINES = 59


@pytest.fixture(scope="module")
def wechat() -> Generator[Emulator]:
    with emulator("--auto-consent", "--wechat-only") as wechat:
        yield wechat


@pytest.fixture(scope="module", params=SITES)
def home(request: pytest.FixtureRequest, wechat: Emulator) -> Generator[str]:
    port, account = free_port(), wechat.accounts["official_account"]
    home = f"http://127.0.0.1:{port}"
    environment = {
        "PYTHONPATH": str(EXAMPLES),
        "WECHAT_APPID": account["appid"],
        "WECHAT_SECRET": account["secret"],
        "WECHAT_BASE_URL": wechat.base_url,
        "SITE_URL": home,
        "SITE_KEY": "a key for tests alone",
    }
    with site([*SITES[request.param], str(port)], port, environment):
        yield home


@pytest.fixture
def browser() -> Generator[httpx.Client]:
    with httpx.Client(headers=IN_WECHAT, follow_redirects=True, trust_env=False) as browser:
        yield browser


def callback_of(browser: httpx.Client, home: str, wechat: Emulator, answer: str = "allow") -> str:
    """Begin a login, and answer the consent page: the callback, which is not visited yet."""
    url = browser.get(f"{home}/login", follow_redirects=False).headers["location"]
    users = wechat.control("GET", "users")
    asked = {"authorize_url": url, "user": users[0]["id"], "answer": answer}
    [callback] = wechat.control("POST", "authorize", asked)["callback_urls"]
    return str(callback)


def test_an_example_is_short() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in EXAMPLES.iterdir()}
    assert {f"{name}.py" for name in SITES} <= lengths.keys()
    assert all(0 < length <= MOST_LINES for length in lengths.values()), lengths


def test_somebody_logs_in(home: str, browser: httpx.Client, wechat: Emulator) -> None:
    assert "微信登录" in browser.get(home).text
    profile = browser.get(f"{home}/login")
    assert profile.url.path == "/"
    person = wechat.control("GET", "users")[0]
    assert person["nickname"] in profile.text
    assert wechat.openid_of(person) in profile.text
    assert browser.get(home).text == profile.text


def test_the_session_holds_what_its_browser_may_know(home: str, browser: httpx.Client) -> None:
    browser.get(f"{home}/login", follow_redirects=False)
    assert session_of(browser).keys() == {"wechat"}
    browser.get(f"{home}/login")
    assert session_of(browser).keys() == {"openid", "nickname"}
    [cookie] = browser.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly") or cookie.has_nonstandard_attr("httponly")


def session_of(browser: httpx.Client) -> dict[str, Any]:
    """Read a session as its browser can. Flask packs a long one, and says so by a dot."""
    value = browser.cookies["session"]
    part = value.lstrip(".").partition(".")[0]
    packed = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    session: dict[str, Any] = json.loads(zlib.decompress(packed) if value[0] == "." else packed)
    return session


def test_a_snapshot_visitor_is_asked_to_leave_the_snapshot(
    home: str, browser: httpx.Client, wechat: Emulator
) -> None:
    page = browser.get(callback_of(browser, home, wechat, "snapshot"))
    assert (page.status_code, "使用完整服务" in page.text) == (200, True)
    assert "微信登录" in browser.get(home).text


def test_a_refusal_is_taken(home: str, browser: httpx.Client, wechat: Emulator) -> None:
    callback = re.sub(r"code=\w+&", "", callback_of(browser, home, wechat))
    page = browser.get(callback)
    assert (page.status_code, "没有同意" in page.text) == (403, True)
    assert "微信登录" in browser.get(home).text


def test_a_stray_link_ends_nobodys_login(
    home: str, browser: httpx.Client, wechat: Emulator
) -> None:
    callback = callback_of(browser, home, wechat)
    stray = browser.get(re.sub(r"state=\w+", "state=another", callback))
    assert (stray.status_code, "请重试" in stray.text) == (400, True)
    assert wechat.control("GET", "users")[0]["nickname"] in browser.get(callback).text


def test_a_callback_in_another_browser_signs_nobody_in(
    home: str, browser: httpx.Client, wechat: Emulator
) -> None:
    callback = callback_of(browser, home, wechat)
    with httpx.Client(headers=IN_WECHAT, follow_redirects=True, trust_env=False) as other:
        assert "微信登录" in other.get(callback).text
        other.get(f"{home}/login", follow_redirects=False)
        assert other.get(callback).status_code == httpx.codes.BAD_REQUEST
        assert "微信登录" in other.get(home).text


def test_a_code_that_is_spent_is_asked_for_again(
    home: str, browser: httpx.Client, wechat: Emulator
) -> None:
    callback = callback_of(browser, home, wechat)
    cookies = dict(browser.cookies)
    assert browser.get(callback).url.path == "/"
    with httpx.Client(headers=IN_WECHAT, cookies=cookies, trust_env=False) as again:
        page = again.get(callback)
    assert (page.status_code, "请重试" in page.text) == (400, True)


@pytest.mark.parametrize(
    ("fault", "status", "words"), [("wx-quota", 503, "稍后再试"), ("wx-html", 400, "请重试")]
)
def test_what_wechat_does_wrong_is_shown_by_its_advice(
    home: str, browser: httpx.Client, wechat: Emulator, fault: str, status: int, words: str
) -> None:
    callback = callback_of(browser, home, wechat)
    misbehaved(wechat, fault, "exchange")
    page = browser.get(callback)
    assert (page.status_code, words in page.text) == (status, True), page.text
