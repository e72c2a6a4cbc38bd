"""What the tests are given: an application, answers, and values that nobody may see."""

from __future__ import annotations

import json
from typing import Any

from wechat_oauth import App, Code, Grant, Snapshot

APPID = "wx0123456789abcdef"
CALLBACK = "https://example.com/callback"
OPENID = "oTestsTestsTests"
SENT_AT = 1_790_000_000

# Nobody may see these, wherever they look.
SECRET = "canary-of-the-secret"  # noqa: S105
CODE = "canary-of-the-code"
STATE = "canaryOfTheState"
ACCESS_TOKEN = "canary-of-the-access-token"  # noqa: S105
REFRESH_TOKEN = "canary-of-the-refresh-token"  # noqa: S105
COMPONENT_TOKEN = "canary-of-the-component-token"  # noqa: S105
CANARIES = (SECRET, CODE, STATE, ACCESS_TOKEN, REFRESH_TOKEN, COMPONENT_TOKEN)


def body(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def tokens(**fields: Any) -> bytes:
    """Answer an exchange or a refresh."""
    usual = {
        "access_token": ACCESS_TOKEN,
        "expires_in": 7200,
        "refresh_token": REFRESH_TOKEN,
        "openid": OPENID,
        "scope": "snsapi_userinfo",
    }
    return body(**{**usual, **fields})


def profile(**fields: Any) -> bytes:
    """Answer a profile."""
    return body(**{"openid": OPENID, "nickname": "小满", **fields})


def refusal(errcode: int, errmsg: str = "no") -> bytes:
    return body(errcode=errcode, errmsg=errmsg)


def app() -> App:
    return App.official_account(APPID, SECRET)


def component() -> App:
    return App.component(APPID, "wxcomponent", COMPONENT_TOKEN)


def code() -> Code:
    return Code.received_without_state(CODE, "snsapi_userinfo")


def grant(**fields: Any) -> Grant:
    read = app().exchange(code()).read(200, tokens(**fields), SENT_AT)
    assert isinstance(read, Grant)
    return read


def snapshot() -> Snapshot:
    read = app().exchange(code()).read(200, tokens(is_snapshotuser=1), SENT_AT)
    assert isinstance(read, Snapshot)
    return read
