"""A browser that goes to a site, and signs in in the end: visit.py ORIGIN NICKNAME."""

import sys
import time
import urllib.error
import urllib.request

origin, nickname = sys.argv[1:]
cookies = urllib.request.HTTPCookieProcessor()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


browser = urllib.request.build_opener(cookies)
impatient = urllib.request.build_opener(cookies, NoRedirect)


def get(url: str) -> "tuple[int, str]":
    for attempt in range(100):
        try:
            with browser.open(url, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            # It is still starting.
            if attempt == 99:
                raise
            time.sleep(0.1)
    raise AssertionError


def sees(url: str, status: int, text: str) -> None:
    found = get(url)
    if found[0] != status or text not in found[1]:
        sys.exit(f"{url}: {found}")


stray = origin + "/callback?code=C1&state=S1"
sees(origin + "/", 200, "Sign in with WeChat")
sees(stray, 200, "Sign in with WeChat")
# The code is refused.
sees(origin + "/login", 502, "This did not work")
# A link from elsewhere ends no login that waits.
try:
    impatient.open(origin + "/login", timeout=20)
    sys.exit("/login leads nowhere")
except urllib.error.HTTPError as redirect:
    wechat = redirect.headers["Location"]
sees(stray, 400, "This did not work")
sees(wechat, 200, f"hello, {nickname}")
sees(stray, 200, f"hello, {nickname}")
# Their token is renewed.
sees(origin + "/profile", 200, f"your nickname is {nickname}")
