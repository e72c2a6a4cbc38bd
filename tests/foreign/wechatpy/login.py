"""wechatpy logs in through the emulator, and every value it gets is compared with what the emulator knows.

Usage: login.py ANNOUNCEMENT, the file with the first line that `wechat-oauth emulator` printed.

wechatpy runs as it was published. Its base URLs are class attributes, and only they are set.
"""

import json
import secrets
import sys
import traceback
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin

import requests
from wechatpy import ComponentOAuth, WeChatComponent, WeChatOAuth
from wechatpy.exceptions import WeChatClientException

# Nobody listens there: a callback is read where the browser is sent away. Its query has to survive.
REDIRECT_URI = "http://localhost:8000/login/wechat?next=%2Fhome&lang=zh"
# A made-up code of the right shape.
UNKNOWN_CODE = "0" * 32
BROWSER_TIMEOUT = 10

ACCESS_TOKEN_LIFETIME = 7200
CODE_LIFETIME = 300


current_login = "setup"


class Failed(Exception):
    """A check that did not hold."""


def login(name):
    """Names the login that the next checks belong to."""
    global current_login
    current_login = name


def check(what, holds):
    """Prints what was checked; ends the run where it does not hold."""
    if not holds:
        raise Failed(what)
    print(f"ok      wechatpy, {current_login}: {what}", flush=True)


def same(what, got, expected):
    """A check that shows both values, so neither may be a code or a token."""
    check(what if got == expected else f"{what}: {got!r} instead of {expected!r}", got == expected)


def refused(what, errcode, message, call):
    """A check that WeChat's answer is this refusal."""
    try:
        call()
    except WeChatClientException as error:
        # The request id that follows is another one every time.
        text, rid, _ = error.errmsg.partition(", rid: ")
        same(f"{what} is refused: {errcode} {message}", (error.errcode, text + rid), (errcode, f"{message}, rid: "))
    else:
        raise Failed(f"{what} is not refused")


class Form(HTMLParser):
    """The one form of a page: where it goes, its hidden fields, and the values its buttons send."""

    def __init__(self, html):
        super().__init__()
        self.count, self.action, self.method = 0, None, None
        self.hidden, self.buttons = {}, []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.count += 1
            self._inside = True
            self.action, self.method = attrs["action"], attrs["method"].lower()
        elif self._inside and tag == "input" and attrs.get("type") == "hidden":
            self.hidden[attrs["name"]] = attrs["value"]
        elif self._inside and tag == "button":
            self.buttons.append((attrs["name"], attrs["value"]))

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False


class Browser:
    """WeChat's own browser, in the hands of one person."""

    def __init__(self, base_url, person):
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"
        self._send("POST", f"{base_url}/_emulator/current-user", json={"user": person["id"]}).raise_for_status()

    def open(self, url):
        # The page's own script refuses another fragment, and no server sees it.
        if not url.endswith("#wechat_redirect"):
            raise Failed("the authorize URL does not end in #wechat_redirect")
        return self._send("GET", url)

    def answer(self, page, answer):
        """Presses a button of the page's form."""
        form = Form(page.text)
        if (form.count, form.method) != (1, "post") or ("answer", answer) not in form.buttons:
            raise Failed(f"the page has no form with the answer {answer}")
        return self._send(
            "POST",
            urljoin(page.url, form.action),
            data={**form.hidden, "answer": answer},
            headers={"Origin": self.base_url, "Referer": page.url},
        )

    def _send(self, method, url, **kwargs):
        return self.session.request(method, url, allow_redirects=False, timeout=BROWSER_TIMEOUT, **kwargs)


def callback(what, response):
    """What WeChat added to the redirect URI where it sent the browser."""
    location = response.headers.get("Location", "")
    sent = response.status_code == 302 and location.startswith(REDIRECT_URI + "&")
    check(f"{what}, the browser is sent to the redirect URI", sent)
    pairs = parse_qsl(location[len(REDIRECT_URI) + 1 :], strict_parsing=True)
    check("the callback names nothing twice", len(pairs) == len(dict(pairs)))
    return dict(pairs)


def code_of(what, response, state, **more):
    """The code of a callback that has our state and nothing else, except `more`."""
    given = callback(what, response)
    code = given.pop("code", "")
    check("the callback brings a code of 32 letters and digits", len(code) == 32 and code.isalnum())
    same("and with it nothing but " + " and ".join(["the state", *more]), given, {"state": state, **more})
    return code


