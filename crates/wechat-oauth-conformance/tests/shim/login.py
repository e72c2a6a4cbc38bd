"""A site's own WeChat login, as many are: it works, and the kit has something to say about it."""

import json
import secrets
import urllib.parse
import urllib.request


class LoginError(Exception):
    """The person is not signed in."""


class Login:
    def __init__(self, wechat, appid, secret, scope, redirect_uri, timeout):
        self.wechat, self.appid, self.secret = wechat, appid, secret
        self.scope, self.redirect_uri, self.timeout = scope, redirect_uri, timeout

    def start(self, page):
        """Where the browser is sent, and the state to keep with it."""
        state = secrets.token_hex(16)
        query = {"appid": self.appid, "redirect_uri": self.redirect_uri, "response_type": "code"}
        query |= {"scope": self.scope, "state": state}
        return f"{self.wechat}{page}?{urllib.parse.urlencode(query)}#wechat_redirect", state

    def finish(self, states, url):
        """Who came back, by this callback, to a browser that these states were kept with."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        if query.get("state") not in states:
            raise LoginError("the state is not this browser's")
        if "code" not in query:
            raise LoginError("there is no code")
        states.remove(query["state"])
        grant = self.ask(
            "oauth2/access_token", appid=self.appid, secret=self.secret,
            code=query["code"], grant_type="authorization_code",
        )
        if "snsapi_base" == grant["scope"]:
            return grant
        return self.ask("userinfo", access_token=grant["access_token"], openid=grant["openid"])

    def ask(self, call, **query):
        url = f"{self.wechat}/sns/{call}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=self.timeout) as answer:
            said = json.load(answer)
        if "errcode" in said:
            raise LoginError(f"WeChat refuses with {said['errcode']}")
        return said
