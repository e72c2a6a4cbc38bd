"""A site with a WeChat login, on Flask: `flask --app flask_site run`."""

from os import environ as env

from flask import Flask, redirect, request, session
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from wechat_oauth import Advice, App, CallbackError, Client, Pending, Snapshot, WechatOAuthError

base_url = env.get("WECHAT_BASE_URL") or None  # an emulator's; WeChat's own has none
wechat = App.official_account(env["WECHAT_APPID"], env["WECHAT_SECRET"], base_url=base_url)
login = wechat.login("snsapi_userinfo", env["SITE_URL"] + "/wechat/callback")
client = Client(wechat)
site = Flask(__name__)
site.secret_key = env["SITE_KEY"]
# A signed cookie, which its browser can read: that browser's own login is in it, never a grant.
site.config["SESSION_COOKIE_SECURE"] = base_url is None
site.config["SESSION_COOKIE_SAMESITE"] = "Lax"
PAGES = {
    Advice.RETRY_LATER: ("微信暂时繁忙，请稍后再试。", 503),
    Advice.RESTART_AUTHORIZATION: ('登录没有完成，<a href="/login">请重试</a>。', 400),
    Advice.TURN_AWAY: ('您没有同意登录，或者微信限制了账号。<a href="/login">重新登录</a>', 403),
}


@site.get("/")
def profile() -> ResponseReturnValue:
    if "openid" not in session:
        return '<a href="/login">微信登录</a>'
    return Markup("<h1>{nickname}</h1><p>{openid}</p>").format(**session)


@site.get("/login")
def begin() -> ResponseReturnValue:
    url, pending = login.begin()
    session["wechat"] = pending.to_json()
    return redirect(url)


@site.get("/wechat/callback")
def callback() -> ResponseReturnValue:
    if "wechat" not in session:
        return redirect("/")
    code = Pending.from_json(session.pop("wechat")).accept(request.query_string)
    visitor = client.run(wechat.sign_in(code))
    if isinstance(visitor, Snapshot):
        return "这是快照页，请点击右下角的“使用完整服务”，再登录。"
    session.clear()
    session["openid"] = visitor.openid
    session["nickname"] = visitor.profile.nickname if visitor.profile else ""
    return redirect("/")


@site.errorhandler(WechatOAuthError)
def not_signed_in(error: WechatOAuthError) -> ResponseReturnValue:
    site.logger.warning("WeChat login: %s", error)  # nothing secret is in it
    if isinstance(error, CallbackError) and error.pending:
        session["wechat"] = error.pending.to_json()  # a stray link: the login still waits
    return PAGES.get(error.advice, ("登录暂时不可用。", 500))
