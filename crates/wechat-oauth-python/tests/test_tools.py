"""What needs no application."""

from __future__ import annotations

import pytest
from given import OPENID, profile, refusal, tokens
from wechat_oauth import (
    Advice,
    BrowserKind,
    MalformedAnswer,
    Refused,
    WechatOAuthError,
    browser_kind,
    explain,
    lint,
    read,
)

URL = (
    "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&redirect_uri="
    "https%3A%2F%2Fwww.example.com%2Fcb&response_type=code&scope=snsapi_base&state=s1"
    "#wechat_redirect"
)


def test_a_good_url_has_no_findings() -> None:
    assert lint(URL) == []
    assert lint(URL, "www.example.com") == []


def test_a_finding_says_what_is_wrong_and_what_to_do() -> None:
    (finding,) = lint(URL, domain="example.com")
    assert (finding.code, finding.severity, finding.page) == ("domain", "error", 10003)
    assert "sub-domain" in finding.message
    assert finding.fix
    code, *_ = finding
    assert code == "domain"


def test_a_code_is_explained_in_both_languages() -> None:
    known = explain(40029)
    assert known is not None
    assert (known.code, known.name, known.place) == (40029, "invalid_code", "api")
    assert known.meaning.en
    assert "code" in known.remedy.zh
    assert known.advice is not None
    assert known.advice["exchange"] is Advice.RESTART_AUTHORIZATION
    page = explain(10003)
    assert page is not None
    assert (page.place, page.advice) == ("page", None)
    assert explain(1) is None
    assert explain(-(2**63)) is None
    with pytest.raises(OverflowError):
        explain(2**63)


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        ("Mozilla/5.0 (iPhone) MicroMessenger/8.0.50", BrowserKind.WECHAT),
        (b"Mozilla/5.0 (iPhone) Mobile", BrowserKind.PHONE),
        ("", BrowserKind.DESKTOP),
        (None, BrowserKind.DESKTOP),
        ("\udcff\ud800 android", BrowserKind.PHONE),
        (b"\xff micromessenger", BrowserKind.WECHAT),
    ],
)
def test_a_browser_is_of_a_kind(user_agent: object, kind: BrowserKind) -> None:
    assert browser_kind(user_agent) is kind  # type: ignore[arg-type]


def test_an_answer_of_elsewhere_is_read_as_the_command_line_reads_it() -> None:
    assert read("exchange", 200, tokens()).startswith('{"access_token":"')
    assert '"scopes_assumed":true' in read("refresh", 200, tokens(scope=""), scope="snsapi_base")
    assert read("check", 200, refusal(0)) == '{"valid":true}'
    assert read("profile", 200, profile(), openid=OPENID).startswith('{"openid":"')


def test_what_is_wrong_with_it_is_raised() -> None:
    with pytest.raises(Refused) as caught:
        read("exchange", 200, refusal(40029))
    assert caught.value.document.startswith('{"error":{"kind":"refused","errcode":40029')
    with pytest.raises(MalformedAnswer):
        read("profile", 200, profile(), openid="oOther")
    with pytest.raises(WechatOAuthError, match="no such operation"):
        read("login", 200, b"{}")  # type: ignore[arg-type]
