"""wechatpy, as its documentation has it: a URL to send the browser to, then a code for a grant, then the profile.

On state: the constructor takes one ("可选，微信公众号 OAuth2 state"), with "" for its default. Nothing makes one, and
nothing compares it with the callback's.
"""

from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

from lines import Cannot, serve, shown

from wechatpy import WeChatOAuth


class Site:
    client = "wechatpy"
    version = version("wechatpy")

    def __init__(self, case):
        self.case = case
        self.logins = {}
        self.error = None
        # Its two base URLs, and nothing else of it, are led to the kit.
        WeChatOAuth.API_BASE_URL = case["wechat"] + "/"
        WeChatOAuth.OAUTH_BASE_URL = case["wechat"] + "/connect/"

    def oauth(self):
        # It keeps the tokens and the openid of whom it served last, so each request has its own. It has no timeout.
        case = self.case
        return WeChatOAuth(case["appid"], case["secret"], case["redirect_uri"], case["scope"])

    def start(self, browser):
        oauth = self.oauth()
        website = self.case["account"] == "website_app"
        return {"go": oauth.qrconnect_url if website else oauth.authorize_url}

    def callback(self, browser, url):
        # Its example: without a code, the browser is sent to the authorize URL.
        code = parse_qs(urlsplit(url).query).get("code", [None])[0]
        if not code:
            return self.start(browser)
        oauth = self.oauth()
        user = grant = oauth.fetch_access_token(code)
        if self.case["scope"] != "snsapi_base":
            # Its example keeps this answer as the session's user.
            user = oauth.get_user_info()
        self.logins[browser] = (oauth, grant, user)
        person = {"openid": user.get("openid"), "unionid": user.get("unionid"), "nickname": user.get("nickname")}
        return {"signed_in": person}

    def renew(self, browser):
        if browser not in self.logins:
            raise Cannot("nobody signed in with that browser")
        oauth = self.logins[browser][0]
        return {"renewed": {"openid": oauth.refresh_access_token(oauth.refresh_token)["openid"]}}

    def show(self):
        return shown(self.oauth(), *[thing for login in self.logins.values() for thing in login], self.error)


serve(Site)
