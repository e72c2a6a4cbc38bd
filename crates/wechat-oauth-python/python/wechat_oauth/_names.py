"""The closed sets of names; each member is a ``str`` (of ``Sex`` an ``int``), as in JSON."""

from __future__ import annotations

import enum


class _Name(str, enum.Enum):
    """A name that is a text, and prints as that text."""

    def __str__(self) -> str:
        """Give the name itself, in every version of Python."""
        return str(self.value)

    def __format__(self, spec: str) -> str:
        """Format as the name itself."""
        return str(self.value).__format__(spec)


class Scope(_Name):
    """What a login asks for.

    ==============  ==============================  ================  ============
    scope           page                            the person sees   the profile
    ==============  ==============================  ================  ============
    ``BASE``        official page, inside WeChat    nothing           refused
    ``USERINFO``    official page, inside WeChat    a consent page    readable
    ``LOGIN``       QR page, on a desktop           a QR code         readable
    ==============  ==============================  ================  ============
    """

    BASE = "snsapi_base"
    USERINFO = "snsapi_userinfo"
    LOGIN = "snsapi_login"


class Freshness(_Name):
    """What a grant is good for.

    ``FRESH``: the access token is valid. ``RENEW``: it is not, or nobody can say; ``App.renew``
    gets another. ``OVER``: the refresh token has expired too: the person has to sign in again.
    """

    FRESH = "fresh"
    RENEW = "renew"
    OVER = "over"


class Advice(_Name):
    """What a program should do next.

    ``RETRY_LATER``: WeChat is busy, over quota or out of reach; the same request may succeed later.
    ``REFRESH``: the access token is stale; refresh the grant, then repeat the request.
    ``RESTART_AUTHORIZATION``: this login cannot go on; send the browser to a new authorize URL.
    ``ASK_USERINFO_CONSENT``: the scope does not cover the profile; authorize again with
    ``snsapi_userinfo``.
    ``RENEW_COMPONENT_TOKEN``: the third-party platform's own token is stale.
    ``FIX_CONFIGURATION``: a programmer or an administrator has to change something.
    ``TURN_AWAY``: WeChat has limited or blocked this person, or the person refused; show a page,
    and send them nowhere by yourself.
    """

    RETRY_LATER = "retry_later"
    REFRESH = "refresh"
    RESTART_AUTHORIZATION = "restart_authorization"
    ASK_USERINFO_CONSENT = "ask_userinfo_consent"
    RENEW_COMPONENT_TOKEN = "renew_component_token"  # noqa: S105 - no password
    FIX_CONFIGURATION = "fix_configuration"
    TURN_AWAY = "turn_away"


class BrowserKind(_Name):
    """What a browser says it is.

    ``WECHAT``: the official page opens in it. ``DESKTOP``: offer the QR page of a website app.
    ``PHONE``: neither works; say how to open the page in WeChat.
    """

    WECHAT = "wechat"
    PHONE = "phone"
    DESKTOP = "desktop"


class Sex(enum.IntEnum):
    """What a profile says about sex. Since 2021-10-20 WeChat says ``UNKNOWN`` of everybody."""

    UNKNOWN = 0
    MALE = 1
    FEMALE = 2


for _class in (Scope, Freshness, Advice, BrowserKind, Sex):
    _class.__module__ = "wechat_oauth"