class Emulator:
    """The emulator's own API: who is there, and the clock."""

    def __init__(self, announcement):
        self.base_url = announcement["base_url"]
        self.accounts = {account["kind"]: account for account in announcement["accounts"]}
        self._call("POST", "reset")
        self.people = {person["id"]: person for person in self._call("GET", "users")}

    def advance(self, seconds):
        self._call("POST", "clock", json={"advance": seconds})

    def renew_component_token(self, appid):
        return self._call("POST", "component-token", json={"appid": appid})["component_access_token"]

    def _call(self, method, name, **kwargs):
        url = f"{self.base_url}/_emulator/{name}"
        response = requests.request(method, url, timeout=BROWSER_TIMEOUT, **kwargs)
        response.raise_for_status()
        return response.json()


def is_grant(grant, person, appid, scope, *more):
    keys = ["access_token", "expires_in", "refresh_token", "openid", "scope", *more]
    same("the grant has " + ", ".join(keys), list(grant), keys)
    same(f"the openid is that of {person['id']}", grant["openid"], person["openids"][appid])
    same("the scope is the one that was granted", grant["scope"], scope)
    same("the access token lives for two hours", grant["expires_in"], ACCESS_TOKEN_LIFETIME)


def is_profile(profile, person, appid, base_url):
    expected = {
        "openid": person["openids"][appid],
        "nickname": person["nickname"],
        # Untold since 2021.
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": base_url + person["avatar"] if person["avatar"] else "",
        "privilege": [],
    }
    if appid in person["unionids"]:
        expected["unionid"] = person["unionids"][appid]
    same(f"the profile is that of {person['id']}", profile, expected)


def is_renewed(kept, renewed, scope):
    check("an access token that lives is prolonged", renewed["access_token"] == kept["access_token"])
    check("the refresh token stays", renewed["refresh_token"] == kept["refresh_token"])
    same("a refresh names the same openid", renewed["openid"], kept["openid"])
    same("a refresh lists all scopes, with a comma at the end", renewed["scope"], scope)


def official_client(emulator, scope):
    account = emulator.accounts["official_account"]
    return WeChatOAuth(account["appid"], account["secret"], REDIRECT_URI, scope, secrets.token_hex(16))


def silent_login(emulator, person):
    login("silent")
    client = official_client(emulator, "snsapi_base")
    browser = Browser(emulator.base_url, person)
    code = code_of("without a page", browser.open(client.authorize_url), client.state)

    grant = client.fetch_access_token(code)
    is_grant(grant, person, client.app_id, "snsapi_base")
    check("the access token is valid", client.check_access_token())
    refused("an openid of somebody else", 40003, "invalid openid", lambda: client.check_access_token("o" * 28))
    refused("a profile for snsapi_base", 48001, "api unauthorized", client.get_user_info)

    refused("a code that was used", 40163, "code been used", lambda: client.fetch_access_token(code))
    refused("a made-up code", 40029, "invalid code", lambda: client.fetch_access_token(UNKNOWN_CODE))
    late = code_of("without a page", browser.open(client.authorize_url), client.state)
    emulator.advance(CODE_LIFETIME)
    refused("a code after five minutes", 40029, "invalid code", lambda: client.fetch_access_token(late))
    is_renewed(grant, client.refresh_access_token(grant["refresh_token"]), "snsapi_base,")


def login_with_consent(emulator, person):
    login("with consent")
    client = official_client(emulator, "snsapi_userinfo")
    browser = Browser(emulator.base_url, person)
    page = browser.open(client.authorize_url)
    same("snsapi_userinfo shows a page", page.status_code, 200)
    given = callback("after a refusal", browser.answer(page, "deny"))
    same("a refusal brings the state and no code", given, {"state": client.state})

    page = browser.open(client.authorize_url)
    code = code_of("after consent", browser.answer(page, "allow"), client.state)
    grant = client.fetch_access_token(code)
    is_grant(grant, person, client.app_id, "snsapi_userinfo", "unionid")
    same("the unionid is the person's", grant["unionid"], person["unionids"][client.app_id])
    check("the access token is valid", client.check_access_token())
    is_profile(client.get_user_info(), person, client.app_id, emulator.base_url)
    is_renewed(grant, client.refresh_access_token(grant["refresh_token"]), "snsapi_base,snsapi_userinfo,")
    code_of("after an earlier consent and without a page", browser.open(client.authorize_url), client.state)

    emulator.advance(ACCESS_TOKEN_LIFETIME)
    refused("a token after two hours", 42001, "access_token expired", client.get_user_info)
    renewed = client.refresh_access_token(grant["refresh_token"])
    check("a token that died is replaced", renewed["access_token"] != grant["access_token"])
    is_profile(client.get_user_info(), person, client.app_id, emulator.base_url)


