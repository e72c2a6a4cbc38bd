"""What is found and explained, as named tuples."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Optional

from ._names import Advice
from ._native import explain as native_explain
from ._native import lint as native_lint


class Finding(NamedTuple):
    """One thing wrong, or doubtful, about an authorize URL."""

    code: str
    """What was found: ``redirect_invalid``."""
    severity: str
    """``error``: the login fails, or can be forged. ``warning``: it may work."""
    page: Optional[int]
    """The code on the error page that WeChat shows for it, where one is known: 10003, 10005."""
    message: str
    """What is wrong, on one line."""
    fix: str
    """What to do, on one line."""


class Bilingual(NamedTuple):
    """A sentence or a few, in both languages."""

    en: str
    """English."""
    zh: str
    """Chinese, with Tencent's own terms."""


class Explanation(NamedTuple):
    """What is known about one of WeChat's codes."""

    code: int
    """The code."""
    name: str
    """A short name for programs and logs: ``invalid_code``."""
    place: str
    """Where it is seen: ``api``, in an answer's ``errcode``; ``page``, on the authorize page."""
    meaning: Bilingual
    """What it means."""
    remedy: Bilingual
    """What to do."""
    advice: Optional[dict[str, Advice]]
    """The advice for each operation that is refused with it; ``None`` for a code of a page."""


def lint(url: str, domain: Optional[str] = None) -> list[Finding]:
    """Judge an authorize URL, of the official page or of the QR page. Nothing is sent.

    ``domain`` is the one set in WeChat's console (网页授权域名, 授权回调域); without it, the domain
    is not judged. No finding quotes the state, or the URL as a whole.
    """
    return [Finding(*found) for found in native_lint(url, domain)]


def explain(code: int) -> Optional[Explanation]:
    """Explain one of WeChat's codes; ``None`` for one that no login ever meets."""
    text = native_explain(code)
    if text is None:
        return None
    found: dict[str, Any] = json.loads(text)
    advice: Optional[dict[str, str]] = found["advice"]
    return Explanation(
        code=found["code"],
        name=found["name"],
        place=found["place"],
        meaning=Bilingual(**found["meaning"]),
        remedy=Bilingual(**found["remedy"]),
        advice=None if advice is None else {call: Advice(one) for call, one in advice.items()},
    )
