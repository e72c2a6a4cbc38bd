"""Answers what every language is asked: a question a line, by the public API alone."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any, Union

import documents
from documents import Outcome
from wechat_oauth import (
    App,
    Code,
    Flow,
    Grant,
    Pending,
    WechatOAuthError,
    browser_kind,
    explain,
    lint,
    read,
)

Given = dict[str, Any]
Task = Flow[Union[Outcome]]


def answer(question: Given) -> str:
    """Answer one question."""
    given: Given = question["in"]
    if question["do"] == "read":
        try:
            return _read(given)
        except WechatOAuthError as error:
            return error.document
    try:
        return OPERATIONS[question["do"]](given)
    except WechatOAuthError as error:
        return error.expose_document()


def _authorize_url(given: Given) -> str:
    options: Given = dict(given["login"])
    state, wx_login = options.pop("state", None), options.pop("wx_login", None)
    login = _app(given["app"]).login(options.pop("scope"), options.pop("redirect_uri"), **options)
    url, pending = login.begin(state)
    argument = None if wx_login is None else login.wx_login(pending, **wx_login)
    return documents.begun(url, pending, argument)


def _callback(given: Given) -> str:
    return documents.code(Pending.from_json(_text(given["pending"])).accept(given["callback"]))


def _read(given: Given) -> str:
    expected = (given.get("openid"), given.get("scope"))
    return read(given["operation"], given["status"], _body(given), *expected)


def _lint(given: Given) -> str:
    return documents.lint(lint(given["url"], given.get("domain")))


def _explain(given: Given) -> str:
    return documents.explanation(explain(given["code"]))


def _browser_kind(given: Given) -> str:
    return documents.browser(browser_kind(given["user_agent"]))


def _grant_at(given: Given) -> str:
    return documents.freshness(Grant.from_storage(_text(given["stored"])), given["now"])


def _grant_replaces(given: Given) -> str:
    grant = Grant.from_storage(_text(given["grant"]))
    stored = Grant.from_storage(_text(given["stored"]))
    return documents.text({"replaces": grant.replaces(stored, given["now"])})


def _flow(given: Given) -> str:
    (kind,) = given["start"]
    try:
        flow = _start(_app(given["app"]), kind, given["start"][kind])
    except WechatOAuthError as error:
        return f"[{error.expose_document()}]"
    told = [documents.step(flow.step())]
    told.extend(_happen(flow, event, signed_in=kind == "sign_in") for event in given["events"])
    return f"[{','.join(told)}]"


def _start(app: App, kind: str, start: Given) -> Task:
    lang = start.get("lang")
    if kind in ("sign_in", "exchange"):
        code = Code.received_without_state(start["code"], start.get("scope"))
        return app.sign_in(code, lang) if kind == "sign_in" else app.exchange(code).as_flow()
    grant = Grant.from_storage(_text(start["stored"]))
    if kind == "renew":
        return app.renew(grant)
    if kind == "refresh":
        return app.refresh(grant).as_flow()
    if kind == "check":
        return app.check(grant).as_flow()
    return app.profile(grant, lang).as_flow()


def _happen(flow: Task, event: Given, *, signed_in: bool) -> str:
    try:
        if "answer" in event:
            answer = event["answer"]
            flow.answer(answer["status"], _body(answer), answer["sent_at"])
        elif "lost" in event:
            flow.lost(event["lost"]["reason"], event["lost"]["phase"])
        elif event.get("waited"):
            flow.waited()
        elif event.get("finish"):
            return documents.outcome(flow.finish(), signed_in=signed_in)
        return documents.step(flow.step())
    except WechatOAuthError as error:
        return error.expose_document()


def _app(options: Given) -> App:
    base_url = options.get("base_url")
    if options["account"] == "component":
        component = (options["component_appid"], options.get("component_access_token"))
        return App.component(options["appid"], *component, base_url=base_url)
    make = App.official_account if options["account"] == "official_account" else App.website_app
    return make(options["appid"], options.get("secret"), base_url=base_url)


def _body(given: Given) -> bytes:
    return base64.b64decode(given["body_base64"]) * int(given.get("body_repeated") or 1)


def _text(value: object) -> str:
    return value if isinstance(value, str) else documents.text(value)


OPERATIONS = {
    "authorize_url": _authorize_url,
    "callback": _callback,
    "lint": _lint,
    "explain": _explain,
    "browser_kind": _browser_kind,
    "grant_at": _grant_at,
    "grant_replaces": _grant_replaces,
    "flow": _flow,
}


def main() -> None:
    """Answer every line of the standard input, flushed one by one."""
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[attr-defined, union-attr, unused-ignore]
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[attr-defined, union-attr, unused-ignore]
    for line in sys.stdin:
        sys.stdout.write(answer(json.loads(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