def everybody_else(emulator, but):
    """Names with emoji, quotes, control bytes, or none at all."""
    login("everybody else")
    people = [person for person in emulator.people.values() if person["id"] != but and not person["snapshot"]]
    check("there are more people", len(people) >= 4)
    for person in people:
        client = official_client(emulator, "snsapi_userinfo")
        browser = Browser(emulator.base_url, person)
        page = browser.open(client.authorize_url)
        client.fetch_access_token(code_of("after consent", browser.answer(page, "allow"), client.state))
        is_profile(client.get_user_info(), person, client.app_id, emulator.base_url)


def snapshot_visitor(emulator):
    login("snapshot visitor")
    person = next(person for person in emulator.people.values() if person["snapshot"])
    client = official_client(emulator, "snsapi_base")
    response = Browser(emulator.base_url, person).open(client.authorize_url)
    grant = client.fetch_access_token(code_of("without a page", response, client.state))
    same("the grant says so", grant.get("is_snapshotuser"), 1)
    openids = [person["openids"][client.app_id] for person in emulator.people.values()]
    check("the openid is nobody's", grant["openid"] not in openids)


def component_login(emulator, person):
    login("component")
    account = emulator.accounts["component"]
    appid = account["appid"]
    platform = WeChatComponent(
        account["component_appid"],
        # The platform's own token is given below, so neither of these is used. The key has the length that is wanted.
        component_appsecret="",
        component_token="",
        encoding_aes_key="A" * 43,
        # Renewing the platform's token is not part of a login, and the emulator has no endpoint for it.
        auto_retry=False,
    )
    platform.session.set("component_access_token", account["component_access_token"])
    client = platform.get_component_oauth(appid)
    browser = Browser(emulator.base_url, person)

    state = secrets.token_hex(16)
    response = browser.open(client.get_authorize_url(REDIRECT_URI, "snsapi_base", state))
    code = code_of("without a page", response, state, appid=appid)
    is_grant(client.fetch_access_token(code), person, appid, "snsapi_base")
    refused("a profile for snsapi_base", 48001, "api unauthorized", client.get_user_info)

    state = secrets.token_hex(16)
    page = browser.open(client.get_authorize_url(REDIRECT_URI, "snsapi_userinfo", state))
    code = code_of("after consent", browser.answer(page, "allow"), state, appid=appid)
    grant = client.fetch_access_token(code)
    # Bound to no open platform: without a unionid.
    is_grant(grant, person, appid, "snsapi_userinfo")
    is_profile(client.get_user_info(), person, appid, emulator.base_url)
    is_renewed(grant, client.refresh_access_token(grant["refresh_token"]), "snsapi_base,snsapi_userinfo,")

    refused("a code that was used", 40163, "code been used", lambda: client.fetch_access_token(code))
    refused("a made-up code", 40029, "invalid code", lambda: client.fetch_access_token(UNKNOWN_CODE))
    renewed_token = emulator.renew_component_token(appid)
    refresh_token = grant["refresh_token"]
    refused(
        "a refresh with the platform's token of before",
        42001,
        "access_token expired",
        lambda: client.refresh_access_token(refresh_token),
    )
    platform.session.set("component_access_token", renewed_token)
    is_renewed(grant, client.refresh_access_token(refresh_token), "snsapi_base,snsapi_userinfo,")


def stay_on_this_machine(event, arguments):
    """Ends the run before anything is asked of a host that is not the emulator's."""
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", "::1"):
        raise Failed("a request left for another host than the emulator's")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        announcement = json.loads(file.readline())
    sys.addaudithook(stay_on_this_machine)
    for client in (WeChatOAuth, ComponentOAuth):
        client.API_BASE_URL = announcement["base_url"] + "/"
        client.OAUTH_BASE_URL = announcement["base_url"] + "/connect/"

    emulator = Emulator(announcement)
    silent_login(emulator, emulator.people["xiaoming"])
    login_with_consent(emulator, emulator.people["xiaoming"])
    everybody_else(emulator, but="xiaoming")
    snapshot_visitor(emulator)
    component_login(emulator, emulator.people["family"])


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        print(f"FAILED  wechatpy, {current_login}: {failure}", flush=True)
        sys.exit(1)
    except Exception as error:
        # The text of an HTTP error quotes the URL, with the secret in it: the place says enough.
        print(f"FAILED  wechatpy, {current_login}: {type(error).__name__}", flush=True)
        traceback.print_tb(error.__traceback__)
        sys.exit(1)
