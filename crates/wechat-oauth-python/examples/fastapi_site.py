"""A site with a WeChat login, on FastAPI: `uvicorn fastapi_site:site`."""

import logging
from os import environ as env

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.sessions import SessionMiddleware
from wechat_oauth import Advice, App, AsyncClient, CallbackError, Pending, Snapshot
from wechat_oauth import WechatOAuthError as WechatError

base_url = env.get("WECHAT_BASE_URL") or None  # an emulator's; WeChat's own has none
wechat = App.official_account(env["WECHAT_APPID"], env["WECHAT_SECRET"], base_url=base_url)
login = wechat.login("snsapi_userinfo", env["SITE_URL"] + "/wechat/callback")
client = AsyncClient(wechat)
site = FastAPI()
# A signed cookie, which its browser can read: that browser's own login is in it, never a grant.
site.add_middleware(SessionMiddleware, secret_key=env["SITE_KEY"], https_only=base_url is None)
PAGES = {
    Advice.RETRY_LATER: ("微信暂时繁忙，请稍后再试。", 503),
    Advice.RESTART_AUTHORIZATION: ('登录没有完成，<a href="/login">请重试</a>。', 400),
    Advice.TURN_AWAY: ('您没有同意登录，或者微信限制了账号。<a href="/login">重新登录</a>', 403),
}


@site.get("/")
async def profile(request: Request) -> object:
    if "openid" not in request.session:
        return HTMLResponse('<a href="/login">微信登录</a>')
    return {key: request.session[key] for key in ("nickname", "openid")}


@site.get("/login")
async def begin(request: Request) -> Response:
    url, pending = login.begin()
    request.session["wechat"] = pending.to_json()
    return RedirectResponse(url)


@site.get("/wechat/callback")
async def callback(request: Request) -> Response:
    if "wechat" not in request.session:
        return RedirectResponse("/")
    code = Pending.from_json(request.session.pop("wechat")).accept(request.url.query)
    visitor = await client.run(wechat.sign_in(code))
    if isinstance(visitor, Snapshot):
        return HTMLResponse("这是快照页，请点击右下角的“使用完整服务”，再登录。")
    request.session.clear()
    name = visitor.profile.nickname if visitor.profile else ""
    request.session.update(openid=visitor.openid, nickname=name)
    return RedirectResponse("/")


@site.exception_handler(WechatError)
async def not_signed_in(request: Request, error: WechatError) -> Response:
    logging.getLogger(__name__).warning("WeChat login: %s", error)  # nothing secret is in it
    if isinstance(error, CallbackError) and error.pending:
        request.session["wechat"] = error.pending.to_json()  # a stray link: it still waits
    return HTMLResponse(*PAGES.get(error.advice, ("登录暂时不可用。", 500)))
