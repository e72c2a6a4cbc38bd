"""The Python package, as the conformance kit drives it: a site's session of each browser is a dictionary.

It is used as its README shows, and nothing is checked or mended here on behalf of it.
"""

import json
import logging
import sys
import time
import traceback

import wechat_oauth
from wechat_oauth import App, CallbackError, Client, Freshness, Pending, ProfileUnread, Snapshot, WechatOAuthError

logging.basicConfig(level=logging.DEBUG)  # to the standard error, whatever any library says
began = time.time()
case = json.loads(sys.stdin.readline())
make = {"official_account": App.official_account, "website_app": App.website_app}[case["account"]]
wechat = make(case["appid"], case["secret"], base_url=case["wechat"])
login = wechat.login(case["scope"], case["redirect_uri"])
client = Client(wechat, timeout=case["timeout_ms"] / 1000)
sessions = {}
seen = [wechat, login, client]  # every object of the library, to be shown


def person(session):
    return {"signed_in": {name: session[name] for name in ("openid", "unionid", "nickname")}}


def start(session):
    url, pending = login.begin()
    seen.append(pending)
    session["wechat"] = pending.to_json()
    return {"go": url}


def callback(session, url):
    if "wechat" not in session:  # a reload, or another browser
        return person(session) if "openid" in session else {"refused": "no login waits in this browser"}
    try:
        code = Pending.from_json(session.pop("wechat")).accept(url)
        seen.append(code)
        visitor = client.run(wechat.sign_in(code))
        seen.append(visitor)
        if isinstance(visitor, Snapshot):
            return {"visitor": True}
        grant, profile, unionid = visitor.grant, visitor.profile, visitor.unionid
    except ProfileUnread as error:  # it is known who it is; the profile can wait
        seen.append(error)
        grant, profile, unionid = error.grant, None, error.grant.unionid
    except CallbackError as error:
        if error.pending:
            session["wechat"] = error.pending.to_json()  # not this login's callback: it still waits
        raise
    seen.extend([grant, profile])
    session.clear()
    session["openid"], session["unionid"] = grant.openid, unionid
    session["nickname"] = profile.nickname if profile else None
    session["grant"] = grant
    return person(session)


def renew(session, now):
    if "grant" not in session:
        return {"refused": "nobody is signed in"}
    if session["grant"].at(now) is Freshness.OVER:
        return {"refused": "the grant is over: sign in again"}
    session["grant"] = client.run(wechat.renew(session["grant"]))
    return {"renewed": {"openid": session["grant"].openid}}


def answer(order):
    session = sessions.setdefault(order.get("browser"), {})
    later = order.get("later")
    if order["do"] == "show":
        return {"shown": "\n".join(f"{value!r} {value!s}" for value in seen)}
    if order["do"] == "start":
        return start(session)
    if order["do"] == "renew":
        return renew(session, None if later is None else began + later)
    if later is not None:
        return {"cannot": "the client asks the operating system for the time"}
    return callback(session, order["url"])


def say(line):
    print(json.dumps(line), flush=True)


say({"client": "wechat-oauth (PyPI)", "version": wechat_oauth.__version__})
for line in sys.stdin:
    try:
        say(answer(json.loads(line)))
    except WechatOAuthError as error:
        seen.append(error)
        say({"refused": f"{error}\n{error!r}\n{vars(error)}\n{traceback.format_exc()}"})
