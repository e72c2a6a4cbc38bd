"""WeChat web authorization (微信网页授权): sign people in with WeChat.

No class here does any I/O: a ``Call`` says which URL to GET, and reads what came; a ``Flow`` says
which requests to send, when to wait, and when it is done. Nothing blocks, and everything can be
tested without a network.

    app = App.official_account("wx0123456789abcdef", secret)
    login = app.login(Scope.USERINFO, "https://example.com/callback")

    url, pending = login.begin()              # redirect the browser to url
    session["wechat"] = pending.to_json()     # and keep this with the browser

    pending = Pending.from_json(session.pop("wechat"))
    code = pending.accept(query_string)       # CallbackError: show a page
    flow = app.sign_in(code)                  # send what flow.step() says
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from ._errors import (
    CallbackError,
    ConfigurationError,
    MalformedAnswer,
    MisuseError,
    ProfileUnread,
    Refused,
    TransportError,
    WechatOAuthError,
)
from ._names import Advice, BrowserKind, Freshness, Scope, Sex
from ._native import (
    MAX_BODY,
    VERSION,
    App,
    Call,
    Code,
    Done,
    Flow,
    Grant,
    Login,
    Pending,
    Person,
    Profile,
    Send,
    Snapshot,
    Validity,
    Wait,
    browser_kind,
    read,
    unverified_state,
)
from ._tools import Bilingual, Explanation, Finding, explain, lint

if TYPE_CHECKING:
    from .client import AsyncClient as AsyncClient
    from .client import Client as Client

__version__ = VERSION

Step = Union[Send, Wait, Done]
"""What a flow says to do."""

__all__ = [
    "MAX_BODY",
    "Advice",
    "App",
    "Bilingual",
    "BrowserKind",
    "Call",
    "CallbackError",
    "Code",
    "ConfigurationError",
    "Done",
    "Explanation",
    "Finding",
    "Flow",
    "Freshness",
    "Grant",
    "Login",
    "MalformedAnswer",
    "MisuseError",
    "Pending",
    "Person",
    "Profile",
    "ProfileUnread",
    "Refused",
    "Scope",
    "Send",
    "Sex",
    "Snapshot",
    "Step",
    "TransportError",
    "Validity",
    "Wait",
    "WechatOAuthError",
    "__version__",
    "browser_kind",
    "explain",
    "lint",
    "read",
    "unverified_state",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    """Import the clients when somebody asks for one: only they need httpx."""
    if name not in ("AsyncClient", "Client"):
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from . import client

    return getattr(client, name)
