"""The documents of the other languages, out of what the package shows of its objects."""

from __future__ import annotations

import json
from typing import Any, Optional, Union

from wechat_oauth import (
    Bilingual,
    BrowserKind,
    Code,
    Done,
    Explanation,
    Finding,
    Grant,
    Pending,
    Person,
    Profile,
    Send,
    Snapshot,
    Validity,
    Wait,
)

Outcome = Union[Person, Snapshot, Grant, Validity, Profile]


def text(value: object) -> str:
    """Write JSON as the other languages do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def begun(url: str, pending: Pending, wx_login: Optional[dict[str, Any]]) -> str:
    """Of a login that was begun."""
    state, argument = text(pending.expose_state()), "" if wx_login is None else text(wx_login)
    document = f'"url":{text(url)},"state":{state},"pending":{pending.to_json()}'
    return f'{{{document},"wx_login":{argument}}}' if argument else f"{{{document}}}"


def code(code: Code) -> str:
    """Of a code."""
    return text({"code": code.expose()})


def step(step: Union[Send, Wait, Done]) -> str:
    """Of a step."""
    if isinstance(step, Send):
        return text(
            {
                "step": "send",
                "operation": step.operation,
                "method": "GET",
                "url": step.url,
                "redacted_url": step.redacted_url,
            }
        )
    if isinstance(step, Wait):
        return text({"step": "wait", "milliseconds": round(step.seconds * 1000)})
    return text({"step": "done"})


def outcome(outcome: Outcome, *, signed_in: bool) -> str:
    """Of what a task came to; ``signed_in`` says whether that was a sign-in."""
    if isinstance(outcome, Person):
        who = text([outcome.appid, outcome.openid, outcome.unionid])
        appid, openid, unionid = (text(part) for part in json.loads(who))
        profile = "null" if outcome.profile is None else outcome.profile.to_json()
        return (
            f'{{"signed_in":"person","appid":{appid},"openid":{openid},"unionid":{unionid},'
            f'"profile":{profile},{_grant(outcome.grant)}}}'
        )
    if isinstance(outcome, Snapshot):
        if signed_in:
            return text({"signed_in": "snapshot"})
        return f'{{"grant":{outcome.expose_json()},"stored_grant":null}}'
    if isinstance(outcome, Grant):
        return f"{{{_grant(outcome)}}}"
    if isinstance(outcome, Profile):
        return f'{{"profile":{outcome.to_json()}}}'
    return outcome.to_json()


def _grant(grant: Grant) -> str:
    return f'"grant":{grant.expose_json()},"stored_grant":{grant.expose_for_storage()}'


def freshness(grant: Grant, now: int) -> str:
    """Of how long a grant is good."""
    return text(
        {
            "freshness": grant.at(now),
            "expires_at": grant.expires_at,
            "refresh_token_ends_at": grant.refresh_token_ends_at,
        }
    )


def lint(findings: list[Finding]) -> str:
    """Of what is wrong with a URL."""
    return text({"findings": [finding._asdict() for finding in findings]})


def explanation(known: Optional[Explanation]) -> str:
    """Of what a code means."""

    def both(text: Bilingual) -> dict[str, str]:
        return text._asdict()

    if known is None:
        return "null"
    texts = {"meaning": both(known.meaning), "remedy": both(known.remedy)}
    return text({**known._asdict(), **texts})


def browser(kind: BrowserKind) -> str:
    """Of which way in fits a browser."""
    return text({"browser": kind})
